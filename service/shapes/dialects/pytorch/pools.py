"""Pools in PyTorch: windows that slide, windows chosen by the output, and one for all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from service.shapes.dialects.checks import check_fit, check_not_empty, check_pool_padding
from service.shapes.dialects.chosen import chosen_layer
from service.shapes.dialects.numbers import read_number, read_output_size
from service.shapes.dialects.operation import Operation, Values
from service.shapes.dialects.pytorch import words
from service.shapes.dialects.pytorch.words import LAYOUTS_BY_RANK, ONES, ZEROS
from service.shapes.dialects.reading import (
    both_sides,
    read_divisor,
    read_flag,
    read_indices,
    read_layout,
    read_sizes,
)
from service.shapes.layer import LAYOUTS, Layer, make_layer
from service.shapes.parameters import REQUIRED, Parameter

__all__ = ["operations"]

_POOL: Final = (
    words.WINDOW,
    words.POOL_STRIDE,
    Parameter(
        "padding",
        "sizes",
        0,
        "Pixels added on both sides, at most half of kernel_size.",
        minimum=0,
    ),
    words.CEIL_MODE,
)

_MAX_POOL: Final = (
    *_POOL,
    Parameter("dilation", "sizes", 1, "Distance between neighbouring taps of the window."),
    words.RETURN_INDICES,
)

_AVG_POOL: Final = (
    *_POOL,
    Parameter(
        "count_include_pad", "flag", default=True, help="Whether padding counts in the average."
    ),
)

_LP_POOL: Final = (
    Parameter("norm_type", "number", REQUIRED, "The p of the Lp norm; 2 is the Euclidean."),
    words.WINDOW,
    words.POOL_STRIDE,
    words.CEIL_MODE,
)

_ADAPTIVE: Final = {
    rank: Parameter(
        "output_size",
        "output",
        REQUIRED,
        "Size of the output, in pixels" + ("." if rank == 1 else "; null keeps that of the input."),
        minimum=0,
    )
    for rank in LAYOUTS_BY_RANK
}

_ADAPTIVE_KINDS: Final[
    dict[Literal["adaptive_avg_pool", "adaptive_max_pool"], tuple[Parameter, ...]]
] = {"adaptive_avg_pool": (), "adaptive_max_pool": (words.RETURN_INDICES,)}

_GLOBAL: Final[
    dict[Literal["global_avg_pool", "global_max_pool", "global_lp_pool"], tuple[Parameter, ...]]
] = {
    "global_avg_pool": (),
    "global_max_pool": (words.RETURN_INDICES,),
    "global_lp_pool": _LP_POOL[:1],
}

_DIVISOR: Final = Parameter(
    "divisor_override",
    "count",
    None,
    "Divide by this number instead of the size of the window; changes no shape.",
    minimum=-(2**31) + 1,
)


def _half(kernel_size: int, _dilation: int) -> int:
    return kernel_size // 2


def _read_pool(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["max_pool", "avg_pool", "lp_pool"],
    too_large: str,
) -> Layer:
    letters = read_layout(operation, shape, layout)
    rank = operation.rank
    sizes = shape[LAYOUTS[letters].start :]
    kernel_size = read_sizes(values, "kernel_size", rank, None)
    stride = read_sizes(values, "stride", rank, kernel_size)
    padding = both_sides(read_sizes(values, "padding", rank, ZEROS[rank], 0))
    dilation = read_sizes(values, "dilation", rank, ONES[rank])
    ceil_mode = read_flag(values, "ceil_mode", default=False)
    details = read_indices(values)
    include = kind == "avg_pool" and read_flag(values, "count_include_pad", default=True)
    divisor = read_divisor(values)
    norm = read_number(values, "norm_type", None, _LEAST) if kind == "lp_pool" else 2
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
        norm_p=norm,
        details=details,
    )


def _read_adaptive(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["adaptive_avg_pool", "adaptive_max_pool"],
) -> Layer:
    letters = read_layout(operation, shape, layout)
    sizes = shape[LAYOUTS[letters].start :]
    output_size = read_output_size(values, sizes, 0, nulls=operation.rank > 1)
    details = read_indices(values)
    check_not_empty(shape, letters, batch=0)
    return chosen_layer(
        "pytorch", operation.name, kind, letters, shape, output_size, details=details
    )


def _read_global(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["global_avg_pool", "global_max_pool", "global_lp_pool"],
) -> Layer:
    """Read what torch does with an adaptive pool to size 1, or a window as large as the input."""
    letters = read_layout(operation, shape, layout)
    details = read_indices(values)
    norm = read_number(values, "norm_type", None, _LEAST) if kind == "global_lp_pool" else 2
    check_not_empty(shape, letters, batch=0)
    ones = (1,) * operation.rank
    return chosen_layer(
        "pytorch", operation.name, kind, letters, shape, ones, norm_p=norm, details=details
    )


_LEAST: Final = 2.0**-64
"""Norms have a p above 0; nobody needs a smaller one."""


def operations() -> Iterator[Operation]:
    """Pools, by rank within each kind."""
    by_kind: dict[Literal["max_pool", "avg_pool", "lp_pool"], tuple[Parameter, ...]] = {
        "max_pool": _MAX_POOL,
        "avg_pool": _AVG_POOL,
        "lp_pool": _LP_POOL,
    }
    for kind, parameters in by_kind.items():
        for rank, layouts in LAYOUTS_BY_RANK.items():
            wide = kind != "max_pool" and rank == 3
            yield Operation(
                "pytorch",
                f"{kind}{rank}d",
                rank,
                (*parameters, _DIVISOR) if kind == "avg_pool" and rank > 1 else parameters,
                layouts,
                partial(
                    _read_pool,
                    kind=kind,
                    too_large="pool_window_larger_than_padded_input"
                    if wide
                    else "output_would_be_zero_or_negative",
                ),
            )
    for adaptive, more in _ADAPTIVE_KINDS.items():
        for rank, layouts in LAYOUTS_BY_RANK.items():
            declared = (_ADAPTIVE[rank], *more)
            read = partial(_read_adaptive, kind=adaptive)
            yield Operation("pytorch", f"{adaptive}{rank}d", rank, declared, layouts, read)
    for whole, declared in _GLOBAL.items():
        for rank, layouts in LAYOUTS_BY_RANK.items():
            read = partial(_read_global, kind=whole)
            yield Operation("pytorch", f"{whole}{rank}d", rank, declared, layouts, read)
