"""Transposed convolution: the patches of all cells by one product, put together where they meet."""

from collections.abc import Sequence
from itertools import product as product_of
from math import prod
from typing import Any, Final, NamedTuple

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.plans.workspace import Sketch, workspace

__all__ = ["Patches"]

_ELEMENTS: Final = 262_144
"""Numbers of patches made at a time."""

_MOST_WASTE: Final = 1.5
"""How many times the input's cells may be worked on, for the sake of long rows."""


_MOST_STRIDE: Final = 8
"""Larger strides have too many phases to plan."""


class _Along(NamedTuple):
    """One axis: how wide a row is laid out, and of each phase the outputs and the taps' shifts."""

    width: int
    outputs: tuple[int, ...]
    shifts: tuple[dict[int, int], ...]


class _Block(NamedTuple):
    """A few filters: their product, and of each phase the sums, what is added to them, and where
    they go."""

    filters: slice
    product: int
    phases: list[tuple[int, list[tuple[int, int]], int, tuple[slice, ...]]]


class Patches:
    """One product gives what every tap of the kernel makes of every input cell.

    Outputs that are a stride apart form a phase, and a phase is the sum of its taps' results, each
    moved by whole input cells. The input is laid out with zeros between its rows, so that moving by
    rows and cells is moving along one long row.
    """

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether it can do such work well."""
        cells = prod(along.width for along in _axes(geometry))
        most = min(_MOST_WASTE * prod(geometry.size), _ELEMENTS / geometry.taps / geometry.groups)
        return cells <= most and max(geometry.stride) <= _MOST_STRIDE

    @staticmethod
    def elements(geometry: Geometry) -> int:
        """How many numbers it works on, those of the padded input included."""
        cells = prod(along.width for along in _axes(geometry))
        patches = min(_ELEMENTS, geometry.filters * geometry.taps * cells)
        return geometry.channels * cells + 2 * patches

    def __init__(self, geometry: Geometry, dtype: np.dtype[Any]) -> None:
        self.geometry = geometry
        self.sketch = sketch = Sketch(dtype)
        self.axes = axes = _axes(geometry)
        widths = [along.width for along in axes]
        self.steps = [prod(widths[axis + 1 :]) for axis in range(geometry.rank)]
        self.cells = cells = self._length(geometry.size)
        groups, inner = geometry.groups, geometry.group_channels
        filters = geometry.filters // groups
        self.columns = sketch.array(groups, inner, cells)
        self.inside = sketch.view(
            self.columns,
            (geometry.channels, *geometry.size),
            strides=(cells, *self.steps),
        )
        self.matrix = (groups, inner, filters, geometry.taps)
        self.result = (geometry.batch, groups, filters, *geometry.output)
        most = max(1, min(filters, _ELEMENTS // (groups * geometry.taps * cells)))
        self.patches = sketch.array(groups * most * geometry.taps * cells)
        longest = self._length([max(along.outputs) for along in axes])
        self.sums = sketch.array(groups * most * longest)
        starts = range(0, filters, most)
        self.blocks = [self._block(slice(at, min(at + most, filters))) for at in starts]
        self.views = len(sketch.views)

    def _length(self, sizes: Sequence[int]) -> int:
        """From the first to the last of so many cells along each axis, in one row."""
        return 1 + sum((size - 1) * step for size, step in zip(sizes, self.steps, strict=True))

    def _block(self, filters: slice) -> _Block:
        """Plan a few filters of each group."""
        groups, taps, cells = self.geometry.groups, self.geometry.taps, self.cells
        count, view = filters.stop - filters.start, self.sketch.view
        product = view(self.patches, (groups, count * taps, cells))
        phases = []
        for phase in product_of(*(range(len(along.outputs)) for along in self.axes)):
            outputs = [along.outputs[a] for along, a in zip(self.axes, phase, strict=True)]
            if 0 in outputs:
                continue
            length = self._length(outputs)
            sums = view(self.sums, (groups, count, length))
            parts = []
            shifts = [along.shifts[a] for along, a in zip(self.axes, phase, strict=True)]
            for tap in product_of(*shifts):
                number = by = 0
                for t, size, some, step in zip(
                    tap, self.geometry.kernel, shifts, self.steps, strict=True
                ):
                    number, by = number * size + t, by + some[t] * step
                first, stop = max(0, by), min(length, cells + by)
                if first < stop:
                    shape = (groups, count, stop - first)
                    steps = (count * taps * cells, taps * cells, 1)
                    target = view(self.sums, shape, first, (count * length, length, 1))
                    source = view(self.patches, shape, number * cells + first - by, steps)
                    parts.append((target, source))
            outcome = view(
                self.sums,
                (groups, count, *outputs),
                strides=(count * length, length, *self.steps),
            )
            places = [slice(a, None, s) for a, s in zip(phase, self.geometry.stride, strict=True)]
            phases.append((sums, parts, outcome, (slice(None), filters, *places)))
        return _Block(filters, product, phases)

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`; ``weight`` is ``(channels, filters / groups, *kernel)``."""
        views = workspace(self.sketch)
        columns, inside = views[self.columns], views[self.inside]
        matrix = weight.reshape(self.matrix)
        result = np.empty(self.result, self.sketch.dtype)
        columns.fill(0)
        for cells, sample in zip(data, result, strict=True):
            np.copyto(inside, cells)
            for block in self.blocks:
                some = matrix[:, :, block.filters].reshape(*self.matrix[:2], -1)
                np.matmul(some.swapaxes(1, 2), columns, out=views[block.product])
                for sums, parts, outcome, places in block.phases:
                    views[sums].fill(0)
                    for target, source in parts:
                        np.add(views[target], views[source], out=views[target])
                    sample[places] = views[outcome]
        return result


def _axes(geometry: Geometry) -> list[_Along]:
    """How each axis is laid out: cell p reaches output p·s + t·d − before for tap t."""
    axes = []
    for axis in range(geometry.rank):
        size, output, stride = geometry.size[axis], geometry.output[axis], geometry.stride[axis]
        outputs = tuple(max(0, -(-(output - phase) // stride)) for phase in range(stride))
        shifts: tuple[dict[int, int], ...] = tuple({} for _ in range(stride))
        for tap in range(geometry.kernel[axis]):
            by, phase = divmod(tap * geometry.dilation[axis] - geometry.padding[axis][0], stride)
            shifts[phase][tap] = by
        wide = max(0, max(outputs) - size)
        for count, taps in zip(outputs, shifts, strict=True):
            for by in taps.values():
                wide = max(wide, by, count - by - size)
        axes.append(_Along(size + wide if axis else size, outputs, shifts))
    return axes
