"""The windows of pools along one axis, whether they slide or are chosen by the output.

Only cells of the input are counted: what padding and ``ceil_mode`` add is no cell of any window.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.pooling import summable
from service.shapes import Layer

__all__ = ["Windows", "adaptive_mean", "chosen", "maxima", "sliding", "windows_of"]


@dataclass(frozen=True, slots=True)
class Windows:
    """Window o holds the input cells start[o] + t·step for first[o] ≤ t < stop[o]."""

    start: Array
    first: Array
    stop: Array
    step: int

    @property
    def count(self) -> int:
        """How many windows there are."""
        return self.start.size

    @property
    def longest(self) -> int:
        """The most cells that a window holds."""
        return int((self.stop - self.first).max(initial=0))

    def cells(self, number: int) -> tuple[Array, Array]:
        """The ``number``-th cell of each window, and whether there is one.

        Where there is none, the last cell stands again.
        """
        taps = self.first + number
        there = taps < self.stop
        return self.start + np.where(there, taps, self.stop - 1) * self.step, there

    def slice_of(self, window: int) -> slice:
        """The cells of one window."""
        start, step = int(self.start[window]), self.step
        first, stop = int(self.first[window]), int(self.stop[window])
        return slice(start + first * step, start + (stop - 1) * step + 1, step)


def sliding(geometry: Geometry, axis: int) -> Windows:
    """The windows of a pool that slides, none of which may lie in the padding alone."""
    step, kernel = geometry.dilation[axis], geometry.kernel[axis]
    before = geometry.padding[axis][0]
    start = np.arange(geometry.output[axis], dtype=np.int64) * geometry.stride[axis] - before
    first = np.clip(-(start // step), 0, kernel)
    stop = np.clip(-((start - geometry.size[axis]) // step), 0, kernel)
    return Windows(start, first, stop, step)


def chosen(size: int, output: int) -> Windows:
    """The windows of adaptive pooling: window j is [⌊j·i/o⌋, ⌈(j + 1)·i/o⌉)."""
    number = np.arange(output, dtype=np.int64)
    start = number * size // output
    return Windows(start, np.zeros_like(start), -(-((number + 1) * size) // output) - start, 1)


def windows_of(layer: Layer, geometry: Geometry) -> list[Windows]:
    """The windows of a pool along each axis."""
    if layer.kind.startswith("adaptive"):
        return list(map(chosen, geometry.size, geometry.output))
    return [sliding(geometry, axis) for axis in range(geometry.rank)]


def maxima(data: Array, windows: list[Windows]) -> tuple[Array, Array]:
    """The largest cell of each window and its place, ``(batch, channels, *output)`` each.

    The place is that of the first such cell, counted row by row in the input's own channel. Axes
    are reduced one after the other, the last one first, which finds that cell.
    """
    size = data.shape[2:]
    places = np.arange(int(np.prod(size)), dtype=np.int64).reshape(1, 1, *size)
    places = np.broadcast_to(places, data.shape)
    for axis in reversed(range(len(windows))):
        data, places = _largest(data, places, windows[axis], 2 + axis)
    return data, places


def _largest(data: Array, places: Array, windows: Windows, axis: int) -> tuple[Array, Array]:
    """Reduce one axis: the largest cell of each window, and what ``places`` holds for it."""
    lead: tuple[Any, ...] = (slice(None),) * axis
    if windows.count < windows.longest:
        found = []
        for window in range(windows.count):
            part = (*lead, windows.slice_of(window))
            at = np.expand_dims(data[part].argmax(axis), axis)
            found.append([np.take_along_axis(values[part], at, axis) for values in (data, places)])
        best, where = (np.concatenate(parts, axis) for parts in zip(*found, strict=True))
        return best, where
    return _by_doubling(data, places, windows, axis)


def _by_doubling(data: Array, places: Array, windows: Windows, axis: int) -> tuple[Array, Array]:
    """Reduce one axis with log₂(longest) passes, whatever the windows.

    Pass after pass every cell knows the largest of the 2ᵐ cells from it on; a window is covered by
    two such runs, which may overlap. Of equal cells the earlier one stays.
    """
    lead: tuple[Any, ...] = (slice(None),) * axis
    lengths = windows.stop - windows.first
    first = windows.start + windows.first * windows.step
    last = windows.start + (windows.stop - 1) * windows.step
    shape = (*data.shape[:axis], windows.count, *data.shape[axis + 1 :])
    best, where = np.empty(shape, data.dtype), np.empty(shape, places.dtype)
    width = 1
    while True:
        covered = np.flatnonzero((lengths >= width) & (lengths < 2 * width))
        if covered.size:
            ends = first[covered], last[covered] - (width - 1) * windows.step
            best[(*lead, covered)], where[(*lead, covered)] = _later_if_larger(
                *(data.take(end, axis) for end in ends), *(places.take(end, axis) for end in ends)
            )
        if 2 * width > windows.longest:
            return best, where
        reach = width * windows.step
        pair = (*lead, slice(0, data.shape[axis] - reach)), (*lead, slice(reach, None))
        data, places = _later_if_larger(
            *(data[part] for part in pair), *(places[part] for part in pair)
        )
        width *= 2


def _later_if_larger(
    one: Array, two: Array, place: Array, other_place: Array
) -> tuple[Array, Array]:
    better = two > one
    return np.where(better, two, one), np.where(better, other_place, place)


def adaptive_mean(data: Array, windows: list[Windows]) -> Array:
    """The mean of each window; ``(batch, channels, *output)`` of float32 or float64."""
    counts = np.ones((), dtype=np.int64)
    for along in windows:
        counts = counts[..., np.newaxis] * (along.stop - along.first)
    total = _sums(summable(data, int(counts.max())), windows)
    dtype = total.dtype if total.dtype.kind == "f" else np.dtype(np.float64)
    mean: Array = np.true_divide(total, counts.astype(dtype), dtype=dtype)
    return mean


def _sums(data: Array, windows: list[Windows]) -> Array:
    for axis, along in enumerate(windows, start=2):
        if along.count < along.longest:
            lead = (slice(None),) * axis
            slices = map(along.slice_of, range(along.count))
            parts = [data[(*lead, part)].sum(axis) for part in slices]
            data = np.stack(parts, axis)
            continue
        shape = (-1, *(1,) * (data.ndim - axis - 1))
        total = np.zeros((), dtype=data.dtype)
        for number in range(along.longest):
            cells, there = along.cells(number)
            total = total + np.where(there.reshape(shape), data.take(cells, axis), 0)
        data = total
    return data
