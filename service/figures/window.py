"""The kernel over its input: one step of a 1-d or 2-d convolution or pool, and what it makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING

from service.figures import cells
from service.figures.cells import Entry
from service.figures.errors import FigureError
from service.figures.lanes import UNIT, lanes
from service.figures.model import Drawing, Element, Group, Rect, Segments
from service.figures.palette import Role
from service.figures.parts import MARGIN, SMALLEST_TEXT, Grid, finish, paragraph
from service.figures.reading import DRAWN, inferred, not_drawn, sizes, whole, word
from service.figures.scene import CellKind, Numbers, Scene, StampScene
from service.figures.stamp import draw_stamp
from service.figures.steps import NARROWEST, draw_step, marks, place, rays

if TYPE_CHECKING:
    from service.shapes import Inference

MAX_CELLS = 24
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
        kinds=DRAWN,
    )
    return draw_window(inference, step)


def draw_window(inference: Inference, step: object = 0, numbers: Numbers | None = None) -> Drawing:
    """Draw the kernel over its input at the step-th output position, row after row, from 0.

    With ``numbers`` the cells of the input hold theirs, and those of the output so far; the sum of
    the step stands below.

    Shown are the cells of the input and of its padding, those that the kernel reads here, those
    that it never reads, and the output so far; below stands how the output's size comes about. The
    steps of a transposed convolution are the cells of its input, see `draw_stamp`.

    Raises FigureError for layers without such a window, for 3-d ones, for more than 24 cells along
    an axis (the padding and what ceil_mode hangs over the end included) and for a step that there
    is not.
    """
    error = unfit(inference)
    if error:
        raise error
    layer, axes = inference.layer, lanes(inference)
    index = whole(step, "/step", 0, inference.positions - 1)
    vertical, horizontal = axes if layer.rank == 2 else (UNIT, axes[0])
    if layer.kind == "conv_transpose":
        return draw_stamp(StampScene(inference, vertical, horizontal, index, numbers))
    return _draw(Scene(inference, vertical, horizontal, index, numbers))


def draw_input(inference: Inference) -> Drawing:
    """Draw the first window over the input and its padding, and nothing of what it makes.

    It is for whoever is to work that out: no size of the output, no cell that is never read.
    Raises FigureError as `draw_window` does, and for a transposed convolution, which has no window
    over its input.
    """
    error = unfit(inference)
    if error or inference.layer.kind == "conv_transpose":
        raise error or not_drawn(inference.layer)
    layer, axes = inference.layer, lanes(inference)
    vertical, horizontal = axes if layer.rank == 2 else (UNIT, axes[0])
    scene = Scene(inference, vertical, horizontal, 0)
    down, across = vertical.cells, horizontal.cells
    grid, _ = place(scene, (len(down), len(across)), (1, 1))
    width = max(grid.right, NARROWEST - MARGIN) + MARGIN
    entries = [one for one in _legend(scene) if one.fill in (Role.KERNEL_TINT, Role.PADDING)]
    legend, y = cells.legend(entries, grid.bottom + 26, width)
    size = "×".join(str(axis.input) for axis in inference.axes)
    kernel = "×".join(str(axis.kernel_size) for axis in inference.axes)
    words = f"An input of {size} cells, and on it the first window, of {kernel}."
    lines, y = paragraph([words], y + 14, width, role=Role.MUTED)
    elements: list[Element] = [
        _input(scene, grid, tell=False),
        *marks(scene, grid, across, down, output=False),
        _frame(scene, grid),
        Group(tuple(legend), part="legend"),
        *lines,
    ]
    return finish(width, y + MARGIN - 8, "The first window", words, elements)


def unfit(inference: Inference) -> FigureError | None:
    """Why a layer is not drawn step by step; None if it is."""
    layer = inference.layer
    if layer.kind not in DRAWN:
        return not_drawn(layer)
    if layer.rank > 2:
        return FigureError(
            "rank_not_drawn",
            f"{layer.op} has {layer.rank} spatial axes; the picture has two.",
            "/op",
            "Draw a 1-d or 2-d convolution or pool.",
        )
    for lane in lanes(inference):
        found = max(len(lane.cells), lane.steps)
        if found > MAX_CELLS:
            around = "cropped ones" if layer.kind == "conv_transpose" else "padding"
            return FigureError(
                "picture_too_large",
                f"The {lane.axis.axis} has {found} cells, its {around} included; the "
                f"picture has room for {MAX_CELLS}.",
                "/input_shape",
                f"Draw a smaller input, of at most {MAX_CELLS} cells along each axis.",
            )
        if not lane.steps or not lane.size:
            return FigureError(
                "out_of_range",
                f"The {lane.axis.axis} has {lane.axis.input} cells in the input and "
                f"{lane.axis.output} in the output; a picture needs one at least.",
                "/input_shape",
                "Draw a larger input.",
            )
    return None


def _draw(scene: Scene) -> Drawing:
    down, across = scene.vertical.cells, scene.horizontal.cells
    results = (scene.vertical.steps, scene.horizontal.steps)
    source, result = place(scene, (len(down), len(across)), results)
    frame = _frame(scene, source)
    made = result.frame(*scene.position, 1, 1, Role.OUTPUT)
    return draw_step(
        scene,
        source,
        result,
        _legend(scene),
        [
            _input(scene, source),
            *marks(scene, source, across, down, output=False),
            frame,
            _output(scene, result),
            rays(scene, frame, made),
            made,
            *marks(scene, result, range(results[1]), range(results[0]), output=True),
        ],
    )


def _input(scene: Scene, grid: Grid, *, tell: bool = True) -> Group:
    """The input with its padding; the cells that the kernel reads are tinted.

    Unless ``tell``, those that it never reads look as all others do.
    """
    numbers, taps = scene.numbers, scene.taps
    texts, size = (
        cells.written(numbers.source, grid.cell) if numbers else ([], cells.text_size(grid.cell))
    )
    found: list[Element] = []
    values: list[Element] = []
    strokes: list[tuple[float, float, float, float]] = []
    for (i, row), (j, column) in product(
        enumerate(scene.vertical.cells), enumerate(scene.horizontal.cells)
    ):
        kind = scene.kind(row, column)
        fill = Role.KERNEL_TINT if (row, column) in taps else GROUNDS[kind]
        x, y = grid.corner(i, j)
        dash = (3.0, 3.0) if kind == "beyond" else None
        found.append(Rect(x, y, grid.cell, grid.cell, fill, Role.GRID, dash=dash))
        if kind == "unread" and tell:
            strokes += grid.hatch(i, j)
        if texts and kind in ("input", "unread"):
            values.append(cells.value(texts[row][column], grid, i, j, size))
        if kind == "padding" and scene.zeros and grid.cell >= SMALLEST_TEXT / 0.4:
            values.append(cells.value("0", grid, i, j, size, Role.MUTED))
    if strokes:
        found.append(Segments(tuple(strokes), Role.GRID))
    return Group((*found, *values), part="input")


def _output(scene: Scene, grid: Grid) -> Group:
    """The output; the cells already made are tinted, and hold their numbers."""
    found = grid.paint(
        lambda row, column: (
            Role.OUTPUT_TINT if row * grid.columns + column <= scene.index else Role.CELL
        )
    )
    if scene.numbers is not None:
        texts, size = cells.written(scene.numbers.result, grid.cell)
        for index in range(scene.index + 1):
            row, column = divmod(index, grid.columns)
            found.append(cells.value(texts[row][column], grid, row, column, size))
    return Group(tuple(found), part="output")


def _frame(scene: Scene, grid: Grid) -> Rect:
    """The outline of the window, the cells between the taps of a dilated kernel included."""
    (top, left), (bottom, right) = min(scene.taps), max(scene.taps)
    row, column = top - scene.vertical.cells[0], left - scene.horizontal.cells[0]
    return grid.frame(row, column, bottom - top + 1, right - left + 1, Role.KERNEL)


def _legend(scene: Scene) -> Iterator[Entry]:
    """What the colours mean, for those that are in the picture."""
    found = product(scene.vertical.cells, scene.horizontal.cells)
    kinds = {scene.kind(row, column) for row, column in found}
    yield Entry("in the window", Role.KERNEL_TINT, Role.KERNEL)
    yield Entry("output so far", Role.OUTPUT_TINT, Role.OUTPUT)
    if "padding" in kinds:
        yield Entry(scene.padding_words(), Role.PADDING)
    if "beyond" in kinds:
        yield Entry("beyond the padding (ceil_mode)", Role.PANEL, dashed=True)
    if "unread" in kinds:
        yield Entry("never read", Role.CELL, hatched=True)
