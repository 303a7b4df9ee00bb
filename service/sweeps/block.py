"""A block of rows: the columns cut to a size that stays in the cache, with their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from service.sweeps.columns import Column, Ints
    from service.sweeps.plan import AxisColumns, Plan

__all__ = ["BLOCK", "AxisPart", "Block", "Cutter", "Part", "Workspace", "part_of"]

BLOCK: Final = 65_536
"""Rows that are worked on at a time: 256 kB for each array of int32."""


class Part(NamedTuple):
    """The rows of one column in a block, and the least and the largest number among them."""

    values: Column
    least: int
    most: int


class AxisPart(NamedTuple):
    """The columns of one spatial axis in a block."""

    input: Part
    kernel_size: Part
    stride: Part
    dilation: Part
    before: Part
    after: Part
    output_padding: Part


class Block(NamedTuple):
    """All columns of a plan in one block of ``rows`` rows; equal axes are the same object.

    ``bounds`` are those of its arrays, in no particular order, and ``dtype`` is what all of the
    arrays have (None if they differ).
    """

    rows: int
    axes: tuple[AxisPart, ...]
    channels: Part
    batch: Part
    filters: Part
    groups: Part
    bounds: tuple[tuple[int, int], ...] = ()
    dtype: np.dtype[Any] | None = None


class Workspace:
    """Arrays that are used again for every block, by name and dtype."""

    def __init__(self, rows: int) -> None:
        self._rows = min(rows, BLOCK)
        self._arrays: dict[tuple[str, type], Ints] = {}

    def array(self, name: str, dtype: type[Any], rows: int) -> Ints:
        """Return the first ``rows`` entries of an array, with whatever is in them."""
        found = self._arrays.get((name, dtype))
        if found is None:
            found = self._arrays[name, dtype] = np.empty(self._rows, dtype)
        return found[:rows]

    def like(self, name: str, other: Ints) -> Ints:
        """Return an array of the dtype and length of another."""
        return self.array(name, other.dtype.type, len(other))


def part_of(values: Column) -> Part:
    """Bound a column, which has at least one row."""
    if isinstance(values, int):
        return Part(values, values, values)
    return Part(values, int(_least(values)), int(_most(values)))


_least = np.minimum.reduce
_most = np.maximum.reduce


class Cutter:
    """A plan whose columns have been sorted for cutting: each array is cut and bounded once."""

    def __init__(self, plan: Plan) -> None:
        shared = plan.axes[-1] is plan.axes[0]
        groups = [_by_part(axis) for axis in (plan.axes[:1] if shared else plan.axes)]
        groups.append([plan.channels, plan.batch, plan.filters, plan.groups])
        every = [column for group in groups for column in group]
        arrays = {id(column): column for column in every if not isinstance(column, int)}
        numbers = sorted({column for column in every if isinstance(column, int)})
        places = {key: place for place, key in enumerate(arrays)}
        more = {number: len(arrays) + place for place, number in enumerate(numbers)}
        self._arrays: list[Ints] = list(arrays.values())
        self._numbers = list(map(part_of, numbers))
        self._places = [
            [more[column] if isinstance(column, int) else places[id(column)] for column in group]
            for group in groups
        ]
        self._times = len(plan.axes) if shared else 1
        dtypes = {array.dtype for array in self._arrays}
        self._dtype = dtypes.pop() if len(dtypes) == 1 else None

    def cut(self, start: int, stop: int) -> Block:
        """Cut the rows from ``start`` to ``stop`` out of all columns."""
        cuts = [part_of(array[start:stop]) for array in self._arrays]
        parts = cuts + self._numbers
        *axes, rest = [[parts[place] for place in places] for places in self._places]
        channels, batch, filters, groups = rest
        bounds = tuple([(least, most) for _, least, most in cuts])
        made = tuple(map(AxisPart._make, axes)) * self._times
        return Block(stop - start, made, channels, batch, filters, groups, bounds, self._dtype)


def _by_part(axis: AxisColumns) -> list[Column]:
    """List the columns of an axis in the order of AxisPart."""
    return [
        axis.input,
        axis.kernel_size,
        axis.stride,
        axis.dilation,
        axis.before,
        axis.after,
        axis.output_padding,
    ]
