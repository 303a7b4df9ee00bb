"""PyTorch's words: the parameters that several of its modules share, and its layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.shapes.dialects.reading import PADDING_MODES
from service.shapes.parameters import REQUIRED, Parameter

if TYPE_CHECKING:
    from service.shapes.layer import PaddingRule

__all__ = [
    "BATCHED",
    "BIAS",
    "CEIL_MODE",
    "DEPTH_MULTIPLIER",
    "DILATION",
    "GROUPS",
    "IN_CHANNELS",
    "KERNEL",
    "LAYOUTS_BY_RANK",
    "ONES",
    "OUT_CHANNELS",
    "PADDING",
    "PADDING_MODE",
    "POOL_STRIDE",
    "RETURN_INDICES",
    "RULES",
    "STRIDE",
    "WINDOW",
    "ZEROS",
]

ONES: Final = {1: (1,), 2: (1, 1), 3: (1, 1, 1)}
ZEROS: Final = {1: (0,), 2: (0, 0), 3: (0, 0, 0)}
RULES: Final[tuple[PaddingRule, ...]] = ("valid", "same")
LAYOUTS_BY_RANK: Final = {1: ("NCL", "CL"), 2: ("NCHW", "CHW"), 3: ("NCDHW", "CDHW")}
BATCHED: Final = {1: ("NCL", "NC"), 2: ("NCHW",), 3: ("NCDHW",)}
"""Layouts of the modules that cannot do without a batch."""

IN_CHANNELS: Final = Parameter(
    "in_channels",
    "count",
    None,
    "Channels of the input. May be left out; when given, the input must have as many.",
)
OUT_CHANNELS: Final = Parameter(
    "out_channels", "count", REQUIRED, "Number of filters: channels of the output."
)
KERNEL: Final = Parameter("kernel_size", "sizes", REQUIRED, "Size of the kernel, in pixels.")
STRIDE: Final = Parameter("stride", "sizes", 1, "Pixels that the kernel moves each step.")
PADDING: Final = Parameter(
    "padding",
    "padding",
    0,
    "Pixels added on both sides: numbers, `valid` (none) or `same` (as many as keep the "
    "size; stride 1 only).",
    choices=RULES,
    minimum=0,
)
DILATION: Final = Parameter(
    "dilation", "sizes", 1, "Distance between neighbouring taps of the kernel."
)
GROUPS: Final = Parameter(
    "groups",
    "count",
    1,
    "Groups of channels that do not see each other; must divide in_channels and out_channels.",
)
DEPTH_MULTIPLIER: Final = Parameter(
    "depth_multiplier",
    "count",
    1,
    "Filters for each input channel: `out_channels` is that many times `in_channels`, which is "
    "`groups`.",
)
BIAS: Final = Parameter(
    "bias", "flag", default=True, help="Whether every filter adds a learned number."
)
PADDING_MODE: Final = Parameter(
    "padding_mode", "choice", "zeros", "What the padding is filled with.", choices=PADDING_MODES
)
WINDOW: Final = Parameter("kernel_size", "sizes", REQUIRED, "Size of the window, in pixels.")
POOL_STRIDE: Final = Parameter(
    "stride", "sizes", None, "Pixels that the window moves each step; kernel_size if left out."
)
CEIL_MODE: Final = Parameter(
    "ceil_mode",
    "flag",
    default=False,
    help="Round the output size up, so that the last window may hang over the end.",
)
RETURN_INDICES: Final = Parameter(
    "return_indices",
    "flag",
    default=False,
    help="Return the place of each maximum too; changes no shape.",
)
