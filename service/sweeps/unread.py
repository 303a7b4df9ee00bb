"""How many input positions nothing depends on, for a block of rows.

The rules of :mod:`service.shapes.unread`, with the same names; all arrays are int64. Products may
wrap around 2**64, but what is returned is below 2**63, so it comes out right all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from service.sweeps.block import AxisPart
    from service.sweeps.columns import Column
    from service.sweeps.plan import Plan

__all__ = ["unread_positions"]

_Wide: TypeAlias = NDArray[np.int64]


def unread_positions(plan: Plan, axis: AxisPart, output: Column, rows: int) -> _Wide:
    """Count the unread positions along one axis, given its output sizes (0 where it has none)."""

    def wide(values: Column) -> _Wide:
        return np.broadcast_to(np.asarray(values, np.int64), rows)

    size, kernel_size, stride = map(
        wide, (axis.input.values, axis.kernel_size.values, axis.stride.values)
    )
    dilation, outputs = wide(axis.dilation.values), wide(output)
    before = _before(plan, axis, size, kernel_size, stride, dilation, outputs)
    transposed = plan.swept.kind == "conv_transpose"
    count = _unscattered if transposed else _unread
    found = count(size, kernel_size, stride, dilation, before, outputs)
    return np.asarray(np.where(outputs < 1, size, found))


def _before(
    plan: Plan,
    axis: AxisPart,
    size: _Wide,
    kernel_size: _Wide,
    stride: _Wide,
    dilation: _Wide,
    output: _Wide,
) -> _Wide:
    """Resolve the padding before the axis."""
    rule, reach = plan.rule, dilation * (kernel_size - 1) + 1
    if rule in ("same", "same_lower"):
        if plan.swept.kind != "conv_transpose":
            total = np.maximum((output - 1) * stride + reach - size, 0)
        elif plan.asked:
            total = reach // 2 * 2
        else:
            total = np.maximum((size - 1) * stride + reach - output, 0)
        less = total // 2
        return total - less if rule == "same_lower" else less
    if rule in ("full", "causal"):
        return reach - 1
    return np.broadcast_to(np.asarray(axis.before.values, np.int64), size.shape)


def _unread(
    size: _Wide, kernel_size: _Wide, stride: _Wide, dilation: _Wide, before: _Wide, output: _Wide
) -> _Wide:
    dilation = np.where(kernel_size == 1, 1, dilation)
    unbroken = np.where(dilation == 1, stride <= kernel_size, (stride == 1) & (output >= dilation))
    end = (output - 1) * stride + dilation * (kernel_size - 1) + 1 - before
    found = size - np.clip(end, 0, size)
    broken = ~unbroken & (output > 0)
    if broken.any():
        rows = [column[broken] for column in (size, kernel_size, stride, dilation, before, output)]
        found[broken] = _unread_between(*rows)
    return found


def _unread_between(
    size: _Wide, kernel_size: _Wide, stride: _Wide, dilation: _Wide, before: _Wide, output: _Wide
) -> _Wide:
    """Count where stride or dilation leave gaps."""
    common = np.gcd(stride, dilation)
    stride, dilation = stride // common, dilation // common
    swap = (output < dilation) & (kernel_size >= stride)
    stride, dilation = np.where(swap, dilation, stride), np.where(swap, stride, dilation)
    output, kernel_size = np.where(swap, kernel_size, output), np.where(swap, output, kernel_size)
    low, high = [
        _values_below(-(-x // common), stride, output, dilation, kernel_size)
        for x in (before, before + size)
    ]
    return size - (high - low)


def _unscattered(
    size: _Wide, kernel_size: _Wide, stride: _Wide, dilation: _Wide, before: _Wide, output: _Wide
) -> _Wide:
    first = -((dilation * (kernel_size - 1) - before) // stride)
    end = -(-(before + output) // stride)
    found: _Wide = size - np.maximum(np.minimum(end, size) - np.maximum(first, 0), 0)
    alone = (kernel_size > 1) & (dilation > output) & (output > 0)
    if alone.any():
        size, kernel_size, stride, dilation, before, output = [
            column[alone] for column in (size, kernel_size, stride, dilation, before, output)
        ]
        zero = np.zeros_like(size)
        high, low = [
            _clamped_sum(x, stride, dilation, zero, kernel_size, size)
            for x in (before + output, before)
        ]
        found[alone] = size - (high - low)
    return found


def _values_below(x: _Wide, stride: _Wide, windows: _Wide, dilation: _Wide, taps: _Wide) -> _Wide:
    classes = np.minimum(taps, stride)
    repeats = (taps - 1) // stride
    longer = np.minimum((taps - 1) % stride + 1, classes)
    zero = np.zeros_like(x)
    most = dilation * repeats + windows
    return _clamped_sum(x, stride, dilation, zero, longer, most) + _clamped_sum(
        x, stride, dilation, longer, classes, most - dilation
    )


def _clamped_sum(
    x: _Wide, stride: _Wide, dilation: _Wide, first: _Wide, last: _Wide, most: _Wide
) -> _Wide:
    full = np.clip(-((stride * (most - 1) - x) // dilation), first, last)
    some = np.clip(-(-x // dilation), full, last)
    smallest = x - dilation * (some - 1) + stride - 1
    found: _Wide = most * (full - first) + _floor_sum(some - full, stride, dilation, smallest)
    return found


def _floor_sum(n: _Wide, m: _Wide, a: _Wide, b: _Wide) -> _Wide:
    total = np.zeros_like(n)
    left = np.flatnonzero(n > 0)
    n, m, a, b = n[left], m[left], a[left], b[left]
    while left.size:
        total[left] += (n - 1) * n // 2 * (a // m) + n * (b // m)
        a, b = a % m, b % m
        highest = a * n + b
        more = highest >= m
        left, n, m, a, highest = left[more], n[more], m[more], a[more], highest[more]
        n, b = highest // m, highest % m
        m, a = a, m
    return total
