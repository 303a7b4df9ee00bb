"""Pools: what a box of cells comes to is what its lines come to, one axis after the other."""

from math import prod
from typing import Any, Final

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.plans.cost import Effort
from service.convolution.plans.source import inner_part
from service.convolution.plans.workspace import Sketch, workspace

__all__ = ["Boxes"]

_ELEMENTS: Final = 49_152
"""Cells worked on at a time: what is made of them stays in the cache of a core."""

_BUFFERS: Final = 4


class Boxes:
    """The cells of each window combined by ``ufunc``, for which ``fill`` changes nothing.

    A few maps at a time, with their padding, are one long row of numbers. The row is combined with
    itself, moved on by the cells of the window; what that gives across the ends of lines and
    between the windows is left behind. Numpy does so much faster than it skips. Runs of 1, 2, 4 and
    more cells are put together to as many as the kernel has, so a large one takes few steps.
    """

    @staticmethod
    def elements(geometry: Geometry) -> int:
        """How many numbers it works on, those of the padded input included."""
        return _BUFFERS * _maps(geometry) * prod(geometry.read)

    @staticmethod
    def effort(geometry: Geometry) -> Effort:
        """What it takes."""
        maps, cells = geometry.batch * geometry.channels, prod(geometry.read)
        moves = sum(2 * kernel.bit_length() - 2 for kernel in geometry.kernel)
        blocks = -(-maps // _maps(geometry))
        lines = maps * (geometry.padded_lines + prod(geometry.output[:-1]))
        return Effort(
            calls=8 + blocks * (2 + moves), runs=lines, moved=maps * cells * (2 + 2 * moves)
        )

    def __init__(
        self, ufunc: np.ufunc, fill: float, geometry: Geometry, dtype: np.dtype[Any]
    ) -> None:
        self.ufunc, self.fill = ufunc, fill
        maps, cells = geometry.batch * geometry.channels, prod(geometry.read)
        self.maps, self.result = (maps, *geometry.size), (maps, *geometry.output)
        self.shape = (geometry.batch, geometry.channels, *geometry.output)
        self.count = _maps(geometry)
        self.sketch = sketch = Sketch(dtype)
        self.buffers = [sketch.array(self.count * cells) for _ in range(_BUFFERS)]
        self.moves: list[tuple[int, int, int]] = []
        lines = [prod(geometry.read[axis + 1 :]) for axis in range(geometry.rank)]
        last = self.buffers[0]
        for kernel, dilation, line in zip(geometry.kernel, geometry.dilation, lines, strict=True):
            last = self._combine(last, kernel, dilation * line)
        steps = (cells, *(s * line for s, line in zip(geometry.stride, lines, strict=True)))
        self.outputs = sketch.view(last, (self.count, *geometry.output), strides=steps)
        offset, shape, kept = inner_part(geometry)
        self.inside = sketch.view(
            self.buffers[0], (self.count, *shape), offset, strides=(cells, *lines)
        )
        self.kept = (slice(None), *kept)

    def _combine(self, source: int, kernel: int, step: int) -> int:
        """Plan the runs of ``kernel`` cells, ``step`` numbers apart; returns where they will be."""
        run, width = source, 1
        total, covered = None, 0
        while True:
            if kernel & 1:
                if total is None:
                    total = run
                else:
                    total = self._move(total, run, covered * step, (total, run))
                covered += width
            kernel >>= 1
            if not kernel:
                return source if total is None else total
            run = self._move(run, run, width * step, (total, run))
            width *= 2

    def _move(self, one: int, other: int, by: int, kept: tuple[int | None, ...]) -> int:
        """Plan ``one`` combined with ``other`` moved on, in a buffer that is not ``kept``."""
        target = next(number for number in self.buffers[1:] if number not in kept)
        length = self.sketch.views[one][0][0] - by
        view = self.sketch.view
        first, second = view(one, (length,)), view(other, (length,), by)
        self.moves.append((first, second, view(target, (length,))))
        return target

    def __call__(self, data: Array) -> Array:
        """Reduce ``(batch, channels, *size)`` to ``(batch, channels, *output)``, C-contiguous."""
        views, ufunc = workspace(self.sketch), self.ufunc
        maps = data.reshape(self.maps)
        result = np.empty(self.result, self.sketch.dtype)
        views[self.buffers[0]].fill(self.fill)
        inside, outputs = views[self.inside], views[self.outputs]
        moves = [(views[one], views[other], views[target]) for one, other, target in self.moves]
        with np.errstate(all="ignore"):  # what is left behind may be anything
            for start in range(0, len(maps), self.count):
                some = maps[start : start + self.count]
                np.copyto(inside[: len(some)], some[self.kept])
                for one, other, target in moves:
                    ufunc(one, other, out=target)
                np.copyto(result[start : start + len(some)], outputs[: len(some)])
        return result.reshape(self.shape)


def _maps(geometry: Geometry) -> int:
    """How many maps are worked on at a time."""
    maps = geometry.batch * geometry.channels
    return max(1, min(maps, _ELEMENTS // max(1, prod(geometry.read))))
