"""Transposed convolution: every input cell becomes a patch, and patches that overlap add up.

Input cell p along an axis reaches output cells p·s + t·d − crop, t = 0 … k − 1, where crop is the
padding before; what lies outside the output is dropped, what no patch reaches is 0.
"""

from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any, Final

import numpy as np

from service.convolution.correlate import on_two_axes
from service.convolution.geometry import Array, Geometry
from service.convolution.plans import Cache, Plan
from service.convolution.plans.choice import with_two_axes
from service.convolution.plans.patches import Patches

__all__ = ["scatter", "scattered", "scattering"]


def scatter(data: Array, weight: Array, geometry: Geometry) -> Array:
    """Add up the patches of all input cells.

    ``data`` is ``(batch, channels, *size)``, ``weight`` ``(channels, filters / groups, *kernel)``
    of the same dtype. Returns ``(batch, filters, *output)``, C-contiguous.
    """
    plan = scattering(geometry, data.dtype)
    output = plan(*on_two_axes(data, weight))
    return output.reshape(geometry.batch, geometry.filters, *geometry.output)


def scattering(geometry: Geometry, dtype: np.dtype[Any]) -> Plan:
    """Return the plan for a geometry; it takes operands `on_two_axes`."""
    key = geometry, dtype
    plan = _PLANS.get(key)
    if plan is None:
        sizes = with_two_axes(geometry)
        plan = Patches(sizes, dtype) if Patches.fits(sizes) else Scatter(sizes)
        _PLANS.put(key, plan, plan.views)
    return plan


class Scatter:
    """Patches added up one after the other, for whatever sizes."""

    views = 0

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`; ``weight`` is ``(channels, filters / groups, *kernel)``."""
        geometry = self.geometry
        batch, groups, filters = geometry.batch, geometry.groups, geometry.filters
        inner, each = geometry.group_channels, filters // groups
        cells = np.ascontiguousarray(data).reshape(batch, groups, inner, *geometry.size)
        taps = np.ascontiguousarray(weight).reshape(groups, inner, each, *geometry.kernel)
        columns = cells.reshape(batch, groups, inner, -1)
        matrix = taps.reshape(groups, inner, -1).swapaxes(1, 2)

        def by_tap(tap: tuple[int, ...]) -> Array:
            part: Array = np.matmul(taps[(*_MAPS, *tap)].swapaxes(1, 2), columns)
            return part.reshape(batch, filters, *geometry.size)

        def by_cell(cell: tuple[int, ...]) -> Array:
            part: Array = np.matmul(matrix, cells[(*_MAPS, *cell)][..., np.newaxis])
            return part.reshape(batch, filters, *geometry.kernel)

        return scattered(geometry, data.dtype, by_tap, by_cell)


_PLANS: Final[Cache[tuple[Geometry, np.dtype[Any]], Plan]] = Cache()

_MAPS: Final[tuple[Any, ...]] = (slice(None),) * 3
"""The axes before the spatial ones: batch or groups, and the channels of each group."""

Part = Callable[[tuple[int, ...]], Array]


def scattered(geometry: Geometry, dtype: np.dtype[Any], by_tap: Part, by_cell: Part) -> Array:
    """Add up patches that come from elsewhere; ``(batch, filters, *output)``.

    ``by_tap`` gives what one kernel tap contributes for every input cell,
    ``(batch, filters, *size)``, ``by_cell`` the patch of one input cell,
    ``(batch, filters, *kernel)``. Loops in Python over the fewer of taps and cells.
    """
    result = np.zeros((geometry.batch, geometry.filters, *geometry.output), dtype=dtype)
    each, step, other, distance = by_tap, geometry.dilation, geometry.size, geometry.stride
    places = geometry.kernel
    if geometry.taps > prod(geometry.size):
        each, step, other, distance = by_cell, geometry.stride, geometry.kernel, geometry.dilation
        places = geometry.size
    for place in product(*map(range, places)):
        reached = [
            _reached(at * s - before, d, count, output)
            for at, s, (before, _), d, count, output in zip(
                place, step, geometry.padding, distance, other, geometry.output, strict=True
            )
        ]
        if all(source.start < source.stop for source, _ in reached):
            source = (*_MAPS[:2], *(source for source, _ in reached))
            target = (*_MAPS[:2], *(target for _, target in reached))
            result[target] += each(place)[source]
    return result


def _reached(start: int, step: int, count: int, output: int) -> tuple[slice, slice]:
    """Which of ``count`` places start, start + step, ... lie in the output, and where."""
    first = max(0, -(start // step))
    stop = min(count, -((start - output) // step))
    return slice(first, stop), slice(start + first * step, start + (stop - 1) * step + 1, step)
