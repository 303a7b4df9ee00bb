"""A million layers at once: columns in, columns out, block by block."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.shapes import UnknownError
from service.shapes.dialects.refusals import refuse_type, suggestion
from service.sweeps.block import BLOCK, AxisPart, Block, Cutter, Part, Workspace
from service.sweeps.checks import disarm, mark
from service.sweeps.costs import write_costs
from service.sweeps.operations import CODES, NUMBER, find
from service.sweeps.plan import Plan, read_plan
from service.sweeps.unread import unread_positions
from service.sweeps.windows import bound, output_sizes

if TYPE_CHECKING:
    from service.sweeps.columns import Column, Ints

__all__ = ["RESULTS", "Sweep", "sweep"]

RESULTS: Final = ("output", "params", "macs", "unread")
"""What can be asked for."""

_NARROW: Final = 2**31


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What became of the rows of a sweep.

    ``code`` has a number for each row, which :data:`CODES` names: 0 where there is such a layer;
    elsewhere the row is 0 in every result. ``results`` are the columns that were asked for:
    ``output_height``, ``output_width``, ... (one for each spatial axis), ``params``, ``macs`` and
    ``unread_height``, ... Axes that were given no columns of their own share one array.
    """

    framework: str
    op: str
    rows: int
    code: Ints
    results: Mapping[str, Ints]

    @property
    def refused(self) -> dict[str, int]:
        """How many rows were refused, by the name of the code, the most frequent first."""
        counts = np.bincount(self.code, minlength=len(CODES)).tolist()
        found = [(count, name) for count, name in zip(counts, CODES, strict=True) if count]
        return {name: count for count, name in sorted(found, reverse=True) if name != CODES[0]}


def sweep(
    op: str,
    columns: Mapping[str, object],
    framework: str = "textbook",
    results: Collection[str] | None = None,
) -> Sweep:
    """Infer one layer for every row of ``columns``.

    Columns are whole numbers, lists or integer arrays; a number stands for all rows. ``input`` is
    the size along every spatial axis, ``channels`` and ``batch`` are the rest of the input's shape,
    and the others are the operation's own: ``kernel_size``, ``stride``, ``dilation``, ``padding``
    (pixels on both sides, or a rule for all rows; the textbook takes ``padding_before`` and
    ``padding_after`` too), ``output_padding``, ``filters`` (in PyTorch ``out_channels``),
    ``groups``, and the flags ``bias`` and ``ceil_mode`` for all rows. What belongs to an axis may
    be given for each: ``kernel_size_height`` and ``kernel_size_width``.

    ``results`` are some of :data:`RESULTS`; if left out, all but ``unread``, and of pools, which
    have no parameters, only ``output``. Every row is what :func:`service.shapes.read_layer` and
    :func:`service.shapes.infer` make of it, refusals included; an impossible row spoils no other.
    Besides the columns and the results, memory is needed for a block of rows only. Raises
    ShapeError for columns that are none: unknown names, wrong types, unequal lengths, too many.
    """
    swept = find(framework, op)
    asked = _asked(results, ("output",) if swept.pools else RESULTS[:3])
    plan = read_plan(swept, columns)
    rows = plan.rows
    run = _Run(plan, asked)
    for start in range(0, rows, BLOCK):
        run.block(start, min(start + BLOCK, rows))
    return Sweep(framework, op, rows, run.code, run.columns())


