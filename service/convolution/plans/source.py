"""The padded input of a plan: where it is kept, and the views that lower it."""

from dataclasses import replace
from math import gcd, prod
from typing import Any, Final, NamedTuple

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.padding import padded
from service.convolution.plans.workspace import Sketch

__all__ = ["Source", "Taps", "View", "inner_part", "strides_of"]


_SMALL: Final = 32_768
"""Numbers that are filled with zeros quicker as a whole."""


class Taps(NamedTuple):
    """Kernel columns that read one phase: ``first``, first + ``every``, ...

    They begin ``offset`` numbers after a row of the source does and are ``step`` numbers apart.
    """

    first: int
    every: int
    offset: int
    step: int


class Source:
    """How a plan reads its input with the padding around it.

    Zeros are put around a copy in the workspace; other modes make an array of their own, and an
    input without padding is read where it is.

    With ``phases``, as many as the stride along the last axis, there is always a copy, whose rows
    hold every such number of cells together. Windows then read neighbours, where they would read
    cells with gaps.
    """

    __slots__ = (
        "geometry",
        "inside",
        "kept",
        "line",
        "mode",
        "number",
        "phases",
        "sketch",
        "zeros",
    )

    def __init__(self, geometry: Geometry, mode: str, sketch: Sketch, *, phases: int = 1) -> None:
        self.geometry = geometry
        self.mode = mode
        self.sketch = sketch
        self.phases = phases
        self.line = -(-geometry.read[-1] // phases)
        self.number: int | None = None
        self.zeros: list[int] = []
        self.inside: list[int] = []
        self.kept: list[tuple[slice, ...]] = []
        if phases > 1 or (geometry.needs_padding and mode == "zeros"):
            self._sketch()

    def _sketch(self) -> None:
        geometry, phases = self.geometry, self.phases
        self.number = self.sketch.array(geometry.batch, geometry.channels, self._steps()[1])
        size, padding = geometry.size, geometry.padding
        if self.mode != "zeros":  # they come with what is around them
            size, padding = geometry.read, ((0, 0),) * geometry.rank
        offset, shape, kept = inner_part(replace(geometry, size=size, padding=padding))
        row, column = divmod(offset, geometry.read[-1])
        planes, lead = (geometry.batch, geometry.channels), (slice(None), slice(None))
        for phase in range(phases):
            skipped = max(0, -(-(column - phase) // phases))  # cells of padding before
            first = phase + skipped * phases - column
            count = max(0, -(-(shape[-1] - first) // phases))
            start = kept[-1].start + first
            cells = slice(start, kept[-1].stop, phases)
            if count and shape[-1]:
                place = (row * phases + phase) * self.line + skipped
                sizes = (*planes, *shape[:-1], count)
                self.inside.append(self.sketch.view(self.number, sizes, place, self._steps()))
                self.kept.append((*lead, *kept[:-1], cells))
        if self.mode == "zeros":
            self.zeros = [self.number] if phases > 1 else self._margins(shape)

    def _margins(self, shape: tuple[int, ...]) -> list[int]:
        """What is to be filled with zeros: of a large input not what the input lies on."""
        geometry, number = self.geometry, self.number or 0
        whole = (geometry.batch, geometry.channels, *geometry.read)
        if prod(whole) <= _SMALL or 0 in shape:
            return [self.sketch.view(number, whole)]
        margins = []
        for axis, (read, (before, _)) in enumerate(
            zip(geometry.read, geometry.padding, strict=True)
        ):
            start = max(0, before)
            for first, stop in ((0, start), (start + shape[axis], read)):
                if first < stop:
                    sizes = list(whole)
                    sizes[2 + axis] = stop - first
                    place = first * self._steps()[2 + axis]
                    view = self.sketch.view(number, tuple(sizes), place, self._steps())
                    margins.append(view)
        return margins

    def _steps(self) -> tuple[int, ...]:
        """Strides of samples, channels, rows and cells, in elements."""
        rows = self.geometry.read[:-1]
        return strides_of((0, self.geometry.channels, *rows, self.phases * self.line))

    def read(self, data: Array, views: list[Array]) -> Array:
        """Return ``(batch, channels, *read)``, C-contiguous, of ``(batch, channels, *size)``."""
        if self.number is None or self.mode != "zeros":
            data = padded(data, self.geometry, mode=self.mode)
        if self.number is None:
            return data
        source = views[self.number]
        for margin in self.zeros:
            views[margin].fill(0)
        for inside, kept in zip(self.inside, self.kept, strict=True):
            np.copyto(views[inside], data[kept])
        return source

    def view(self, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> "View":
        """Plan a view of what `read` returns, ``strides`` and ``offset`` in elements."""
        return View(self, shape, strides, offset)

    def windows(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Strides of samples and channels, of kernel cells, and of outputs, in elements.

        With phases, kernel cells along the last axis are those of `taps`.
        """
        geometry, steps = self.geometry, self._steps()
        kernel = tuple(map(_times, steps[2:], geometry.dilation))
        outputs = tuple(map(_times, steps[2:], geometry.stride))
        return steps[:2], kernel, outputs if self.phases == 1 else (*outputs[:-1], 1)

    def taps(self) -> list[Taps]:
        """The kernel's columns, by the phase that they read."""
        dilation, kernel = self.geometry.dilation[-1], self.geometry.kernel[-1]
        common = gcd(dilation, self.phases)
        every = self.phases // common
        found = []
        for first in range(min(every, kernel)):
            after, phase = divmod(first * dilation, self.phases)
            found.append(Taps(first, every, phase * self.line + after, dilation // common))
        return found


class View:
    """A view of a source: laid over the workspace once, or over each input."""

    __slots__ = ("dtype", "number", "offset", "shape", "strides")

    def __init__(
        self, source: Source, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
    ) -> None:
        self.shape = shape
        self.dtype: np.dtype[Any] = source.sketch.dtype
        self.offset = offset * self.dtype.itemsize
        self.strides = tuple(step * self.dtype.itemsize for step in strides)
        self.number = (
            None
            if source.number is None
            else source.sketch.view(source.number, shape, offset, strides)
        )

    def of(self, source: Array, views: list[Array]) -> Array:
        """The view itself."""
        if self.number is None:
            return np.ndarray(self.shape, self.dtype, source, self.offset, self.strides)
        return views[self.number]


def inner_part(geometry: Geometry) -> tuple[int, tuple[int, ...], tuple[slice, ...]]:
    """Where the input lies in one map of what the windows read.

    The place of its first number, its sizes, and what of the input that is: negative padding and
    windows that end before it leave some out.
    """
    offset, shape, kept = 0, [], []
    for size, read, (before, _) in zip(geometry.size, geometry.read, geometry.padding, strict=True):
        first, start = max(0, -before), max(0, before)
        count = max(0, min(size - first, read - start))
        offset = offset * read + (start if count else 0)
        shape.append(count)
        kept.append(slice(first, first + count))
    return offset, tuple(shape), tuple(kept)


def strides_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a C-contiguous array, in elements."""
    strides = [1]
    for size in reversed(shape[1:]):
        strides.insert(0, strides[0] * size)
    return tuple(strides)


def _times(one: int, other: int) -> int:
    return one * other
