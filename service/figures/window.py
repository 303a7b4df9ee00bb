"""The kernel over its input: one step of a 1-d or 2-d convolution or pool, and what it makes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING

from service.figures.errors import FigureError
from service.figures.lanes import UNIT, Lane
from service.figures.metrics import CAP_HEIGHT, text_width
from service.figures.model import Anchor, Drawing, Element, Group, Rect, Segments, Text
from service.figures.palette import Role
from service.figures.parts import (
    LABEL_SIZE,
    MARGIN,
    SMALLEST_TEXT,
    TITLE_BOTTOM,
    Grid,
    centred,
    finish,
    number,
    paragraph,
)
from service.figures.reading import check_drawn, inferred, sizes, whole, word
from service.figures.scene import CellKind, Numbers, Scene

if TYPE_CHECKING:
    from service.shapes import Inference

MAX_CELLS = 24
GRID_SIZE = 456.0
LARGEST_CELL = 44.0
GAP = 96.0
GUTTER = 22.0
NARROWEST = 640.0
INDEX_SIZE = 10.5
SWATCH = 16.0
LEGEND_SIZE = 12.5
GROUNDS: Mapping[CellKind, Role] = MappingProxyType(
    {
        "input": Role.CELL,
        "unread": Role.CELL,
        "padding": Role.PADDING,
        "beyond": Role.PANEL,
    }
)


def window(
    *,
    input_shape: object,
    op: object = "conv2d",
    framework: object = "textbook",
    layout: object = None,
    step: object = 0,
    **layer: object,
) -> Drawing:
    """Draw a window from JSON: a layer's parameters in its framework's words, and ``step``."""
    inference = inferred(
        word(op, "/op"),
        sizes(input_shape, "/input_shape"),
        layer,
        framework=word(framework, "/framework"),
        layout=None if layout is None else word(layout, "/layout"),
    )
    return draw_window(inference, step)


def draw_window(inference: Inference, step: object = 0, numbers: Numbers | None = None) -> Drawing:
    """Draw the kernel over its input at the step-th output position, row after row, from 0.

    With ``numbers`` the cells of the input hold theirs, and those of the output so far.

    Shown are the cells of the input and of its padding, those that the kernel reads here, those
    that it never reads, and the output so far; below stands how the output's size comes about.

    Raises FigureError for layers without such a window, for 3-d ones, for more than 24 cells along
    an axis (the padding and what ceil_mode hangs over the end included) and for a step that there
    is not.
    """
    layer = inference.layer
    check_drawn(layer)
    if layer.rank > 2:
        raise FigureError(
            "rank_not_drawn",
            f"{layer.op} has {layer.rank} spatial axes; the picture has two.",
            "/op",
            "Draw a 1-d or 2-d convolution or pool.",
        )
    lanes = tuple(Lane(axis) for axis in inference.axes)
    for lane in lanes:
        if len(lane.cells) > MAX_CELLS:
            raise FigureError(
                "picture_too_large",
                f"The {lane.axis.axis} has {len(lane.cells)} cells, its padding included; the "
                f"picture has room for {MAX_CELLS}.",
                "/input_shape",
                f"Draw a smaller input, of at most {MAX_CELLS} cells along each axis.",
            )
    index = whole(step, "/step", 0, inference.positions - 1)
    vertical, horizontal = lanes if layer.rank == 2 else (UNIT, lanes[0])
    return _draw(Scene(inference, vertical, horizontal, index, numbers))


def _draw(scene: Scene) -> Drawing:
    source, result = _place(scene)
    titles = text_width(scene.output_title(), LABEL_SIZE, bold=True)
    right = max(source.right, result.right + GUTTER, result.x + titles, NARROWEST - MARGIN)
    width = right + MARGIN
    bottom = max(source.bottom, result.bottom + (40 if scene.layer.rank == 1 else 0))
    legend, y = _legend(scene, bottom + 26, width)
    formulas, y = paragraph(scene.formulas(), y + 14, width, mono=True)
    words, y = paragraph([scene.sentence()], y + 6, width, role=Role.MUTED)
    return finish(
        width,
        y + MARGIN - 8,
        scene.title(),
        " ".join([scene.sentence(), *scene.formulas()]),
        [
            *_input(scene, source),
            _output_cells(scene, result),
            _rays(scene, source, result),
            *_output_marks(scene, result),
            Group(tuple(legend), part="legend"),
            Group(tuple(formulas), part="formulas"),
            *words,
        ],
    )


def _place(scene: Scene) -> tuple[Grid, Grid]:
    """Input and output side by side, or under one another for a single row."""
    rows, columns = len(scene.vertical.cells), len(scene.horizontal.cells)
    results = (scene.vertical.axis.output, scene.horizontal.axis.output)
    x, y = MARGIN + GUTTER, TITLE_BOTTOM + 68
    if scene.layer.rank == 1:
        cell = min(LARGEST_CELL, 1.8 * GRID_SIZE / columns)
        source = Grid(x, y, 1, columns, cell)
        return source, Grid(x, source.bottom + 0.7 * GAP, *results, cell)
    cell = min(LARGEST_CELL, GRID_SIZE / max(rows, columns))
    source = Grid(x, y, rows, columns, cell)
    titled = x + text_width(scene.input_title(), LABEL_SIZE, bold=True)
    y += max(0.0, (source.height - results[0] * cell) / 2)
    return source, Grid(max(source.right, titled) + GAP, y, *results, cell)


def _input(scene: Scene, grid: Grid) -> list[Element]:
    """The input with its padding, and the kernel on it."""
    rows, columns = scene.vertical.cells, scene.horizontal.cells
    taps = scene.taps
    cells: list[Element] = []
    texts: list[Element] = []
    strokes: list[tuple[float, float, float, float]] = []
    for (i, row), (j, column) in product(enumerate(rows), enumerate(columns)):
        kind = scene.kind(row, column)
        fill = Role.KERNEL_TINT if (row, column) in taps else GROUNDS[kind]
        x, y = grid.corner(i, j)
        dash = (3.0, 3.0) if kind == "beyond" else None
        cells.append(Rect(x, y, grid.cell, grid.cell, fill, Role.GRID, dash=dash))
        if kind == "unread":
            strokes += grid.hatch(i, j)
        if scene.numbers is not None and kind in ("input", "unread"):
            texts.append(_value(scene.numbers.source[row][column], x, y, grid.cell))
        if kind == "padding" and scene.zeros and grid.cell >= SMALLEST_TEXT / 0.4:
            texts.append(
                centred("0", x + grid.cell / 2, y + grid.cell / 2, 0.4 * grid.cell, Role.MUTED)
            )
    if strokes:
        cells.append(Segments(tuple(strokes), Role.GRID))
    return [
        Text(grid.x, grid.y - 26, scene.input_title(), LABEL_SIZE, bold=True),
        Group((*cells, *texts), part="input"),
        _columns(grid, columns, grid.y - 6),
        *([] if scene.layer.rank == 1 else [_rows(grid, rows, grid.x - 6, "end")]),
        _frame(scene, grid),
    ]


def _output_cells(scene: Scene, grid: Grid) -> Group:
    """The output; the cells already made are tinted, and hold their numbers."""
    columns = scene.horizontal.axis.output
    cells = grid.paint(
        lambda row, column: Role.OUTPUT_TINT if row * columns + column <= scene.index else Role.CELL
    )
    if scene.numbers is not None:
        for index in range(scene.index + 1):
            row, column = divmod(index, columns)
            x, y = grid.corner(row, column)
            cells.append(_value(scene.numbers.result[row][column], x, y, grid.cell))
    return Group(tuple(cells), part="output")


def _value(text: str, x: float, y: float, cell: float) -> Element:
    """A number in its cell, as large as fits."""
    size = 0.4 * cell
    size *= min(1.0, 0.86 * cell / max(text_width(text, size), 1.0))
    return centred(text, x + cell / 2, y + cell / 2, size)


def _output_marks(scene: Scene, grid: Grid) -> list[Element]:
    """The frame of this step's cell, and what is written where few rays pass."""
    row = scene.layer.rank == 1
    y = grid.bottom + 38 if row else grid.y - 26
    title = Text(grid.x, y, scene.output_title(), LABEL_SIZE, Role.OUTPUT, bold=True)
    return [
        grid.frame(*scene.position, 1, 1, Role.OUTPUT),
        title,
        _columns(grid, range(grid.columns), grid.bottom + 16 if row else grid.y - 6),
        *([] if row else [_rows(grid, range(grid.rows), grid.right + 6, "start")]),
    ]


