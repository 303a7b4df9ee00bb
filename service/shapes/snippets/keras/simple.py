"""Keras code for layers that move pixels, and for those that work along no spatial axis."""

from __future__ import annotations

from collections.abc import Callable
from operator import mul
from typing import Final

from service.shapes.layer import LAYOUTS
from service.shapes.snippets.keras.writing import (
    View,
    function,
    padding_layers,
    pads,
    sequence,
    sizes,
)

__all__ = ["WRITERS"]

_INTERPOLATIONS: Final = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


def _padding(view: View) -> list[str] | None:
    """Write padding, and cropping where it is negative; Keras pads with zeros alone."""
    if view.layer.padding_mode != "zeros" or view.layer.details.fill:
        return None
    return sequence(*(padding_layers(view) or [view.make("ZeroPadding#", "0")]))


def _cropping(view: View) -> list[str]:
    return sequence(view.make("Cropping#", pads(view.layer.padding, view.layer.rank)))


def _upsampling(view: View) -> list[str] | None:
    layer = view.layer
    whole = layer.output_size == tuple(map(mul, layer.spatial, layer.stride))
    if layer.rank != 2 and not (whole and layer.interpolation == "nearest"):
        return None
    if layer.interpolation not in _INTERPOLATIONS or layer.details.align_corners:
        return None
    how = [] if layer.interpolation == "nearest" else [f'interpolation="{layer.interpolation}"']
    if whole:
        return sequence(view.make("UpSampling#", sizes(layer.stride), *how))
    height, width = layer.output_size
    how = [f'interpolation="{layer.interpolation}"']
    format_ = ['data_format="channels_first"'] if view.channels_first else []
    arguments = ", ".join([str(height), str(width), *how, *format_])
    return sequence(f"keras.layers.Resizing({arguments})")


def _linear(view: View) -> list[str]:
    bias = [] if view.layer.bias else ["use_bias=False"]
    return sequence(f"keras.layers.Dense({', '.join([str(view.layer.out_channels), *bias])})")


def _flatten(view: View) -> list[str]:
    layer = view.layer
    batched = LAYOUTS[layer.layout].batch is not None
    first, last = layer.axes
    shape = view.inference.output_shape
    if (first, last) == (int(batched), len(layer.input_shape) - 1):
        return sequence("keras.layers.Flatten()")
    if not batched:
        return sequence(f"keras.layers.Reshape({shape})")
    if first:
        return sequence(f"keras.layers.Reshape({shape[1:]})")
    return function([], f"return keras.ops.reshape(x, {shape})")


def _batch_norm(view: View) -> list[str] | None:
    layer = view.layer
    if not layer.axes:
        return None
    axis = _axis(view)
    options = [f"axis={axis}"] if axis != len(_batched(view)) - 1 else []
    options += [] if layer.bias else ["center=False"]
    options += [] if layer.scale else ["scale=False"]
    return sequence(f"keras.layers.BatchNormalization({', '.join(options)})")


def _activation(view: View) -> list[str]:
    layer = view.layer
    if layer.axes:
        return sequence(f"keras.layers.Softmax(axis={_axis(view)})")
    return sequence(f'keras.layers.Activation("{layer.op}")')


def _dropout(view: View) -> list[str]:
    return sequence(f"keras.layers.Dropout({view.layer.rate:g})")


def _add(_view: View) -> list[str]:
    return sequence("keras.layers.Add()")


def _concat(view: View) -> list[str]:
    axis = _axis(view)
    option = f"axis={axis}" if axis != len(_batched(view)) - 1 else ""
    return sequence(f"keras.layers.Concatenate({option})")


def _batched(view: View) -> tuple[int, ...]:
    """Return the shape of the input with a batch."""
    shape = view.layer.input_shape
    return shape if LAYOUTS[view.layer.layout].batch is not None else (1, *shape)


def _axis(view: View) -> int:
    """Return the index of the layer's axis in an input with a batch."""
    (axis,) = view.layer.axes
    return axis + len(_batched(view)) - len(view.layer.input_shape)


WRITERS: Final[dict[str, Callable[[View], list[str] | None]]] = {
    "zero_padding": _padding,
    "cropping": _cropping,
    "center_crop_like": _cropping,
    "upsampling": _upsampling,
    "linear": _linear,
    "flatten": _flatten,
    "batch_norm": _batch_norm,
    "activation": _activation,
    "dropout": _dropout,
    "add": _add,
    "concat": _concat,
}
"""How to write each kind of these layers."""
