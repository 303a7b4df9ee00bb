"""The textbook's words: the parameters that several of its modules share, and its layouts."""

from __future__ import annotations

from typing import Final

from service.shapes.dialects.pads import PADDING_RULES
from service.shapes.dialects.reading import PADDING_MODES
from service.shapes.parameters import REQUIRED, Parameter

ONES: Final = {1: (1,), 2: (1, 1), 3: (1, 1, 1)}
LAYOUTS_BY_RANK: Final = {
    1: ("LC", "CL", "NLC", "NCL", "L", "WC", "CW", "NWC", "NCW", "W"),
    2: ("HWC", "CHW", "NHWC", "NCHW", "HW"),
    3: ("DHWC", "CDHW", "NDHWC", "NCDHW", "DHW"),
}

KERNEL: Final = Parameter(
    "kernel_size", "sizes", REQUIRED, "Size of the filter (or of a pool's window), in pixels."
)
PADDING: Final = Parameter(
    "padding",
    "padding",
    "valid",
    "`valid` (none), `same` (output is input / stride, rounded up), `same_lower` (an odd pixel "
    "goes before), `full` (every overlap counts), `causal` (only before), or pixels: a number for "
    "both sides of every axis, one for each axis, or a pair [before, after] for each axis.",
    choices=PADDING_RULES,
    minimum=0,
    pairs=True,
)
DILATION: Final = Parameter(
    "dilation", "sizes", 1, "Distance between neighbouring taps of the filter; 1 leaves no gaps."
)
FILTERS: Final = Parameter(
    "filters",
    "count",
    None,
    "Number of filters, which is the depth of the output; 1 if left out.",
    alias_of="out_channels",
)
OUT_CHANNELS: Final = Parameter(
    "out_channels", "count", None, "The same as `filters`; give one of the two."
)
STRIDE: Final = Parameter("stride", "sizes", 1, "Pixels that the filter moves each step.")
GROUPS: Final = Parameter(
    "groups",
    "count",
    1,
    "Groups of channels that do not see each other; must divide the channels and the filters.",
)
BIAS: Final = Parameter(
    "bias", "flag", default=True, help="Whether every filter adds a learned number."
)
IN_CHANNELS: Final = Parameter(
    "in_channels",
    "count",
    None,
    "Channels of the input. May be left out; when given, the input must have as many.",
)
PADDING_MODE: Final = Parameter(
    "padding_mode", "choice", "zeros", "What the padding is filled with.", choices=PADDING_MODES
)
DEPTH_MULTIPLIER: Final = Parameter(
    "depth_multiplier", "count", None, "Filters for each channel of the input; 1 if left out."
)
KEEPDIMS: Final = Parameter(
    "keepdims",
    "flag",
    default=False,
    help="Whether the pooled axes stay, with size 1; they are dropped otherwise.",
)
NORM_TYPE: Final = Parameter("norm_type", "number", 2, "The p of the Lp norm; 2 is the Euclidean.")
