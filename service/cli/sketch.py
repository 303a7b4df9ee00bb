"""Pictures in characters: windows along one axis, and tables of numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from service.quiz.templates import Problem
    from service.shapes.results import Axis

__all__ = ["ASCII", "UNICODE", "Marks", "after", "before"]

_WIDEST: Final = 72
_SLIDING: Final = frozenset({"conv", "max_pool", "avg_pool"})


class Marks(NamedTuple):
    """How cells are drawn: of the input, in the window, padding, padding in the window."""

    cell: str
    window: str
    padding: str
    window_on_padding: str

    def legend(self, axis: Axis) -> str:
        """What the marks on a picture of this axis mean."""
        padding = f"   {self.padding} padding" if any(axis.padding) else ""
        return f"   {self.cell} input   {self.window} window{padding}"


UNICODE: Final = Marks("□", "■", "·", "▪")
ASCII: Final = Marks("o", "#", ".", "+")


def before(problem: Problem, marks: Marks) -> list[str]:
    """What may be seen before it is answered: the first two windows, or the tables as asked."""
    axis = _axis(problem)
    if axis is not None:
        return [*_strips(axis, range(min(2, axis.output)), marks), marks.legend(axis)]
    return _tables(problem, frozenset())


def after(problem: Problem, marks: Marks) -> list[str]:
    """What may be seen once it is answered: the first and the last window, or the one asked for."""
    axis = _axis(problem)
    if axis is not None:
        return [*_strips(axis, sorted({0, axis.output - 1}), marks), marks.legend(axis)]
    asked = _asked(problem)
    return _tables(problem, asked) if asked else []


def _axis(problem: Problem) -> Axis | None:
    """The axis to draw: the one asked for, else the first; None where none can be drawn."""
    found = problem.inference
    if found is None or found.layer.kind not in _SLIDING or not found.axes:
        return None
    axis = next((one for one in found.axes if one.axis == problem.quantity), found.axes[0])
    return axis if sum(axis.padding) + axis.input <= _WIDEST else None


def _strips(axis: Axis, windows: Collection[int], marks: Marks) -> list[str]:
    first, end = -axis.padding[0], axis.input + axis.padding[1]
    lines = []
    for window in windows:
        start = first + window * axis.stride
        covered = {start + axis.dilation * tap for tap in range(axis.kernel_size)}
        cells = []
        for place in range(first, end):
            padded = not 0 <= place < axis.input
            on, off = (
                (marks.window_on_padding, marks.padding) if padded else (marks.window, marks.cell)
            )
            cells.append(on if place in covered else off)
        lines.append(f"   {''.join(cells)}   window {window}")
    return lines


def _tables(problem: Problem, marked: Collection[tuple[int, int]]) -> list[str]:
    request = problem.request or {}
    lines = []
    for name in ("input", "weight") if "trace" in request else ("input",):  # else it is the key
        if isinstance(table := request.get(name), list):
            lines += [f"   {name}", *_table(table, marked if name == "input" else frozenset())]
    return lines


def _table(rows: Sequence[Sequence[float]], marked: Collection[tuple[int, int]]) -> list[str]:
    width = max(len(f"{value}") for row in rows for value in row)
    return [
        "   "
        + "".join(
            f"[{value:>{width}}]" if (y, x) in marked else f" {value:>{width}} "
            for x, value in enumerate(row)
        )
        for y, row in enumerate(rows)
    ]


def _asked(problem: Problem) -> frozenset[tuple[int, int]]:
    """The cells under the window that a question on one cell is about."""
    request: Mapping[str, Any] = problem.request or {}
    if "trace" not in request:
        return frozenset()
    ((row, column),) = request["trace"]["positions"]
    stride, padding = request.get("stride", 1), request.get("padding", 0)
    height, width = len(request["weight"]), len(request["weight"][0])
    top, left = row * stride - padding, column * stride - padding
    return frozenset((top + y, left + x) for y in range(height) for x in range(width))
