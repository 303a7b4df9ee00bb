"""ONNX's MaxPool, AveragePool, LpPool and their global siblings.

With VALID and SAME, ``pads`` are checked and then ignored, as onnxruntime does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from service.shapes.dialects.named import check_sizes
from service.shapes.dialects.onnx.reading import (
    Window,
    pads_pointer,
    read_bit,
    read_window,
    refuse_misfit,
)
from service.shapes.dialects.reading import read_count, read_layout
from service.shapes.errors import ParameterError
from service.shapes.layer import AXIS_NAMES, PLAIN, Details, Layer, make_layer
from service.shapes.padding import Pads, pad

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Operation, Values

__all__ = ["read_global_pool", "read_pool"]


def read_pool(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["max_pool", "avg_pool", "lp_pool"],
) -> Layer:
    """Read a pool with windows."""
    letters = read_layout(operation, shape, layout)
    rank, sizes = operation.rank, shape[2:]
    window = read_window(values, rank)
    kernel_size, stride, dilation, pads, rule = window
    ceil_mode = read_bit(values, "ceil_mode")
    by_column = read_bit(values, "storage_order")
    include = read_bit(values, "count_include_pad")
    norm = read_count(values, "p", 2)
    if pads is not None:
        _check_pads(pads, kernel_size, values)
    check_sizes(shape, letters)
    if rule == "explicit":
        padding = pads or ((0, 0),) * rank
    else:
        padding = pad(rule, sizes, kernel_size, stride, dilation)
    overhang = _overhang(sizes, padding, window, values, ceil_mode=ceil_mode)
    padding = tuple(
        [(before, after + over) for (before, after), over in zip(padding, overhang, strict=True)]
    )
    return make_layer(
        "onnx",
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
        ceil_mode=ceil_mode,
        count_include_pad=include,
        norm_p=norm,
        details=Details(column_major=by_column, overhang=overhang)
        if by_column or any(overhang)
        else PLAIN,
    )


def _check_pads(pads: Pads, kernel_size: tuple[int, ...], values: Values) -> None:
    """Refuse pads that are not smaller than the kernel, dilated or not (onnxruntime)."""
    rank = len(kernel_size)
    for axis, (sides, kernel) in enumerate(zip(pads, kernel_size, strict=True)):
        if max(sides) >= kernel:
            raise ParameterError(
                "pool_padding_too_large",
                f"Padding {max(sides)} along the {AXIS_NAMES[rank][axis]} is too much for a "
                f"window of {kernel}: onnxruntime wants it smaller than the window.",
                pointer=pads_pointer(values, axis, rank, after=sides[0] < kernel),
                hint=f"pads at most {kernel - 1}",
            )


def _overhang(
    sizes: tuple[int, ...], padding: Pads, window: Window, values: Values, *, ceil_mode: bool
) -> tuple[int, ...]:
    """How far the one window hangs over that is larger than the padded input, and counts in ONNX.

    ONNX divides towards zero, ceil_mode or not: a window that hangs over by less than a stride
    counts (so the padding behind grows by that much, though no average counts it), with ceil_mode
    even by two strides less one. One that hangs over by less than two strides otherwise makes an
    output of size 0, and only beyond that the size is negative and refused. onnxruntime makes an
    empty tensor of some windows that the specification's shape inference counts.
    """
    given = []
    for axis, (size, kernel, step, spread, (before, after)) in enumerate(
        zip(sizes, window.kernel_size, window.stride, window.dilation, padding, strict=True)
    ):
        over = spread * (kernel - 1) + 1 - size - before - after
        if over >= 2 * step:
            refuse_misfit(axis, size, (before, after), window, values)
        counted = step <= over < 2 * step - 1 if ceil_mode else 0 < over < step
        given.append(over if counted else 0)
    return tuple(given)


def read_global_pool(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["global_max_pool", "global_avg_pool", "global_lp_pool"],
) -> Layer:
    """Read a pool over the whole input, which leaves sizes of 1."""
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    sizes, rank = shape[2:], operation.rank
    return make_layer(
        "onnx",
        operation.name,
        kind,
        rank,
        letters,
        shape,
        sizes,
        sizes,
        (1,) * rank,
        ((0, 0),) * rank,
        output_size=(1,) * rank,
        norm_p=read_count(values, "p", 2),
    )