def _asked(results: Collection[str] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    if results is None:
        return default
    if isinstance(results, str) or not isinstance(results, Collection):
        refuse_type(results, "/results", f"a list of {', '.join(RESULTS)}")
    for index, name in enumerate(results):
        if name not in RESULTS:
            raise UnknownError(
                "unknown_result",
                f"A sweep has no result `{str(name)[:64]}`.",
                pointer=f"/results/{index}",
                hint=suggestion(str(name), RESULTS, "results"),
            )
    return tuple(name for name in RESULTS if name in results)


class _Result:
    """One column of results: int32 until a number comes that needs 64 bits."""

    def __init__(self, rows: int, dtype: type[Any]) -> None:
        self.array: Ints = np.empty(rows, dtype)

    def target(self, start: int, stop: int, dtype: type[Any]) -> Ints | None:
        """Return the place of a block's rows, if numbers of ``dtype`` can be written there."""
        return self.array[start:stop] if self.array.dtype == dtype else None

    def put(self, start: int, stop: int, values: Column) -> None:
        """Write the numbers of a block, unless they have been written to their :meth:`target`."""
        if not isinstance(values, int) and values.base is self.array:
            return
        if self.array.dtype == np.int32:
            wide = isinstance(values, int) or values.dtype == np.int64
            if wide and np.max(values) >= _NARROW:
                self.array = self.array.astype(np.int64)
        self.array[start:stop] = values


class _Run:
    """A sweep on its way: the plan, what has been written, and what is used again and again."""

    def __init__(self, plan: Plan, asked: tuple[str, ...]) -> None:
        rows = plan.rows
        self.plan = plan
        self.code: Ints = np.zeros(rows, np.uint8)
        self.work = Workspace(rows)
        self.cutter = Cutter(plan)
        self.axes = len({id(axis) for axis in plan.axes})
        self.results: dict[str, _Result] = {}
        for name in asked:
            for key in self._keys(name):
                self.results[key] = _Result(rows, np.int32 if name == "output" else np.int64)

    def _keys(self, name: str) -> list[str]:
        """Name the arrays of a result: one for each axis that differs."""
        if name in ("params", "macs"):
            return [name]
        return [f"{name}_{axis}" for axis in self.plan.swept.axis_names[: self.axes]]

    def columns(self) -> dict[str, Ints]:
        """Name the results; an axis like the first shares its array."""
        found: dict[str, Ints] = {}
        for key, result in self.results.items():
            found[key] = result.array
            name = key.rpartition("_")[0]
            if name and self.axes == 1:
                for other in self.plan.swept.axis_names:
                    found[f"{name}_{other}"] = result.array
        return found

    def block(self, start: int, stop: int) -> None:
        """Work out the rows from ``start`` to ``stop``."""
        plan, code = self.plan, self.code[start:stop]
        block = self.cutter.cut(start, stop)
        suspected = mark(plan, block, plan.swept.checks, code)
        work = disarm(block, code) if suspected else block
        outputs, misfits = self._outputs(work, start, stop)
        if misfits is not None:
            np.copyto(code, NUMBER[plan.swept.misfit], where=misfits & (code == 0))
        suspected |= mark(plan, block, plan.swept.late, code)
        refused = code != 0 if suspected or misfits is not None else None
        refused = self._costs(work, outputs, start, stop, refused)
        for name, axis, output in zip(plan.swept.axis_names, work.axes, outputs, strict=False):
            self._put(f"output_{name}", start, stop, output, refused)
            if f"unread_{name}" in self.results:
                unread = unread_positions(plan, axis, output, block.rows)
                self._put(f"unread_{name}", start, stop, unread, refused)

    def _put(self, name: str, start: int, stop: int, values: Column, refused: Ints | None) -> None:
        """Write one result of a block, if it was asked for."""
        result = self.results.get(name)
        if result is None:
            return
        if refused is not None:
            if isinstance(values, int):
                values = np.full(stop - start, values, np.int64)
            np.copyto(values, 0, where=refused)
        result.put(start, stop, values)

    def _outputs(self, block: Block, start: int, stop: int) -> tuple[list[Column], Ints | None]:
        """Compute the output sizes of every axis that differs, and the rows that have none."""
        outputs: list[Column] = []
        misfits: Ints | None = None
        for name, axis in zip(self._keys("output"), block.axes, strict=False):
            dtype = np.int32 if bound(self.plan, axis) < _NARROW else np.int64
            result = self.results.get(name)
            target = None if result is None else result.target(start, stop, dtype)
            if target is None:
                target = self.work.array(name, dtype, block.rows)
            cast = _cast(axis, dtype, self.work)
            sizes = output_sizes(self.plan, cast, block.rows, dtype, self.work, target)
            outputs.append(sizes.output)
            if sizes.misfits is not None:
                misfits = sizes.misfits if misfits is None else misfits | sizes.misfits
        return outputs, misfits

    def _costs(
        self,
        block: Block,
        outputs: list[Column],
        start: int,
        stop: int,
        refused: Ints | None,
    ) -> Ints | None:
        """Write parameters and MACs, and refuse the rows in which they are too large."""
        arrays = {
            name: self.results[name].array[start:stop]
            for name in ("params", "macs")
            if name in self.results
        }
        if self.plan.swept.pools:
            for array in arrays.values():
                array[:] = 0
            return refused
        every = outputs * len(block.axes) if self.axes == 1 else outputs
        too_large = write_costs(self.plan, block, every, self.work, **arrays)
        if too_large is not None:
            code = self.code[start:stop]
            np.copyto(code, NUMBER["result_too_large"], where=too_large & (code == 0))
            refused = code != 0
        if refused is not None:
            for array in arrays.values():
                np.copyto(array, 0, where=refused)
        return refused


def _cast(axis: AxisPart, dtype: type[Any], work: Workspace) -> AxisPart:
    """Make all arrays of an axis ones of ``dtype``."""

    if all(isinstance(part.values, int) or part.values.dtype == dtype for part in axis):
        return axis

    def cast(name: str, part: Part) -> Part:
        if isinstance(part.values, int) or part.values.dtype == dtype:
            return part
        values = work.array(name, dtype, len(part.values))
        np.copyto(values, part.values, casting="unsafe")
        return part._replace(values=values)

    return AxisPart(*map(cast, axis._fields, axis))
