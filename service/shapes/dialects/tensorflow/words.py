"""The words of ``tf.nn``: what each of its functions takes."""

from __future__ import annotations

from typing import Final

from service.shapes.parameters import REQUIRED, Parameter

__all__ = [
    "DILATIONS",
    "GROUPS",
    "IN_CHANNELS",
    "KERNEL",
    "MULTIPLIER",
    "NAMED",
    "OUTPUT",
    "OUT_CHANNELS",
    "PADDING",
    "STRIDES",
    "WINDOW",
]

KERNEL: Final = Parameter("kernel_size", "sizes", REQUIRED, "Size of the kernel, in pixels.")
STRIDES: Final = Parameter("strides", "sizes", 1, "Pixels that the kernel moves each step.")
DILATIONS: Final = Parameter(
    "dilations", "sizes", 1, "Distance between neighbouring taps of the kernel."
)
IN_CHANNELS: Final = Parameter(
    "in_channels",
    "count",
    None,
    "Channels of the input. May be left out; when given, the input must have as many.",
)
OUT_CHANNELS: Final = Parameter(
    "out_channels", "count", REQUIRED, "Number of filters: channels of the output."
)
GROUPS: Final = Parameter(
    "groups",
    "count",
    1,
    "Groups of channels that do not see each other; must divide in_channels and out_channels.",
)
MULTIPLIER: Final = Parameter(
    "channel_multiplier", "count", 1, "Filters for each channel of the input by itself."
)
OUTPUT: Final = Parameter(
    "output_shape",
    "sizes",
    REQUIRED,
    "Sizes of the output along the spatial axes: one of those that a convolution with the same "
    "strides and padding leads back to the input.",
)
NAMED: Final = Parameter(
    "padding",
    "padding",
    "VALID",
    "`VALID` (none) or `SAME` (output is input / stride, rounded up).",
    choices=("VALID", "SAME"),
    minimum=0,
)
PADDING: Final = Parameter(
    "padding",
    "padding",
    "VALID",
    "`VALID` (none), `SAME` (output is input / stride, rounded up) or pixels: a pair "
    "[before, after] for each spatial axis.",
    choices=("VALID", "SAME"),
    minimum=0,
    pairs=True,
)
WINDOW: Final = (
    Parameter("kernel_size", "sizes", REQUIRED, "Size of the window, in pixels."),
    Parameter("strides", "sizes", 1, "Pixels that the window moves; at most kernel_size."),
    NAMED,
    DILATIONS,
)
