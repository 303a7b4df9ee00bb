"""A sweep on its way: each block checked, computed and written to the results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.sweeps.block import AxisPart, Block, Cutter, Part, Workspace
from service.sweeps.checks import disarm, mark
from service.sweeps.costs import write_costs
from service.sweeps.operations import NUMBER
from service.sweeps.unread import unread_positions
from service.sweeps.windows import bound, output_sizes

if TYPE_CHECKING:
    from service.sweeps.columns import Column, Ints
    from service.sweeps.plan import Plan

__all__ = ["Run"]

_NARROW: Final = 2**31


class _Result:
    """One column of results: int32 until a number comes that needs 64 bits."""

    def __init__(self, rows: int, dtype: type[Any]) -> None:
        self.array: Ints = np.empty(rows, dtype)

    def target(self, start: int, stop: int, dtype: type[Any]) -> Ints | None:
        """Return the place of a block's rows, if numbers of ``dtype`` can be written there."""
        return self.array[start:stop] if self.array.dtype == dtype else None

    def put(self, start: int, stop: int, values: Ints) -> None:
        """Write the numbers of a block, unless they have been written to their :meth:`target`."""
        if values.base is self.array:
            return
        if values.dtype != self.array.dtype and values.max() >= _NARROW:
            self.array = self.array.astype(np.int64)
        self.array[start:stop] = values


class Run:
    """The plan of a sweep, what has been written, and what is used again for every block.

    ``code`` is the code of every row so far.
    """

    def __init__(self, plan: Plan, asked: tuple[str, ...]) -> None:
        rows, axes = plan.rows, plan.swept.axis_names
        self.code: Ints = np.zeros(rows, np.uint8)
        self._plan = plan
        self._cutter = Cutter(plan)
        self._work = Workspace(rows)
        self._clean: dict[tuple[tuple[int, int], ...], tuple[int, ...]] = {}
        """Bounds of columns that rule out every refusal, with the bounds of their axes."""
        self._axes = axes[: len({id(axis) for axis in plan.axes})]
        """The axes that differ."""
        self._outputs = {name: _Result(rows, np.int32) for name in self._axes if "output" in asked}
        self._unread = {name: _Result(rows, np.int64) for name in self._axes if "unread" in asked}
        costs = np.zeros if plan.swept.pools else np.empty
        self._costs = {name: costs(rows, np.int64) for name in asked if name in ("params", "macs")}

    def columns(self) -> dict[str, Ints]:
        """Name the results; an axis like the first shares its array."""
        found: dict[str, Ints] = {}
        names = self._plan.swept.axis_names
        every = names if len(self._axes) == len(names) else self._axes * len(names)
        for name, source in zip(names, every, strict=True):
            if self._outputs:
                found[f"output_{name}"] = self._outputs[source].array
        found |= self._costs
        for name, source in zip(names, every, strict=True):
            if self._unread:
                found[f"unread_{name}"] = self._unread[source].array
        return found

    def block(self, start: int, stop: int) -> None:
        """Work out the rows from ``start`` to ``stop``."""
        plan, code, late = self._plan, self.code[start:stop], self._plan.swept.late
        block = given = self._cutter.cut(start, stop)
        bounds = self._clean.get(given.bounds)
        suspected = bounds is None and mark(plan, given, plan.swept.checks, code)
        if suspected:
            block = disarm(given, code)
        if bounds is None:
            bounds = tuple([bound(plan, axis) for axis in block.axes[: len(self._axes)]])
            if not suspected and not late:
                self._clean[given.bounds] = bounds
        outputs, misfits = self._sizes(block, bounds, start, stop)
        if misfits is not None:
            np.copyto(code, NUMBER[plan.swept.misfit], where=misfits & (code == 0))
        suspected |= mark(plan, given, late, code)
        refused = code != 0 if suspected or misfits is not None else None
        if self._costs and not plan.swept.pools:
            refused = self._count(block, outputs, start, stop, refused)
        self._write(block, outputs, start, stop, refused)

    def _sizes(
        self, block: Block, bounds: tuple[int, ...], start: int, stop: int
    ) -> tuple[list[Column], Ints | None]:
        """Compute the output sizes of every axis that differs, and the rows that have none."""
        outputs: list[Column] = []
        misfits: Ints | None = None
        for name, axis, limit in zip(self._axes, block.axes, bounds, strict=False):
            dtype = np.int32 if limit < _NARROW else np.int64
            result = self._outputs.get(name)
            target = None if result is None else result.target(start, stop, dtype)
            if target is None:
                target = self._work.array(name, dtype, block.rows)
            cast = axis if block.dtype == dtype else _cast(axis, dtype, self._work)
            sizes = output_sizes(self._plan, cast, limit, self._work, target)
            outputs.append(sizes.output)
            if sizes.misfits is not None:
                misfits = sizes.misfits if misfits is None else misfits | sizes.misfits
        return outputs, misfits

    def _count(
        self, block: Block, outputs: list[Column], start: int, stop: int, refused: Ints | None
    ) -> Ints | None:
        """Write parameters and MACs, and refuse the rows in which they are too large."""
        arrays = {name: array[start:stop] for name, array in self._costs.items()}
        every = outputs if len(outputs) == len(block.axes) else outputs * len(block.axes)
        too_large = write_costs(self._plan, block, every, self._work, **arrays)
        if too_large is not None:
            code = self.code[start:stop]
            np.copyto(code, NUMBER["result_too_large"], where=too_large & (code == 0))
            refused = code != 0
        if refused is not None:
            for array in arrays.values():
                np.copyto(array, 0, where=refused)
        return refused

    def _write(
        self, block: Block, outputs: list[Column], start: int, stop: int, refused: Ints | None
    ) -> None:
        """Write what there is for each axis, with 0 in the rows that are refused."""
        for name, axis, output in zip(self._axes, block.axes, outputs, strict=False):
            if name in self._unread:
                unread = unread_positions(self._plan, axis, output, block.rows)
                if refused is not None:
                    np.copyto(unread, 0, where=refused)
                self._unread[name].put(start, stop, unread)
            if name in self._outputs:
                sizes = np.full(block.rows, output) if isinstance(output, int) else output
                if refused is not None:
                    np.copyto(sizes, 0, where=refused)
                self._outputs[name].put(start, stop, sizes)


def _cast(axis: AxisPart, dtype: type[Any], work: Workspace) -> AxisPart:
    """Make all arrays of an axis ones of ``dtype``."""

    def cast(name: str, part: Part) -> Part:
        if isinstance(part.values, int) or part.values.dtype == dtype:
            return part
        values = work.array(name, dtype, len(part.values))
        np.copyto(values, part.values, casting="unsafe")
        return part._replace(values=values)

    return AxisPart(*map(cast, axis._fields, axis))
