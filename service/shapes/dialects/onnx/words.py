"""ONNX's words: the attributes of its operators, and the layouts that it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.shapes.layer import MAX_SIZE
from service.shapes.parameters import REQUIRED, Parameter

if TYPE_CHECKING:
    from service.shapes.layer import PaddingMode, PaddingRule

__all__ = ["AUTO_PADS", "AVG_POOL", "CONV", "CONV_TRANSPOSE", "LAYOUTS_BY_RANK", "LP_POOL", "P"]
__all__ += ["FILLED", "FILLS", "MAX_POOL", "ONES"]

ONES: Final = {1: (1,), 2: (1, 1), 3: (1, 1, 1)}
LAYOUTS_BY_RANK: Final = {1: ("NCL",), 2: ("NCHW",), 3: ("NCDHW",)}

AUTO_PADS: Final[dict[str, PaddingRule]] = {
    "NOTSET": "explicit",
    "SAME_UPPER": "same",
    "SAME_LOWER": "same_lower",
    "VALID": "valid",
}
"""What ``auto_pad`` may be, and the rule that it stands for."""

_KERNEL: Final = Parameter("kernel_shape", "sizes", REQUIRED, "Size of the kernel, in pixels.")
_STRIDES: Final = Parameter("strides", "sizes", 1, "Pixels that the kernel moves each step.")
_DILATIONS: Final = Parameter(
    "dilations", "sizes", 1, "Distance between neighbouring taps of the kernel."
)
_PADS: Final = Parameter(
    "pads",
    "sides",
    None,
    "Pixels added before every axis, then after every axis: [top, left, bottom, right]; or one "
    "number for all sides. None if left out.",
    minimum=0,
)
_AUTO_PAD: Final = Parameter(
    "auto_pad",
    "choice",
    "NOTSET",
    "Padding by rule instead of `pads`: `SAME_UPPER` and `SAME_LOWER` (output is input / stride, "
    "rounded up; an odd pixel goes after or before) or `VALID` (none).",
    choices=tuple(AUTO_PADS),
)
_WEIGHTS: Final = (
    Parameter(
        "in_channels",
        "count",
        None,
        "Channels of the input. May be left out; when given, the input must have as many.",
    ),
    Parameter("out_channels", "count", REQUIRED, "Number of filters: channels of the output."),
    Parameter("group", "count", 1, "Groups of channels that do not see each other."),
    Parameter(
        "bias",
        "flag",
        default=False,
        help="Whether the operator has the input B: a number that every filter adds.",
    ),
)

CONV: Final = (_KERNEL, *_WEIGHTS, _STRIDES, _DILATIONS, _PADS, _AUTO_PAD)
CONV_TRANSPOSE: Final = (
    *CONV,
    Parameter(
        "output_padding",
        "sizes",
        0,
        "Pixels more at the end of the output; less than `strides` or `dilations`.",
        minimum=0,
    ),
    Parameter(
        "output_shape",
        "sizes",
        None,
        "Size of the output along the spatial axes; `pads` follow from it and are ignored.",
    ),
)

_CEIL_MODE: Final = Parameter(
    "ceil_mode",
    "count",
    0,
    "1 rounds the output size up, so that the last window may hang over the end.",
    minimum=0,
)
_POOL: Final = (_KERNEL, _STRIDES, _DILATIONS, _PADS, _AUTO_PAD, _CEIL_MODE)

MAX_POOL: Final = (
    *_POOL,
    Parameter(
        "storage_order",
        "count",
        0,
        "1 counts the places of the maxima column by column; changes no shape.",
        minimum=0,
    ),
)
AVG_POOL: Final = (
    *_POOL,
    Parameter("count_include_pad", "count", 0, "1 counts the padding in the average.", minimum=0),
)
P: Final = Parameter("p", "count", 2, "The p of the Lp norm.")
LP_POOL: Final = (*_POOL, P)

FILLS: Final[dict[str, PaddingMode]] = {
    "constant": "zeros",
    "reflect": "reflect",
    "edge": "replicate",
    "wrap": "circular",
}
"""The modes of Pad."""

FILLED: Final = (
    Parameter(
        "mode",
        "choice",
        "constant",
        "What is put there: `constant_value`, or the input mirrored (`reflect`), its border "
        "repeated (`edge`) or the opposite side (`wrap`).",
        choices=tuple(FILLS),
    ),
    Parameter(
        "constant_value",
        "number",
        0,
        "The constant that is put there; changes no shape.",
        minimum=-MAX_SIZE,
    ),
)
