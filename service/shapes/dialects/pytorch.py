"""The dialect of PyTorch: torch.nn's names, defaults and layouts, and what torch refuses.

Held against torch 2.13. Two things differ on purpose: unlike torch's, avg_pool3d compares its
window with the padded input, as all other pools do; and negative padding, which torch takes as
cropping where padding_mode is `reflect` or `circular`, is refused everywhere.
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
from service.shapes.dialects.reading import (
    PADDING_MODES,
    both_sides,
    read_choice,
    read_count,
    read_divisor,
    read_flag,
    read_layout,
    read_required_count,
    read_sizes,
)
from service.shapes.errors import ParameterError
from service.shapes.layer import LAYOUTS, Layer, PaddingMode, PaddingRule, make_layer
from service.shapes.padding import Pads, pad
from service.shapes.parameters import REQUIRED, Parameter

__all__ = ["OPERATIONS"]

_ONES: Final = {1: (1,), 2: (1, 1), 3: (1, 1, 1)}
_ZEROS: Final = {1: (0,), 2: (0, 0), 3: (0, 0, 0)}
_RULES: Final[tuple[PaddingRule, ...]] = ("valid", "same")
_LAYOUTS: Final = {1: ("NCL", "CL"), 2: ("NCHW", "CHW"), 3: ("NCDHW", "CDHW")}

_CONV: Final = (
    Parameter(
        "in_channels",
        "count",
        None,
        "Channels of the input. May be left out; when given, the input must have as many.",
    ),
    Parameter("out_channels", "count", REQUIRED, "Number of filters: channels of the output."),
    Parameter("kernel_size", "sizes", REQUIRED, "Size of the kernel, in pixels."),
    Parameter("stride", "sizes", 1, "Pixels that the kernel moves each step."),
    Parameter(
        "padding",
        "padding",
        0,
        "Pixels added on both sides: numbers, `valid` (none) or `same` (as many as keep the "
        "size; stride 1 only).",
        choices=_RULES,
        minimum=0,
    ),
    Parameter("dilation", "sizes", 1, "Distance between neighbouring taps of the kernel."),
    Parameter(
        "groups",
        "count",
        1,
        "Groups of channels that do not see each other; must divide in_channels and out_channels.",
    ),
    Parameter("bias", "flag", default=True, help="Whether every filter adds a learned number."),
    Parameter(
        "padding_mode", "choice", "zeros", "What the padding is filled with.", choices=PADDING_MODES
    ),
)

_POOL: Final = (
    Parameter("kernel_size", "sizes", REQUIRED, "Size of the window, in pixels."),
    Parameter(
        "stride", "sizes", None, "Pixels that the window moves each step; kernel_size if left out."
    ),
    Parameter(
        "padding",
        "sizes",
        0,
        "Pixels added on both sides, at most half of kernel_size.",
        minimum=0,
    ),
    Parameter(
        "ceil_mode",
        "flag",
        default=False,
        help="Round the output size up, so that the last window may hang over the end.",
    ),
)

_MAX_POOL: Final = (
    *_POOL,
    Parameter("dilation", "sizes", 1, "Distance between neighbouring taps of the window."),
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
)

_DIVISOR: Final = Parameter(
    "divisor_override",
    "count",
    None,
    "Divide by this number instead of the size of the window; changes no shape.",
    minimum=-(2**31) + 1,
)


def _read_conv(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    start, rank = LAYOUTS[letters].start, operation.rank
    sizes, channels = shape[start:], shape[start - 1]
    in_channels = read_count(values, "in_channels", None)
    out_channels = read_required_count(values, "out_channels")
    groups = read_count(values, "groups", 1)
    if groups != 1:
        check_groups(in_channels or channels, out_channels, groups, "out_channels")
    kernel_size = read_sizes(values, "kernel_size", rank, None, spread=False)
    rule, padding = _read_padding(values, rank)
    stride = read_sizes(values, "stride", rank, _ONES[rank])
    dilation = read_sizes(values, "dilation", rank, _ONES[rank])
    if rule != "explicit":
        padding = pad(rule, sizes, kernel_size, stride, dilation)
    mode: PaddingMode = read_choice(values, "padding_mode", "zeros", PADDING_MODES)
    bias = read_flag(values, "bias", default=True)
    if mode != "zeros":
        check_padding_mode(mode, padding, sizes, values)
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    check_fit(
        "kernel_larger_than_padded_input", sizes, kernel_size, stride, dilation, padding, values
    )
    check_not_empty(shape, letters, batch=0)
    return make_layer(
        "pytorch",
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
        bias,
        ceil_mode=False,
        count_include_pad=False,
        divisor_override=None,
    )


def _read_padding(values: Values, rank: int) -> tuple[PaddingRule, Pads]:
    """Read numbers or a word; what a word stands for is resolved once the strides are known."""
    value = values.get("padding")
    if type(value) is not str:
        return "explicit", both_sides(read_sizes(values, "padding", rank, _ZEROS[rank], 0))
    rule: PaddingRule = read_choice(values, "padding", "valid", _RULES)
    if rule == "same":
        _refuse_strided_same(values)
    return rule, ()


def _refuse_strided_same(values: Values) -> None:
    stride = values.get("stride")
    steps = stride if isinstance(stride, list | tuple) else [stride]
    if all(type(step) is not int or step == 1 for step in steps):
        return
    raise ParameterError(
        "same_with_stride",
        f"PyTorch has no padding `same` with stride {'x'.join(map(str, steps))}.",
        pointer="/padding",
        hint="stride 1, or padding as numbers; framework `textbook` takes `same` with any stride",
    )


def _half(kernel_size: int, _dilation: int) -> int:
    return kernel_size // 2


def _read_pool(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["max_pool", "avg_pool"],
    too_large: str,
) -> Layer:
    letters = read_layout(operation, shape, layout)
    rank = operation.rank
    sizes = shape[LAYOUTS[letters].start :]
    kernel_size = read_sizes(values, "kernel_size", rank, None)
    stride = read_sizes(values, "stride", rank, kernel_size)
    padding = both_sides(read_sizes(values, "padding", rank, _ZEROS[rank], 0))
    dilation = read_sizes(values, "dilation", rank, _ONES[rank])
    ceil_mode = read_flag(values, "ceil_mode", default=False)
    read_flag(values, "return_indices", default=False)
    include = kind == "avg_pool" and read_flag(values, "count_include_pad", default=True)
    divisor = read_divisor(values)
    check_not_empty(shape, letters, batch=0)
    check_pool_padding(
        "pool_padding_more_than_half_kernel",
        padding,
        kernel_size,
        dilation,
        _half,
        "PyTorch allows half of kernel_size",
        values,
    )
    check_fit(
        too_large,
        sizes,
        kernel_size,
        stride,
        dilation,
        padding,
        values,
        ceil_mode=ceil_mode,
        limit=_half,
    )
    return make_layer(
        "pytorch",
        operation.name,
        kind,
        rank,
        letters,
        shape,
        kernel_size,
        stride,
        dilation,
        padding,
        "explicit",
        "zeros",
        out_channels=None,
        groups=1,
        bias=False,
        ceil_mode=ceil_mode,
        count_include_pad=include,
        divisor_override=divisor,
    )


def _operations() -> Iterator[Operation]:
    for rank, layouts in _LAYOUTS.items():
        yield Operation("pytorch", f"conv{rank}d", rank, _CONV, layouts, _read_conv)
        yield Operation(
            "pytorch",
            f"max_pool{rank}d",
            rank,
            _MAX_POOL,
            layouts,
            partial(_read_pool, kind="max_pool", too_large="output_would_be_zero_or_negative"),
        )
        yield Operation(
            "pytorch",
            f"avg_pool{rank}d",
            rank,
            _AVG_POOL if rank == 1 else (*_AVG_POOL, _DIVISOR),
            layouts,
            partial(
                _read_pool,
                kind="avg_pool",
                too_large="output_would_be_zero_or_negative"
                if rank < 3
                else "pool_window_larger_than_padded_input",
            ),
        )


OPERATIONS: Final = by_name(_operations())
"""What the dialect offers, by name."""
