"""What the pictures of one step share: two grids, the rays between them, the words below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from service.figures import cells
from service.figures.metrics import text_width
from service.figures.model import Drawing, Element, Group, Rect, Segments, Text
from service.figures.palette import Role
from service.figures.parts import LABEL_SIZE, MARGIN, TITLE_BOTTOM, Grid, finish, paragraph

if TYPE_CHECKING:
    from service.figures.scene import Scene

__all__ = ["NARROWEST", "draw_step", "marks", "place", "rays"]

GRID_SIZE = 456.0
LARGEST_CELL = 44.0
GAP = 96.0
GUTTER = 22.0
NARROWEST = 640.0


def place(scene: Scene, left: tuple[int, int], right: tuple[int, int]) -> tuple[Grid, Grid]:
    """Two grids of so many rows and columns, of one size of cell.

    Side by side, or under one another where both are single rows.
    """
    x, y = MARGIN + GUTTER, TITLE_BOTTOM + 68
    if scene.layer.rank == 1:
        cell = min(LARGEST_CELL, 1.8 * GRID_SIZE / max(left[1], right[1]))
        first = Grid(x, y, *left, cell)
        return first, Grid(x, first.bottom + 0.7 * GAP, *right, cell)
    cell = min(LARGEST_CELL, GRID_SIZE / max(*left, *right))
    heights = left[0] * cell, right[0] * cell
    first = Grid(x, y + max(0.0, (heights[1] - heights[0]) / 2), *left, cell)
    titled = x + text_width(scene.input_title(), LABEL_SIZE, bold=True)
    down = max(0.0, (heights[0] - heights[1]) / 2)
    return first, Grid(max(first.right, titled) + GAP, y + down, *right, cell)


def marks(scene: Scene, grid: Grid, across: range, down: range, *, output: bool) -> list[Element]:
    """The title of a grid and the numbers of its rows and columns, where few rays pass."""
    flat = scene.layer.rank == 1
    below = output and flat
    y = grid.bottom + 38 if below else grid.y - 26
    role = Role.OUTPUT if output else Role.INK
    words = scene.output_title() if output else scene.input_title()
    found: list[Element] = [
        Text(grid.x, y, words, LABEL_SIZE, role, bold=True),
        cells.columns(grid, across, grid.bottom + 16 if below else grid.y - 6),
    ]
    if not flat and output:
        found.append(cells.rows(grid, down, grid.right + 6, "start"))
    elif not flat:
        found.append(cells.rows(grid, down, grid.x - 6, "end"))
    return found


def rays(scene: Scene, start: Rect, end: Rect) -> Segments:
    """From the corners of one frame to those of the other."""
    if scene.layer.rank == 1:
        y1, y2 = start.y + start.height, end.y
        ends = ((start.x, end.x), (start.x + start.width, end.x + end.width))
        lines = tuple((x1, y1, x2, y2) for x1, x2 in ends)
    else:
        x1, x2 = start.x + start.width, end.x
        heights = ((start.y, end.y), (start.y + start.height, end.y + end.height))
        lines = tuple((x1, y1, x2, y2) for y1, y2 in heights)
    return Segments(lines, Role.KERNEL, 1.2, (4, 3))


def draw_step(
    scene: Scene,
    source: Grid,
    result: Grid,
    entries: Iterable[cells.Entry],
    elements: Iterable[Element],
) -> Drawing:
    """The elements with the legend and the words below them."""
    titles = text_width(scene.output_title(), LABEL_SIZE, bold=True)
    right = max(source.right, result.right + GUTTER, result.x + titles, NARROWEST - MARGIN)
    width = right + MARGIN
    y = max(source.bottom, result.bottom + (40 if scene.layer.rank == 1 else 0)) + 26
    legend, y = cells.legend(entries, y, width)
    sums, formulas = scene.sums(), scene.formulas()
    lines, y = paragraph([*sums, *formulas], y + 14, width, mono=True)
    words, y = paragraph([scene.sentence()], y + 6, width, role=Role.MUTED)
    return finish(
        width,
        y + MARGIN - 8,
        scene.title(),
        " ".join([scene.sentence(), *sums, *formulas]),
        [
            *elements,
            Group(tuple(legend), part="legend"),
            Group(tuple(lines), part="formulas"),
            *words,
        ],
    )
