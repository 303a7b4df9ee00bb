"""Padding and cropping: layers that put pixels around the input or take them away."""

from dataclasses import replace

import numpy as np

from service.convolution.errors import OperandError
from service.convolution.geometry import Array, Geometry
from service.convolution.operands import Tensors, read_plain, refuse_weights
from service.convolution.padding import padded
from service.shapes import Layer, infer

__all__ = ["crop", "pad", "pad_axes"]


def pad(layer: Layer, data: Array, geometry: Geometry) -> Array:
    """Put pixels around the input, of the same dtype; negative padding takes them away.

    What is taken away is gone before anything is repeated (PyTorch). Raises OperandError
    ``fill_not_whole`` where integers are to be filled with what is none.
    """
    fill = fill_of(layer, data)
    if layer.padding_mode == "circular" and min(map(min, geometry.padding)) < 0:
        kept = [
            slice(max(0, -before), size - max(0, -after))
            for size, (before, after) in zip(geometry.size, geometry.padding, strict=True)
        ]
        data = data[(slice(None), slice(None), *kept)]
        geometry = replace(
            geometry,
            size=data.shape[2:],
            padding=tuple((max(0, before), max(0, after)) for before, after in geometry.padding),
        )
    return padded(data, geometry, mode=layer.padding_mode, fill=fill)


def pad_axes(layer: Layer, tensors: Tensors) -> Array:
    """Put numbers around any axes, the batch and the channels as well (ONNX's Pad)."""
    refuse_weights(layer, tensors)
    data = read_plain(layer, tensors.data)
    output = infer(layer).output_shape
    ones = (1,) * data.ndim
    geometry = Geometry(1, 1, 1, 1, data.shape, ones, ones, ones, layer.padding, output, output)
    whole: Array = pad(layer, data[np.newaxis, np.newaxis], geometry)[0, 0]
    return whole


def fill_of(layer: Layer, data: Array) -> float:
    """The constant that padding is filled with, as a number that the dtype of the input has."""
    fill = layer.details.fill
    if data.dtype.kind == "f":
        return fill
    limits = np.iinfo(data.dtype)
    if fill != int(fill) or not limits.min <= fill <= limits.max:
        raise OperandError(
            "fill_not_whole",
            f"The input holds integers ({data.dtype}), among which there is no {fill:g}.",
            pointer="/value",
            hint="Give a whole number that fits, or an input with a decimal point.",
        )
    return int(fill)


def crop(data: Array, geometry: Geometry) -> Array:
    """Take away ``padding`` pixels before and after each axis."""
    inside = [slice(None)] * 2
    for (before, _), output in zip(geometry.padding, geometry.output, strict=True):
        inside.append(slice(before, before + output))
    return data[tuple(inside)]