def _columns(grid: Grid, columns: range, y: float) -> Group:
    """The numbers of the columns at this height."""
    return Group(
        tuple(
            Text(
                grid.x + (index + 0.5) * grid.cell,
                y,
                number(column),
                INDEX_SIZE,
                Role.MUTED,
                "middle",
            )
            for index, column in enumerate(columns)
            if column % _every(grid) == 0
        ),
        part="indices",
    )


def _rows(grid: Grid, rows: range, x: float, anchor: Anchor) -> Group:
    """The numbers of the rows at this x."""
    return Group(
        tuple(
            Text(
                x,
                grid.y + (index + 0.5) * grid.cell + INDEX_SIZE * CAP_HEIGHT / 2,
                number(row),
                INDEX_SIZE,
                Role.MUTED,
                anchor,
            )
            for index, row in enumerate(rows)
            if row % _every(grid) == 0
        ),
        part="indices",
    )


def _every(grid: Grid) -> int:
    """Where cells are small only every fifth is numbered."""
    return 1 if grid.cell >= 24 else 5


def _frame(scene: Scene, grid: Grid) -> Rect:
    """The outline of the window, the cells between the taps of a dilated kernel included."""
    (top, left), (bottom, right) = min(scene.taps), max(scene.taps)
    row, column = top - scene.vertical.cells[0], left - scene.horizontal.cells[0]
    return grid.frame(row, column, bottom - top + 1, right - left + 1, Role.KERNEL)


