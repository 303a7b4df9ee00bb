"""What grids of cells are dressed with: numbers of one size, indices, a legend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from service.figures.metrics import CAP_HEIGHT, text_width
from service.figures.model import Anchor, Element, Group, Rect, Segments, Text
from service.figures.palette import Role
from service.figures.parts import MARGIN, SMALLEST_TEXT, Grid, centred, number, short

__all__ = ["Entry", "Written", "columns", "every", "legend", "rows", "value", "written"]

INDEX_SIZE = 10.5
SWATCH = 16.0
LEGEND_SIZE = 12.5


class Written(NamedTuple):
    """The numbers of a grid as texts, and the one size in which all of them fit their cells."""

    texts: list[list[str]]
    size: float


def written(numbers: Sequence[Sequence[float]], cell: float) -> Written:
    """Numbers as texts for cells of this width: four digits, fewer where those are too long."""
    largest = text_size(cell)
    best = Written([], 0.0)
    for digits in (4, 3, 2):
        texts = [[short(value, digits) for value in row] for row in numbers]
        longest = max(text_width(text, largest) for row in texts for text in row)
        size = largest * min(1.0, 0.86 * cell / longest)
        if size > best.size:
            best = Written(texts, size)
        if best.size >= min(largest, SMALLEST_TEXT):
            break
    return best


def text_size(cell: float) -> float:
    """How large the numbers in a cell are at most."""
    return 0.4 * cell


def value(text: str, grid: Grid, row: int, column: int, size: float, role: Role = Role.INK) -> Text:
    """A text in the middle of a cell."""
    x, y = grid.corner(row + 0.5, column + 0.5)
    return centred(text, x, y, size, role)


def columns(grid: Grid, found: range, y: float) -> Group:
    """The numbers of the columns at this height."""
    return _indices(
        Text(
            grid.x + (index + 0.5) * grid.cell, y, number(column), INDEX_SIZE, Role.MUTED, "middle"
        )
        for index, column in enumerate(found)
        if column % every(grid) == 0
    )


def rows(grid: Grid, found: range, x: float, anchor: Anchor) -> Group:
    """The numbers of the rows at this x."""
    down = INDEX_SIZE * CAP_HEIGHT / 2
    return _indices(
        Text(
            x,
            grid.y + (index + 0.5) * grid.cell + down,
            number(row),
            INDEX_SIZE,
            Role.MUTED,
            anchor,
        )
        for index, row in enumerate(found)
        if row % every(grid) == 0
    )


def _indices(texts: Iterable[Text]) -> Group:
    return Group(tuple(texts), part="indices")


def every(grid: Grid) -> int:
    """Where cells are small only every fifth is numbered."""
    return 1 if grid.cell >= 24 else 5


class Entry(NamedTuple):
    """One colour of a legend and its meaning."""

    text: str
    fill: Role
    edge: Role = Role.GRID
    hatched: bool = False
    dashed: bool = False


def legend(entries: Iterable[Entry], y: float, width: float) -> tuple[list[Element], float]:
    """What the colours mean, in rows; and the y below."""
    elements: list[Element] = []
    x = MARGIN
    for text, fill, edge, hatched, dashed in entries:
        reach = SWATCH + 8 + text_width(text, LEGEND_SIZE)
        if x + reach > width - MARGIN:
            x, y = MARGIN, y + 1.6 * SWATCH
        swatch = Grid(x, y, 1, 1, SWATCH)
        dash = (3.0, 3.0) if dashed else None
        elements.append(Rect(x, y, SWATCH, SWATCH, fill, edge, dash=dash))
        if hatched:
            elements.append(Segments(tuple(swatch.hatch(0, 0)), Role.GRID))
        elements.append(Text(x + SWATCH + 8, y + 0.78 * SWATCH, text, LEGEND_SIZE, Role.MUTED))
        x += reach + 24
    return elements, y + SWATCH
