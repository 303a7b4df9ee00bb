"""Pools in the textbook's words: windows that slide, windows chosen by the output, one for all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from service.shapes.dialects.checks import check_fit, check_not_empty, check_pool_padding
from service.shapes.dialects.chosen import chosen_layer
from service.shapes.dialects.numbers import read_number, read_output_size
from service.shapes.dialects.operation import Operation, Values
from service.shapes.dialects.pads import read_padding
from service.shapes.dialects.reading import (
    read_divisor,
    read_flag,
    read_indices,
    read_layout,
    read_sizes,
)
from service.shapes.dialects.textbook import words
from service.shapes.dialects.textbook.words import LAYOUTS_BY_RANK, ONES
from service.shapes.layer import LAYOUTS, Layer, make_layer
from service.shapes.parameters import REQUIRED, Parameter

__all__ = ["operations"]

_POOL: Final = (
    words.KERNEL,
    Parameter(
        "stride", "sizes", None, "Pixels that the window moves each step; kernel_size if left out."
    ),
    words.PADDING,
    words.DILATION,
    Parameter(
        "ceil_mode",
        "flag",
        default=False,
        help="Round the output size up, so that the last window may hang over the end.",
    ),
)

_RETURN_INDICES: Final = (
    Parameter(
        "return_indices",
        "flag",
        default=False,
        help="Return the place of each maximum too; changes no shape.",
    ),
)

_AVERAGE: Final = (
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

_OUTPUT_SIZE: Final = Parameter(
    "output_size",
    "output",
    REQUIRED,
    "Size of the output, in pixels: one number for all axes, or one for each, where null keeps "
    "the size of the input.",
)

_SLIDING: Final[dict[Literal["max_pool", "avg_pool", "lp_pool"], tuple[Parameter, ...]]] = {
    "max_pool": (*_POOL, *_RETURN_INDICES),
    "avg_pool": (*_POOL, *_AVERAGE),
    "lp_pool": (*_POOL, words.NORM_TYPE),
}
_ADAPTIVE: Final[dict[Literal["adaptive_avg_pool", "adaptive_max_pool"], tuple[Parameter, ...]]] = {
    "adaptive_avg_pool": (_OUTPUT_SIZE,),
    "adaptive_max_pool": (_OUTPUT_SIZE, *_RETURN_INDICES),
}
_GLOBAL: Final[
    dict[Literal["global_avg_pool", "global_max_pool", "global_lp_pool"], tuple[Parameter, ...]]
] = {
    "global_avg_pool": (words.KEEPDIMS,),
    "global_max_pool": (words.KEEPDIMS,),
    "global_lp_pool": (words.KEEPDIMS, words.NORM_TYPE),
}
_LEAST_NORM: Final = 2.0**-64
"""Norms have a p above 0; nobody needs a smaller one."""


def _read_pool(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["max_pool", "avg_pool", "lp_pool"],
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_not_empty(shape, letters)
    start, rank = LAYOUTS[letters].start, operation.rank
    sizes = shape[start : start + rank]
    kernel_size = read_sizes(values, "kernel_size", rank, None)
    stride = read_sizes(values, "stride", rank, kernel_size)
    dilation = read_sizes(values, "dilation", rank, ONES[rank])
    rule, padding = read_padding(values, sizes, kernel_size, stride, dilation)
    ceil_mode = read_flag(values, "ceil_mode", default=False)
    details = read_indices(values)
    include = kind == "avg_pool" and read_flag(values, "count_include_pad", default=True)
    divisor = read_divisor(values)
    norm = read_number(values, "norm_type", 2, _LEAST_NORM)
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
        norm_p=norm,
        details=details,
    )


def _within(kernel_size: int, dilation: int) -> int:
    return dilation * (kernel_size - 1)


def _read_adaptive(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["adaptive_avg_pool", "adaptive_max_pool"],
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_not_empty(shape, letters)
    start = LAYOUTS[letters].start
    sizes = shape[start : start + operation.rank]
    output_size = read_output_size(values, sizes, 1, nulls=True)
    details = read_indices(values)
    return chosen_layer(
        "textbook", operation.name, kind, letters, shape, output_size, details=details
    )


def _read_global(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["global_avg_pool", "global_max_pool", "global_lp_pool"],
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_not_empty(shape, letters)
    keepdims = read_flag(values, "keepdims", default=False)
    norm = read_number(values, "norm_type", 2, _LEAST_NORM)
    if LAYOUTS[letters].channel is None and not keepdims:
        letters, shape = letters + "C", (*shape, 1)
    return chosen_layer(
        "textbook",
        operation.name,
        kind,
        letters,
        shape,
        ONES[operation.rank],
        keepdims=keepdims,
        norm_p=norm,
    )


def operations() -> Iterator[Operation]:
    """Pools, by rank within each kind."""
    for kind, declared in _SLIDING.items():
        for rank, layouts in LAYOUTS_BY_RANK.items():
            read = partial(_read_pool, kind=kind)
            yield Operation("textbook", f"{kind}{rank}d", rank, declared, layouts, read)
    for adaptive, declared in _ADAPTIVE.items():
        for rank, layouts in LAYOUTS_BY_RANK.items():
            read = partial(_read_adaptive, kind=adaptive)
            yield Operation("textbook", f"{adaptive}{rank}d", rank, declared, layouts, read)
    for whole, declared in _GLOBAL.items():
        for rank, layouts in LAYOUTS_BY_RANK.items():
            read = partial(_read_global, kind=whole)
            yield Operation("textbook", f"{whole}{rank}d", rank, declared, layouts, read)
