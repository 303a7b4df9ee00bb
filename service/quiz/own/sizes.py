"""Sizes of outputs, of numbers that somebody chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.quiz.own.basis import PADDING, Basis, asked_axis, on_layer, size
from service.quiz.own.numbers import Number
from service.quiz.templates.convolutions import TOLD_APART, invited
from service.shapes.mistakes import OUTPUT_SHAPE

if TYPE_CHECKING:
    from service.quiz.own.basis import Computed, Values

__all__ = ["BASES", "CHANNELS", "FILTERS", "KERNEL", "STRIDE", "WIDTH", "convolution"]

KERNEL: Final = Number("kernel_size", "Pixels of the kernel, along each side.", least=1)
STRIDE: Final = Number("stride", "Pixels from one window to the next.", default=1)
WIDTH: Final = Number(
    "width", "Pixels of the input, from left to right.", most=100_000, like="height"
)
CHANNELS: Final = Number("channels", "Channels of the input.", most=65_536)
FILTERS: Final = Number("filters", "Filters, of which each gives one map.", most=65_536)
_DILATION: Final = Number(
    "dilation", "Pixels from one weight of the kernel to the next.", default=1
)

_SHAPES: Final = (
    *TOLD_APART,
    "axis_order",
    "kept_input_depth",
    "multiplied_filters_by_depth",
)
_POOLED: Final = (
    *TOLD_APART[:6],
    "ignored_ceil_mode",
    "window_in_padding",
    *TOLD_APART[6:],
)
_TRANSPOSED: Final = (
    "convolution_formula",
    "forgot_output_padding",
    "ignored_stride",
    "forgot_padding",
    "padding_once",
    "padding_added",
    "assumed_input_times_stride",
    "forgot_minus_one",
    "assumed_same",
    "kernel_not_added",
)


def convolution(values: Values) -> dict[str, Any]:
    """The shapes request of a convolution with these numbers; those of the kernel are square."""
    sides = [values["height"], values["width"]]
    request: dict[str, Any] = {"op": "conv2d", "input_shape": sides}
    for name in ("kernel_size", "stride", "padding", "dilation", "filters", "groups", "bias"):
        if name in values:
            request[name] = values[name]
    if "channels" in values:
        sides.append(values["channels"])
    return request


def _invited(values: Values) -> set[str]:
    """What the numbers of a window invite; padding of 0 is none."""
    padding = "valid" if values["padding"] == 0 else str(values["padding"])
    return invited(padding, values["stride"], values["dilation"])


def _shape(values: Values) -> Computed:
    return on_layer(convolution(values), OUTPUT_SHAPE, _SHAPES, _invited(values))


def _side(values: Values) -> Computed:
    return on_layer(convolution(values), values["axis"], TOLD_APART, _invited(values))


def _pooled(values: Values) -> Computed:
    request = {
        "framework": "pytorch",
        "op": {"max": "max_pool2d", "average": "avg_pool2d"}[values["pool"]],
        "input_shape": [1, 8, values["height"], values["width"]],
        "kernel_size": values["kernel_size"],
        "stride": values["stride"],
        "padding": values["padding"],
        "ceil_mode": values["ceil_mode"],
    }
    needed = {"ignored_stride"} if values["stride"] > 1 else set()
    if values["padding"]:
        needed.add("forgot_padding")
    return on_layer(request, values["axis"], _POOLED, needed)


def _transposed(values: Values) -> Computed:
    request = {
        "framework": "pytorch",
        "op": "conv_transpose2d",
        "input_shape": [1, 8, values["height"], values["width"]],
        "out_channels": 4,
        "kernel_size": values["kernel_size"],
        "stride": values["stride"],
        "padding": values["padding"],
        "output_padding": values["output_padding"],
    }
    needed = {"convolution_formula"}
    if values["stride"] > 1:
        needed.add("ignored_stride")
    if values["padding"]:
        needed.add("forgot_padding")
    if values["output_padding"]:
        needed.add("forgot_output_padding")
    return on_layer(request, values["axis"], _TRANSPOSED, needed)


_GREY: Final = {"input": ("height", "width"), "kernel": ("kernel_size", "kernel_size")}
_COLOUR: Final = {**_GREY, "input": ("height", "width", "channels")}
_PIXELS: Final = Number("padding", "Pixels on each side.", least=0, default=0)

BASES: Final = (
    Basis(
        "conv-output-shape",
        "shape",
        (size(), WIDTH, CHANNELS, FILTERS, KERNEL, STRIDE, PADDING, _DILATION),
        _shape,
        _COLOUR,
    ),
    Basis(
        "conv-output-size",
        "integer",
        (size(), WIDTH, KERNEL, STRIDE, PADDING, _DILATION, asked_axis()),
        _side,
        _GREY,
    ),
    Basis(
        "pool-output-size",
        "integer",
        (
            size(),
            WIDTH,
            Number("kernel_size", "Pixels of the window, along each side."),
            Number("stride", "Pixels from one window to the next.", like="kernel_size"),
            _PIXELS,
            Number(
                "ceil_mode",
                "Whether PyTorch rounds up.",
                None,
                words={True: "with ceil_mode", False: "without ceil_mode"},
                default=False,
            ),
            Number(
                "pool",
                "What is kept of a window.",
                None,
                words={"max": "max", "average": "average"},
                default="max",
            ),
            asked_axis(),
        ),
        _pooled,
        _GREY,
    ),
    Basis(
        "transposed-output-size",
        "integer",
        (
            size(),
            WIDTH,
            KERNEL,
            STRIDE,
            _PIXELS,
            Number("output_padding", "Pixels added at the end.", least=0, default=0),
            asked_axis(),
        ),
        _transposed,
        _GREY,
    ),
)
"""Layers whose output is asked for."""
