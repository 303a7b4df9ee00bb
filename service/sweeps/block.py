"""A block of rows: the columns cut to a size that stays in the cache, with their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from service.sweeps.columns import Column, Ints
    from service.sweeps.plan import Plan

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
    """All columns of a plan in one block of ``rows`` rows; equal axes are the same object."""

    rows: int
    axes: tuple[AxisPart, ...]
    channels: Part
    batch: Part
    filters: Part
    groups: Part


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
        self._arrays: list[Ints] = []
        self._parts: list[Part] = []
        """One for each array, with the rows of the latest block, then one for each number."""
        shared = plan.axes[-1] is plan.axes[0]
        axes = plan.axes[:1] if shared else plan.axes
        columns = [
            [
                axis.input,
                axis.kernel_size,
                axis.stride,
                axis.dilation,
                axis.before,
                axis.after,
                axis.output_padding,
            ]
            for axis in axes
        ]
        columns.append([plan.channels, plan.batch, plan.filters, plan.groups])
        every = [column for group in columns for column in group]
        arrays = {id(column): column for column in every if not isinstance(column, int)}
        self._arrays = list(arrays.values())
        numbers = sorted({column for column in every if isinstance(column, int)})
        self._parts = [Part(number, number, number) for number in numbers]
        places = {key: place for place, key in enumerate(arrays)}
        self._places = [
            [
                len(arrays) + numbers.index(column)
                if isinstance(column, int)
                else places[id(column)]
                for column in group
            ]
            for group in columns
        ]
        self._rank = len(plan.axes)

    def cut(self, start: int, stop: int) -> Block:
        """Cut the rows from ``start`` to ``stop`` out of all columns."""
        parts = [part_of(array[start:stop]) for array in self._arrays] + self._parts
        *axes, rest = [[parts[place] for place in places] for places in self._places]
        made = [AxisPart._make(axis) for axis in axes]
        return Block(
            stop - start, tuple(made if len(made) == self._rank else made * self._rank), *rest
        )
