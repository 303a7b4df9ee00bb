"""Transposed convolution: every input cell becomes a patch, and patches that overlap add up.

Input cell p along an axis reaches output cells p·s + t·d − crop, t = 0 … k − 1, where crop is the
padding before; what lies outside the output is dropped, what no patch reaches is 0.
"""

from itertools import product
from math import prod
from typing import Any, Final

import numpy as np

from service.convolution.geometry import Array, Geometry

__all__ = ["scatter"]

_MAPS: Final[tuple[Any, ...]] = (slice(None),) * 3
"""The axes before the spatial ones: batch or groups, and the channels of each group."""


def scatter(data: Array, weight: Array, geometry: Geometry) -> Array:
    """Add up the patches of all input cells.

    ``data`` is ``(batch, channels, *size)``, ``weight`` ``(channels, filters / groups, *kernel)``
    of the same dtype. Returns ``(batch, filters, *output)``. Loops in Python over the fewer of
    kernel taps and input cells.
    """
    batch, groups, filters = geometry.batch, geometry.groups, geometry.filters
    inner, outer = geometry.group_channels, filters // groups
    result = np.zeros((batch, groups, outer, *geometry.output), dtype=data.dtype)
    cells = np.ascontiguousarray(data).reshape(batch, groups, inner, *geometry.size)
    taps = np.ascontiguousarray(weight).reshape(groups, inner, outer, *geometry.kernel)
    if geometry.taps <= prod(geometry.size):
        _by_tap(cells, taps, geometry, result)
    else:
        _by_cell(cells, taps, geometry, result)
    return result.reshape(batch, filters, *geometry.output)


def _by_tap(cells: Array, taps: Array, geometry: Geometry, result: Array) -> None:
    """Move the whole input by each tap: one matrix product for each."""
    batch, groups, inner = cells.shape[:3]
    columns = cells.reshape(batch, groups, inner, -1)
    for tap in product(*map(range, geometry.kernel)):
        starts = [
            t * d - before
            for t, d, (before, _) in zip(tap, geometry.dilation, geometry.padding, strict=True)
        ]
        reached = [
            _reached(start, step, size, output)
            for start, step, size, output in zip(
                starts, geometry.stride, geometry.size, geometry.output, strict=True
            )
        ]
        if any(target.start >= target.stop for _, target in reached):
            continue
        matrix = taps[(*_MAPS, *tap)].swapaxes(1, 2)
        part = np.matmul(matrix, columns).reshape(*result.shape[:3], *geometry.size)
        source = (*_MAPS, *(source for source, _ in reached))
        target = (*_MAPS, *(target for _, target in reached))
        result[target] += part[source]


def _by_cell(cells: Array, taps: Array, geometry: Geometry, result: Array) -> None:
    """Put down the patch of each input cell: one matrix product for each."""
    groups, inner, outer = taps.shape[:3]
    matrix = taps.reshape(groups, inner, -1).swapaxes(1, 2)
    for cell in product(*map(range, geometry.size)):
        starts = [
            p * s - before
            for p, s, (before, _) in zip(cell, geometry.stride, geometry.padding, strict=True)
        ]
        reached = [
            _reached(start, step, size, output)
            for start, step, size, output in zip(
                starts, geometry.dilation, geometry.kernel, geometry.output, strict=True
            )
        ]
        if any(target.start >= target.stop for _, target in reached):
            continue
        value = cells[(*_MAPS, *cell)][..., np.newaxis]
        part = np.matmul(matrix, value).reshape(-1, groups, outer, *geometry.kernel)
        source = (*_MAPS, *(source for source, _ in reached))
        target = (*_MAPS, *(target for _, target in reached))
        result[target] += part[source]


def _reached(start: int, step: int, count: int, output: int) -> tuple[slice, slice]:
    """Which of ``count`` places start, start + step, ... lie in the output, and where."""
    first = max(0, -(start // step))
    stop = min(count, -((start - output) // step))
    return slice(first, stop), slice(start + first * step, start + (stop - 1) * step + 1, step)
