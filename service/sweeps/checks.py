"""What the dialects refuse, row by row and in their order.

The bounds of a column rule most refusals out without a look at its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.shapes import MAX_SIZE
from service.sweeps.block import AxisPart, Block, Part, part_of
from service.sweeps.operations import NUMBER, Check

if TYPE_CHECKING:
    from service.sweeps.columns import Column, Ints
    from service.sweeps.plan import Plan

__all__ = ["disarm", "mark"]


def mark(plan: Plan, block: Block, checks: Iterable[Check], codes: Ints) -> bool:
    """Write the number of the first refusal into ``codes`` wherever it is still 0.

    Returns whether any row came into question, which only the bounds of the columns decide; if
    not, nothing has been written.
    """
    suspected = False
    for check in checks:
        for code, refused in _MARKS[check](plan, block):
            suspected = True
            np.copyto(codes, NUMBER[code], where=refused & (codes == 0))
    return suspected


def disarm(block: Block, codes: Ints) -> Block:
    """Put 1 in place of the numbers of refused rows in columns with numbers that may do harm.

    Those are what no size may be, and divisors below 1.
    """
    kept = codes == 0

    def disarmed(part: Part, least: int) -> Part:
        if _within(part, least):
            return part
        return part_of(np.where(kept, part.values, 1))

    axes: dict[int, AxisPart] = {}
    for axis in block.axes:
        if id(axis) not in axes:
            axes[id(axis)] = AxisPart(*map(disarmed, axis, _LEAST))
    return Block(
        block.rows,
        tuple([axes[id(axis)] for axis in block.axes]),
        disarmed(block.channels, 0),
        disarmed(block.batch, 0),
        disarmed(block.filters, 0),
        disarmed(block.groups, 1),
    )


_LEAST: Final = (0, 1, 1, 1, 0, 0, 0)
"""The smallest numbers that do no harm, in the order of AxisPart."""

_Marks = Iterator[tuple[str, Any]]


def _within(part: Part, least: int) -> bool:
    return part.least >= least and part.most <= MAX_SIZE


def _wide(values: Column) -> Ints:
    return np.asarray(values, np.int64)


def _counts(part: Part, too_small: str, least: int) -> _Marks:
    if part.least < least:
        yield too_small, np.less(part.values, least)
    if part.most > MAX_SIZE:
        yield "number_too_large", np.greater(part.values, MAX_SIZE)


def _sizes(plan: Plan, block: Block) -> _Marks:
    spatial = [axis.input for axis in block.axes]
    last = plan.swept.channels_last
    shape = (*spatial, block.channels) if last else (block.channels, *spatial)
    for part in (block.batch, *shape):
        if not _within(part, 0):
            yield from _counts(part, "input_rank_or_size", 0)


def _not_empty(plan: Plan, block: Block) -> _Marks:
    batch = (block.batch,) if plan.swept.framework == "textbook" else ()
    for part in (block.channels, *[axis.input for axis in block.axes], *batch):
        if part.least < 1:
            yield "input_rank_or_size", np.equal(part.values, 0)


def _filters(_plan: Plan, block: Block) -> _Marks:
    return _counts(block.filters, "filters_not_positive", 1)


def _groups(_plan: Plan, block: Block) -> _Marks:
    yield from _counts(block.groups, "groups_not_positive", 1)
    if block.groups.most > 1:
        groups = np.maximum(_wide(block.groups.values), 1)
        for part in (block.channels, block.filters):
            rest = np.not_equal(np.remainder(part.values, groups), 0)
            if rest.ndim or rest:
                yield "channels_not_divisible_by_groups", rest


def _per_axis(
    find: Callable[[AxisPart], Part], too_small: str, least: int
) -> Callable[[Plan, Block], _Marks]:
    def marks(_plan: Plan, block: Block) -> _Marks:
        for axis in block.axes:
            part = find(axis)
            if part.least < least or part.most > MAX_SIZE:
                yield from _counts(part, too_small, least)

    return marks


def _padding(_plan: Plan, block: Block) -> _Marks:
    for axis in block.axes:
        for part in (axis.before, axis.after):
            if part.least < 0 or part.most > MAX_SIZE:
                yield from _counts(part, "padding_negative", 0)


def _room_for_output_padding(_plan: Plan, block: Block) -> _Marks:
    for axis in block.axes:
        more = axis.output_padding
        if more.most > 0 and more.most >= max(axis.stride.least, axis.dilation.least):
            most = np.maximum(_wide(axis.stride.values), _wide(axis.dilation.values))
            refused = np.greater(more.values, 0) & np.greater_equal(more.values, most)
            yield "output_padding_too_large", refused


def _same_with_stride(plan: Plan, block: Block) -> _Marks:
    for axis in block.axes if plan.rule == "same" else ():
        if axis.stride.least != 1 or axis.stride.most != 1:
            yield "same_with_stride", np.not_equal(axis.stride.values, 1)


def _pool_padding(_plan: Plan, block: Block) -> _Marks:
    for axis in block.axes:
        kernel_size, dilation = axis.kernel_size, axis.dilation
        least = (max(kernel_size.least, 1) - 1) * max(dilation.least, 1)
        for part in (axis.before, axis.after):
            if part.most > least:
                most = np.multiply(_wide(kernel_size.values) - 1, dilation.values)
                yield "pool_padding_too_large", np.greater(part.values, most)


def _half_kernel(_plan: Plan, block: Block) -> _Marks:
    for axis in block.axes:
        if axis.before.most > axis.kernel_size.least // 2:
            most = np.floor_divide(axis.kernel_size.values, 2)
            yield "pool_padding_more_than_half_kernel", np.greater(axis.before.values, most)


_MARKS: Final[dict[Check, Callable[[Plan, Block], _Marks]]] = {
    "sizes": _sizes,
    "not_empty": _not_empty,
    "filters": _filters,
    "groups": _groups,
    "kernel_size": _per_axis(lambda axis: axis.kernel_size, "kernel_not_positive", 1),
    "stride": _per_axis(lambda axis: axis.stride, "stride_not_positive", 1),
    "dilation": _per_axis(lambda axis: axis.dilation, "dilation_not_positive", 1),
    "padding": _padding,
    "output_padding": _per_axis(lambda axis: axis.output_padding, "output_padding_negative", 0),
    "room_for_output_padding": _room_for_output_padding,
    "same_with_stride": _same_with_stride,
    "pool_padding": _pool_padding,
    "half_kernel": _half_kernel,
}
"""What each check refuses: codes in order, each with the rows that it hits."""
