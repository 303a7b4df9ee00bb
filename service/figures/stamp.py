"""A transposed convolution: each input cell puts its patch down on the output, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

from service.figures import cells
from service.figures.cells import Entry
from service.figures.model import Drawing, Element, Group, Rect, Segments, Text
from service.figures.palette import Role
from service.figures.steps import draw_step, marks, place, rays

if TYPE_CHECKING:
    from service.figures.parts import Grid
    from service.figures.scene import StampScene

__all__ = ["draw_stamp"]


def draw_stamp(scene: StampScene) -> Drawing:
    """Draw the step-th cell of the input with the patch that it puts down, and those before it.

    Around the output stands what the padding crops. Cells of several patches have a colour of their
    own; those that no patch ever reaches are hatched. With numbers each cell of the output holds
    what has been added up so far.
    """
    down, across = scene.vertical.cells, scene.horizontal.cells
    inputs = (scene.vertical.steps, scene.horizontal.steps)
    source, result = place(scene, inputs, (len(down), len(across)))
    (top, left), (bottom, right) = min(scene.taps), max(scene.taps)
    patch = result.frame(
        top - down[0],
        left - across[0],
        bottom - top + 1,
        right - left + 1,
        Role.KERNEL,
    )
    cell = source.frame(*scene.position, 1, 1, Role.KERNEL)
    return draw_step(
        scene,
        source,
        result,
        _legend(scene),
        [
            _input(scene, source),
            _output(scene, result),
            rays(scene, cell, patch),
            *marks(scene, source, range(inputs[1]), range(inputs[0]), output=False),
            *marks(scene, result, across, down, output=True),
            cell,
            patch,
        ],
    )


def _input(scene: StampScene, grid: Grid) -> Group:
    found = grid.paint(
        lambda row, column: Role.KERNEL_TINT if (row, column) == scene.position else Role.CELL
    )
    if scene.numbers:
        texts, size = cells.written(scene.numbers.source, grid.cell)
        found += [
            cells.value(texts[row][column], grid, row, column, size)
            for row, column in product(range(grid.rows), range(grid.columns))
        ]
    return Group(tuple(found), part="input")


def _output(scene: StampScene, grid: Grid) -> Group:
    """The output and what is cropped from it, with what has been added up in each cell."""
    reached, taps = scene.reached(), scene.taps
    found: list[Element] = []
    strokes: list[tuple[float, float, float, float]] = []
    for i, j, row, column in _cells(scene):
        kind = scene.kind(row, column)
        count = reached.get((row, column), 0)
        if (row, column) in taps:
            fill = Role.KERNEL_TINT
        elif kind == "padding":
            fill = Role.PANEL
        else:
            fill = (Role.CELL, Role.OUTPUT_TINT, Role.ACCENT_TINT)[min(count, 2)]
        x, y = grid.corner(i, j)
        dash = (3.0, 3.0) if kind == "padding" else None
        found.append(Rect(x, y, grid.cell, grid.cell, fill, Role.GRID, dash=dash))
        if kind == "unread":
            strokes += grid.hatch(i, j)
    if strokes:
        found.append(Segments(tuple(strokes), Role.GRID))
    return Group((*found, *_sums(scene, grid, reached)), part="output")


def _sums(scene: StampScene, grid: Grid, reached: dict[tuple[int, int], int]) -> Iterator[Text]:
    """What has been added up in the cells that a patch has reached, or that none ever will."""
    numbers = scene.numbers
    if numbers is None or scene.index not in numbers.partial:
        return
    # One size for all steps: that of the longest number that ever stands in a cell.
    stacked = [row for rows in numbers.partial.values() for row in rows]
    texts, size = cells.written(stacked, grid.cell)
    height = scene.vertical.size
    first = list(numbers.partial).index(scene.index) * height
    for i, j, row, column in _cells(scene):
        kind = scene.kind(row, column)
        if kind == "unread" or (kind == "input" and (row, column) in reached):
            yield cells.value(texts[first + row][column], grid, i, j, size)


def _cells(scene: StampScene) -> Iterator[tuple[int, int, int, int]]:
    """Row and column in the grid, and as they are counted from the output's first cell."""
    down, across = scene.vertical.cells, scene.horizontal.cells
    for (i, row), (j, column) in product(enumerate(down), enumerate(across)):
        yield i, j, row, column


def _legend(scene: StampScene) -> Iterator[Entry]:
    yield Entry("this patch", Role.KERNEL_TINT, Role.KERNEL)
    yield Entry("one patch so far", Role.OUTPUT_TINT, Role.OUTPUT)
    if scene.overlaps:
        yield Entry("several patches added up", Role.ACCENT_TINT, Role.ACCENT)
    if any(scene.kind(row, column) == "padding" for _, _, row, column in _cells(scene)):
        yield Entry("cropped", Role.PANEL, dashed=True)
    if scene.unread:
        yield Entry("reached by no patch", Role.CELL, hatched=True)
