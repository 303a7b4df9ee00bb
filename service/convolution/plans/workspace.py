"""Memory that a thread keeps between runs, and the views that plans have laid over it.

A fresh array of a megabyte costs more in page faults than the copy that fills it, and a view costs
as much as a small product. So every thread has one buffer for all plans, and remembers which views
a plan makes of it. What one run leaves there is worth nothing to the next.
"""

import threading
from math import prod
from typing import Any, Final

import numpy as np

from service.convolution.geometry import Array

__all__ = ["KEPT_BYTES", "MAX_VIEWS", "Sketch", "workspace"]

KEPT_BYTES: Final = 8 * 2**20
"""The largest buffer that a thread keeps; what needs more gets it for one run."""

MAX_VIEWS: Final = 8192
"""How many views a thread remembers."""

_LINE: Final = 64
"""Bytes of a cache line, at which every array begins."""


class Sketch:
    """The arrays that a plan works in, and the views that it needs of them."""

    __slots__ = ("dtype", "size", "views")

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.size = 0
        self.views: list[tuple[tuple[int, ...], int, tuple[int, ...] | None]] = []

    def array(self, *shape: int) -> int:
        """Ask for an array; returns its number."""
        start = self.size
        self.size += -(-prod(shape) * self.dtype.itemsize // _LINE) * _LINE
        self.views.append((shape, start, None))
        return len(self.views) - 1

    def view(
        self,
        number: int,
        shape: tuple[int, ...],
        offset: int = 0,
        strides: tuple[int, ...] | None = None,
    ) -> int:
        """Ask for another view of an array, ``offset`` and ``strides`` in elements.

        Returns its number.
        """
        item = self.dtype.itemsize
        steps = None if strides is None else tuple(step * item for step in strides)
        self.views.append((shape, self.views[number][1] + offset * item, steps))
        return len(self.views) - 1

    def over(self, buffer: Array) -> list[Array]:
        """Lay all views over a buffer of bytes."""
        return [
            np.ndarray(shape, self.dtype, buffer, start, strides)
            for shape, start, strides in self.views
        ]


class _Kept(threading.local):
    """What one thread keeps."""

    def __init__(self) -> None:
        self.buffer: Array = np.empty(0, np.uint8)
        self.views: dict[Sketch, list[Array]] = {}
        self.count = 0

    def forget(self) -> None:
        """Drop all views."""
        self.views.clear()
        self.count = 0


_KEPT = _Kept()


def workspace(sketch: Sketch) -> list[Array]:
    """Return the views of a sketch in this thread, with whatever was left in them."""
    views = _KEPT.views.get(sketch)
    return _laid_out(sketch) if views is None else views


def _laid_out(sketch: Sketch) -> list[Array]:
    if sketch.size > KEPT_BYTES:
        return sketch.over(np.empty(sketch.size, np.uint8))
    kept = _KEPT
    if sketch.size > kept.buffer.size:
        kept.forget()
        kept.buffer = np.empty(sketch.size, np.uint8)
    views = sketch.over(kept.buffer)
    if len(views) > MAX_VIEWS - kept.count:
        kept.forget()
    if len(views) <= MAX_VIEWS:
        kept.views[sketch] = views
        kept.count += len(views)
    return views
