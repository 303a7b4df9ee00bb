"""The padded input of a plan: where it is kept, and the views that lower it."""

from typing import Any

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.padding import padded
from service.convolution.plans.workspace import Sketch

__all__ = ["Source", "View", "inner_part"]


class Source:
    """How a plan reads its input with the padding around it.

    Zeros are put around a copy in the workspace; other modes make an array of their own, and an
    input without padding is read where it is.
    """

    __slots__ = ("geometry", "inside", "kept", "mode", "number", "sketch")

    def __init__(self, geometry: Geometry, mode: str, sketch: Sketch) -> None:
        self.geometry = geometry
        self.mode = mode
        self.sketch = sketch
        self.number: int | None = None
        self.kept: tuple[slice, ...] | None = None
        if geometry.needs_padding and mode == "zeros":
            self._sketch_zeros()

    def _sketch_zeros(self) -> None:
        geometry = self.geometry
        self.number = self.sketch.array(geometry.batch, geometry.channels, *geometry.read)
        steps = [1]
        for size in reversed((geometry.channels, *geometry.read)):
            steps.insert(0, steps[0] * size)
        offset, shape, kept = inner_part(geometry)
        planes = (geometry.batch, geometry.channels)
        self.inside = self.sketch.view(self.number, (*planes, *shape), offset, tuple(steps))
        if shape != geometry.size:
            self.kept = (slice(None), slice(None), *kept)

    def read(self, data: Array, views: list[Array]) -> Array:
        """Return ``(batch, channels, *read)``, C-contiguous, of ``(batch, channels, *size)``."""
        if self.number is None:
            return padded(data, self.geometry, mode=self.mode)
        source = views[self.number]
        source.fill(0)
        np.copyto(views[self.inside], data if self.kept is None else data[self.kept])
        return source

    def view(self, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> "View":
        """Plan a view of what `read` returns, ``strides`` and ``offset`` in elements."""
        return View(self, shape, strides, offset)

    def windows(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Strides of samples and channels, of kernel cells, and of outputs, in elements."""
        geometry = self.geometry
        steps = [1]
        for size in reversed((geometry.channels, *geometry.read)):
            steps.insert(0, steps[0] * size)
        kernel = tuple(map(_times, steps[2:], geometry.dilation))
        return tuple(steps[:2]), kernel, tuple(map(_times, steps[2:], geometry.stride))


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


def _times(one: int, other: int) -> int:
    return one * other