def _rays(scene: Scene, source: Grid, result: Grid) -> Segments:
    """From the corners of the window to those of the output cell that it makes."""
    window = _frame(scene, source)
    cell = result.frame(*scene.position, 1, 1, Role.OUTPUT)
    if scene.layer.rank == 1:
        y1, y2 = window.y + window.height, cell.y
        ends = ((window.x, cell.x), (window.x + window.width, cell.x + cell.width))
        lines = tuple((x1, y1, x2, y2) for x1, x2 in ends)
    else:
        x1, x2 = window.x + window.width, cell.x
        heights = ((window.y, cell.y), (window.y + window.height, cell.y + cell.height))
        lines = tuple((x1, y1, x2, y2) for y1, y2 in heights)
    return Segments(lines, Role.KERNEL, 1.2, (4, 3))


def _legend(scene: Scene, y: float, width: float) -> tuple[list[Element], float]:
    """What the colours mean, for those that are in the picture; and the y below."""
    cells = product(scene.vertical.cells, scene.horizontal.cells)
    kinds = {scene.kind(row, column) for row, column in cells}
    entries: list[tuple[str, Role, Role, bool]] = [
        ("in the window", Role.KERNEL_TINT, Role.KERNEL, False),
        ("output so far", Role.OUTPUT_TINT, Role.OUTPUT, False),
    ]
    if "padding" in kinds:
        entries.append((scene.padding_words(), Role.PADDING, Role.GRID, False))
    if "beyond" in kinds:
        entries.append(("beyond the padding (ceil_mode)", Role.PANEL, Role.GRID, False))
    if "unread" in kinds:
        entries.append(("never read", Role.CELL, Role.GRID, True))
    elements: list[Element] = []
    x = MARGIN
    for text, fill, edge, hatched in entries:
        reach = SWATCH + 8 + text_width(text, LEGEND_SIZE)
        if x + reach > width - MARGIN:
            x, y = MARGIN, y + 1.6 * SWATCH
        swatch = Grid(x, y, 1, 1, SWATCH)
        dash = (3.0, 3.0) if fill is Role.PANEL else None
        elements.append(Rect(x, y, SWATCH, SWATCH, fill, edge, dash=dash))
        if hatched:
            elements.append(Segments(tuple(swatch.hatch(0, 0)), Role.GRID))
        elements.append(Text(x + SWATCH + 8, y + 0.78 * SWATCH, text, LEGEND_SIZE, Role.MUTED))
        x += reach + 24
    return elements, y + SWATCH
