"""Output sizes along one axis, for a block of rows: the rules of :mod:`service.shapes` in numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from service.sweeps.arithmetic import add, divide_up, maximum, multiply, subtract

if TYPE_CHECKING:
    from service.sweeps.block import AxisPart, Workspace
    from service.sweeps.columns import Column, Ints
    from service.sweeps.plan import Plan

__all__ = ["Sizes", "bound", "output_sizes"]


class Sizes(NamedTuple):
    """The output sizes of a block along one axis, and the rows that have none (None: no row)."""

    output: Column
    misfits: Ints | None


def bound(plan: Plan, axis: AxisPart) -> int:
    """Bound everything that comes up on the way to the output sizes along an axis."""
    span = axis.dilation.most * (axis.kernel_size.most - 1) + 1
    pads = axis.before.most + axis.after.most + axis.output_padding.most
    if plan.swept.kind == "conv_transpose":
        return axis.input.most * axis.stride.most + 2 * span + pads
    return axis.input.most + 2 * (axis.stride.most + span) + pads


def output_sizes(plan: Plan, axis: AxisPart, limit: int, work: Workspace, out: Ints) -> Sizes:
    """Compute the output sizes along one axis, in ``out`` or as one number for all rows.

    ``limit`` is the :func:`bound` of the axis, which fits into the dtype of ``out``; the arrays of
    the axis have it too. Where a row is a misfit, its output is of no use.
    """
    compute = _transposed if plan.swept.kind == "conv_transpose" else _sliding
    sizes = compute(plan, axis, limit, work, out)
    if isinstance(sizes.output, int) or sizes.output is out:
        return sizes
    out[:] = sizes.output  # a column as it was: stride 1, kernel 1
    return sizes._replace(output=out)


_SAME: Final = ("same", "same_lower")
_FITTING: Final = (*_SAME, "full", "causal")


def _sliding(plan: Plan, axis: AxisPart, limit: int, work: Workspace, out: Ints) -> Sizes:
    """Count the windows, ⌊(i + p_before + p_after − k_e)/s⌋ + 1.

    That is ⌈starts/s⌉ for so many places at which a window may start: i with `same` and `causal`,
    i + k_e − 1 with `full`.
    """
    spans = work.like("spans", out)
    size, stride, rule = axis.input.values, axis.stride.values, plan.rule
    span = multiply(subtract(axis.kernel_size.values, 1, spans), axis.dilation.values, spans)
    if rule == "full":
        starts = add(size, span, out)
    elif rule in _FITTING:
        starts = size
    else:
        pads = add(axis.before.values, axis.after.values, out)
        starts = subtract(add(size, pads, out), span, out)
    rounds_up = plan.ceil_mode and rule not in _SAME
    if rounds_up:
        starts = add(starts, subtract(stride, 1, work.like("other", out)), out)
    may_misfit = rule not in _FITTING or axis.input.least < 1
    misfits = _where_below(starts, 1, len(out)) if may_misfit else None
    output = divide_up(starts, stride, limit, work, out)
    if rounds_up:
        other = work.like("other", out)
        lead = span if rule in _FITTING else axis.before.values
        last = multiply(subtract(output, 1, other), stride, other)
        late = np.greater_equal(last, add(size, lead, spans))
        output = subtract(output, late if isinstance(late, np.ndarray) else int(late), out)
    return Sizes(output, misfits)


def _transposed(plan: Plan, axis: AxisPart, _limit: int, work: Workspace, out: Ints) -> Sizes:
    """Span the patches: (i − 1)s + k_e + op − p_before − p_after; named rules are Keras'."""
    spans = work.like("spans", out)
    size, stride, rule = axis.input.values, axis.stride.values, plan.rule
    if rule in _SAME and not plan.asked:
        return Sizes(multiply(size, stride, out), None)
    reach = multiply(subtract(axis.kernel_size.values, 1, spans), axis.dilation.values, spans)
    reach = add(reach, 1, spans)
    if rule in _SAME:
        reach = reach & 1 if isinstance(reach, int) else np.bitwise_and(reach, 1, out=spans)
    spread = multiply(subtract(size, 1, out), stride, out)
    total = add(spread, reach, out)
    if rule == "valid" and not plan.asked:
        least = multiply(size, stride, work.like("other", out))
        return Sizes(maximum(total, least, out), None)
    total = add(total, axis.output_padding.values, out)
    total = subtract(total, axis.before.values, out)
    total = subtract(total, axis.after.values, out)
    return Sizes(total, _where_below(total, 1, len(out)))


def _where_below(values: Column, least: int, rows: int) -> Ints | None:
    """Find the rows whose value is below ``least``; None if there are none."""
    if isinstance(values, int):
        return np.ones(rows, np.bool_) if values < least else None
    return values < least if np.minimum.reduce(values) < least else None
