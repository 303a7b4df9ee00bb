"""Padding and cropping: layers that put pixels around the input or take them away."""

import numpy as np

from service.convolution.errors import OperandError
from service.convolution.geometry import Array, Geometry
from service.convolution.padding import padded
from service.shapes import Layer

__all__ = ["crop", "pad"]


def pad(layer: Layer, data: Array, geometry: Geometry) -> Array:
    """Put pixels around the input, of the same dtype; negative padding takes them away.

    Raises OperandError ``fill_not_whole`` where integers are to be filled with what is none.
    """
    return padded(data, geometry, mode=layer.padding_mode, fill=fill_of(layer, data))


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
