"""A million layers at once: columns in, columns out, block by block."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from service.shapes import UnknownError
from service.shapes.dialects.refusals import refuse_type, suggestion
from service.steps import Tell, tell_nobody
from service.sweeps.block import BLOCK
from service.sweeps.operations import CODES, find
from service.sweeps.plan import read_plan
from service.sweeps.run import Run

if TYPE_CHECKING:
    from service.sweeps.columns import Ints

__all__ = ["RESULTS", "Sweep", "sweep"]

RESULTS: Final = ("output", "params", "macs", "unread")
"""What can be asked for."""


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
    *,
    tell: Tell = tell_nobody,
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
    run = Run(plan, asked)
    for start in range(0, plan.rows, BLOCK):
        tell(start, plan.rows)
        run.block(start, min(start + BLOCK, plan.rows))
    return Sweep(framework, op, plan.rows, run.code, run.columns())


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
