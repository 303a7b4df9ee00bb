"""The dialect of the deck and of textbooks: PyTorch's names and a learner's, channels last.

It takes what any framework takes: every padding rule with every stride and dilation, one number,
one per axis or a pair per axis, in any layout. What it refuses can't be computed, with one
exception: a pool's padding must be smaller than its effective kernel (onnxruntime's rule), since
a window that lies wholly in the padding has no maximum and no average.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from service.shapes.dialects.checks import (
    check_fit,
    check_groups,
    check_not_empty,
    check_padding_mode,
    check_pool_padding,
    refuse_channels,
)
from service.shapes.dialects.operation import Operation, Values, by_name
from service.shapes.dialects.pads import PADDING_RULES, read_padding
from service.shapes.dialects.reading import (
    PADDING_MODES,
    read_choice,
    read_count,
    read_divisor,
    read_flag,
    read_layout,
    read_sizes,
)
from service.shapes.errors import ParameterError
from service.shapes.layer import LAYOUTS, Layer, PaddingMode, make_layer
from service.shapes.parameters import REQUIRED, Parameter

__all__ = ["OPERATIONS"]

_ONES: Final = {1: (1,), 2: (1, 1), 3: (1, 1, 1)}
_LAYOUTS: Final = {
    1: ("LC", "CL", "NLC", "NCL", "L", "WC", "CW", "NWC", "NCW", "W"),
    2: ("HWC", "CHW", "NHWC", "NCHW", "HW"),
    3: ("DHWC", "CDHW", "NDHWC", "NCDHW", "DHW"),
}

_KERNEL: Final = Parameter(
    "kernel_size", "sizes", REQUIRED, "Size of the filter (or of a pool's window), in pixels."
)
_PADDING: Final = Parameter(
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
_DILATION: Final = Parameter(
    "dilation", "sizes", 1, "Distance between neighbouring taps of the filter; 1 leaves no gaps."
)

_CONV: Final = (
    _KERNEL,
    Parameter(
        "filters",
        "count",
        None,
        "Number of filters, which is the depth of the output; 1 if left out.",
        alias_of="out_channels",
    ),
    Parameter("out_channels", "count", None, "The same as `filters`; give one of the two."),
    Parameter("stride", "sizes", 1, "Pixels that the filter moves each step."),
    _PADDING,
    _DILATION,
    Parameter(
        "groups",
        "count",
        1,
        "Groups of channels that do not see each other; must divide the channels and the filters.",
    ),
    Parameter("bias", "flag", default=True, help="Whether every filter adds a learned number."),
    Parameter(
        "padding_mode", "choice", "zeros", "What the padding is filled with.", choices=PADDING_MODES
    ),
    Parameter(
        "in_channels",
        "count",
        None,
        "Channels of the input. May be left out; when given, the input must have as many.",
    ),
)

_POOL: Final = (
    _KERNEL,
    Parameter(
        "stride", "sizes", None, "Pixels that the window moves each step; kernel_size if left out."
    ),
    _PADDING,
    _DILATION,
    Parameter(
        "ceil_mode",
        "flag",
        default=False,
        help="Round the output size up, so that the last window may hang over the end.",
    ),
)

_MAX_POOL: Final = (
    *_POOL,
    Parameter(
        "return_indices",
        "flag",
        default=False,
        help="Return the place of each maximum too; changes no shape.",
    ),
)

_AVG_POOL: Final = (
    *_POOL,
    Parameter(
        "count_include_pad", "flag", default=True, help="Whether padding counts in the average."
    ),
    Parameter(
        "divisor_override",
        "count",
        None,
        "Divide by this number instead of the size of the window; changes no shape.",
        minimum=-(2**31) + 1,
    ),
)


def _read_conv(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_not_empty(shape, letters)
    filters_name, filters = _read_filters(values)
    at, rank = LAYOUTS[letters], operation.rank
    if at.channel is None and filters is not None:
        letters, shape = letters + "C", (*shape, 1)
        at = LAYOUTS[letters]
    channels = 1 if at.channel is None else shape[at.channel]
    out_channels = 1 if filters is None else filters
    in_channels = read_count(values, "in_channels", None)
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    groups = read_count(values, "groups", 1)
    if groups != 1:
        check_groups(channels, out_channels, groups, filters_name)
    sizes = shape[at.start : at.start + rank]
    kernel_size = read_sizes(values, "kernel_size", rank, None)
    stride = read_sizes(values, "stride", rank, _ONES[rank])
    dilation = read_sizes(values, "dilation", rank, _ONES[rank])
    rule, padding = read_padding(values, sizes, kernel_size, stride, dilation)
    mode: PaddingMode = read_choice(values, "padding_mode", "zeros", PADDING_MODES)
    if mode != "zeros":
        check_padding_mode(mode, padding, sizes, values)
    check_fit(
        "kernel_larger_than_padded_input", sizes, kernel_size, stride, dilation, padding, values
    )
    return make_layer(
        "textbook",
        operation.name,
        "conv",
        rank,
        letters,
        shape,
        kernel_size,
        stride,
        dilation,
        padding,
        rule,
        mode,
        out_channels,
        groups,
        read_flag(values, "bias", default=True),
        ceil_mode=False,
        count_include_pad=False,
        divisor_override=None,
    )


def _read_filters(values: Values) -> tuple[str, int | None]:
    """Read the number of filters under whichever of its two names it was given."""
    if values.get("filters") is None:
        return "out_channels", read_count(values, "out_channels", None)
    if values.get("out_channels") is not None:
        raise ParameterError(
            "given_twice",
            "`filters` and `out_channels` are two words for the same number.",
            pointer="/filters",
            hint="give one of the two",
        )
    return "filters", read_count(values, "filters", None)


def _read_pool(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["max_pool", "avg_pool"],
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_not_empty(shape, letters)
    start, rank = LAYOUTS[letters].start, operation.rank
    sizes = shape[start : start + rank]
    kernel_size = read_sizes(values, "kernel_size", rank, None)
    stride = read_sizes(values, "stride", rank, kernel_size)
    dilation = read_sizes(values, "dilation", rank, _ONES[rank])
    rule, padding = read_padding(values, sizes, kernel_size, stride, dilation)
    ceil_mode = read_flag(values, "ceil_mode", default=False)
    read_flag(values, "return_indices", default=False)
    include = kind == "avg_pool" and read_flag(values, "count_include_pad", default=True)
    divisor = read_divisor(values)
    if rule == "explicit":
        check_pool_padding(
            "pool_padding_too_large",
            padding,
            kernel_size,
            dilation,
            _within,
            "a window that lies wholly in the padding has nothing to pool",
            values,
        )
    check_fit(
        "kernel_larger_than_padded_input",
        sizes,
        kernel_size,
        stride,
        dilation,
        padding,
        values,
        ceil_mode=ceil_mode,
        limit=_within,
    )
    return make_layer(
        "textbook",
        operation.name,
        kind,
        rank,
        letters,
        shape,
        kernel_size,
        stride,
        dilation,
        padding,
        rule,
        "zeros",
        out_channels=None,
        groups=1,
        bias=False,
        ceil_mode=ceil_mode,
        count_include_pad=include,
        divisor_override=divisor,
    )


def _within(kernel_size: int, dilation: int) -> int:
    return dilation * (kernel_size - 1)


def _operations() -> Iterator[Operation]:
    for rank, layouts in _LAYOUTS.items():
        yield Operation("textbook", f"conv{rank}d", rank, _CONV, layouts, _read_conv)
        yield Operation(
            "textbook",
            f"max_pool{rank}d",
            rank,
            _MAX_POOL,
            layouts,
            partial(_read_pool, kind="max_pool"),
        )
        yield Operation(
            "textbook",
            f"avg_pool{rank}d",
            rank,
            _AVG_POOL,
            layouts,
            partial(_read_pool, kind="avg_pool"),
        )


OPERATIONS: Final = by_name(_operations())
"""What the dialect offers, by name."""
