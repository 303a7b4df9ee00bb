"""Memory that a thread keeps between runs, and the views that plans have laid over it.

A fresh array of a megabyte costs more in page faults than the copy that fills it, and a view costs
as much as a small product. So every thread has one buffer for all plans, and remembers which views
a plan makes of it; larger ones go from thread to thread. What one run leaves there is worth nothing
to the next.
"""

import threading
from math import prod
from typing import Any, Final

import numpy as np

from service.convolution.geometry import Array

__all__ = ["KEPT_BYTES", "MAX_SPARE", "MAX_VIEWS", "OWN_BYTES", "OWN_VIEWS", "Sketch"]
__all__ += ["clear_desk", "workspace"]

OWN_BYTES: Final = 2**19
"""The largest buffer that every thread has for itself."""

KEPT_BYTES: Final = 8 * 2**20
"""The largest buffer that is kept at all; what needs more gets it for one run."""

MAX_SPARE: Final = 2
"""How many large buffers wait for the next thread that needs one."""

MAX_VIEWS: Final = 4096
"""How many views of a large buffer are remembered."""

OWN_VIEWS: Final = 1024
"""How many of the buffer that every thread has: half a kilobyte each, in each of them."""

_LINE: Final = 64
"""Bytes of a cache line, at which every array begins."""


_Spec = tuple[tuple[int, ...], int, tuple[int, ...] | None]
"""Shape, offset and strides of a view, in bytes."""


class Sketch:
    """The arrays that a plan works in, and the views that it needs of them."""

    __slots__ = ("dtype", "known", "size", "views")

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.size = 0
        self.views: list[_Spec] = []
        self.known: dict[_Spec, int] = {}

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

        Returns its number, the same one for the same view.
        """
        item = self.dtype.itemsize
        steps = None if strides is None else tuple(step * item for step in strides)
        wanted = (shape, self.views[number][1] + offset * item, steps)
        known = self.known.setdefault(wanted, len(self.views))
        if known == len(self.views):
            self.views.append(wanted)
        return known

    def over(self, buffer: Array) -> list[Array]:
        """Lay all views over a buffer of bytes."""
        return [
            np.ndarray(shape, self.dtype, buffer, start, strides)
            for shape, start, strides in self.views
        ]


class _Desk:
    """A buffer, and at most ``limit`` views that plans have of it."""

    __slots__ = ("buffer", "count", "limit", "views")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.buffer: Array = np.empty(0, np.uint8)
        self.views: dict[Sketch, list[Array]] = {}
        self.count = 0

    def lay(self, sketch: Sketch) -> list[Array]:
        """The views of a sketch over the buffer, which grows if it must."""
        if sketch.size > self.buffer.size:
            self._forget()
            self.buffer = np.empty(sketch.size, np.uint8)
        views = sketch.over(self.buffer)
        if len(views) > self.limit - self.count:
            self._forget()
        if len(views) <= self.limit:
            self.views[sketch] = views
            self.count += len(views)
        return views

    def _forget(self) -> None:
        self.views.clear()
        self.count = 0


class _Desks(threading.local):
    """What one thread works at: a small desk of its own, and a large one while it needs one."""

    def __init__(self) -> None:
        self.own = _Desk(OWN_VIEWS)
        self.views = self.own.views
        self.large: _Desk | None = None


_DESKS: Final = _Desks()
_SPARE: Final[list[_Desk]] = []
"""Large desks that nobody works at; a list's pop and append need no lock."""


def workspace(sketch: Sketch) -> list[Array]:
    """Return the views of a sketch in this thread, with whatever was left in them."""
    views = _DESKS.views.get(sketch)
    return _laid_out(sketch) if views is None else views


def _laid_out(sketch: Sketch) -> list[Array]:
    sketch.known.clear()  # nothing is planned any more
    if sketch.size > KEPT_BYTES:
        return sketch.over(np.empty(sketch.size, np.uint8))
    if sketch.size <= OWN_BYTES:
        return _DESKS.own.lay(sketch)
    desk = _DESKS.large
    if desk is None:
        try:
            desk = _SPARE.pop()
        except IndexError:
            desk = _Desk(MAX_VIEWS)
        _DESKS.large = desk
    views = desk.views.get(sketch)
    return desk.lay(sketch) if views is None else views


def clear_desk() -> None:
    """Leave the large buffer of this thread, if it has one, to whoever needs one next.

    For servers with many threads, when a request is done: else each would keep one. What
    `workspace` returned is another's from then on.
    """
    desk = _DESKS.large
    if desk is not None:
        _DESKS.large = None
        if len(_SPARE) < MAX_SPARE:
            _SPARE.append(desk)
