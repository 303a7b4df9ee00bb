"""One patch of a convolution with its numbers: window, weights, products, sum, bias, output."""

from __future__ import annotations

import numpy as np

from service.figures.errors import FigureError
from service.figures.metrics import text_width
from service.figures.model import Drawing, Element, Group, Text
from service.figures.palette import Role
from service.figures.parts import (
    LABEL_SIZE,
    MARGIN,
    TITLE_BOTTOM,
    Grid,
    common_size,
    finish,
    number,
    operator,
    paragraph,
    times,
    titled,
)
from service.figures.patch_numbers import (
    MAX_CELLS,
    Numbers,
    Table,
    check_room,
    compute,
    read_table,
)
from service.figures.reading import inferred, real

MAX_KERNEL = 5
GAP = 64.0
SMALLEST_WEIGHT = 7.0

# A bright patch with a vertical edge on its right, and a filter that answers to such edges.
INPUT = (
    (3, 3, 2, 0, 0, 0),
    (3, 2, 2, 1, 0, 0),
    (3, 3, 1, 0, 0, 1),
    (2, 3, 2, 0, 1, 0),
    (3, 3, 2, 0, 0, 0),
    (3, 2, 1, 0, 0, 0),
)
WEIGHT = ((1, 0, -1), (2, 0, -2), (1, 0, -1))


def patch(
    *,
    input: object = INPUT,  # noqa: A002 - the word that the API uses
    weight: object = WEIGHT,
    bias: object = 0,
    position: object = (1, 1),
    **layer: object,
) -> Drawing:
    """Draw one step of a 2-d convolution of one channel with one filter.

    ``input`` and ``weight`` are rows of numbers, ``bias`` is a number, ``position`` is the row and
    column of the output (from 0) whose patch is shown; the rest are textbook parameters of conv2d
    (stride, padding, dilation). Every number beside the input, the weights and the bias is computed
    by the convolution engine.

    Raises FigureError for what the engines refuse, for a padded input of more than 12 × 12 cells,
    for a filter above 5 × 5 and for numbers too long for a cell.
    """
    data, weights = (
        read_table(input, "/input", MAX_CELLS),
        read_table(weight, "/weight", MAX_KERNEL),
    )
    for name in ("kernel_size", "filters", "out_channels", "groups"):
        if name in layer:
            raise FigureError(
                "unknown_parameter",
                f"The picture of one patch takes no {name}.",
                f"/{name}",
                "It has one filter, which is as large as weight.",
            )
    inference = inferred("conv2d", data.shape, {**layer, "kernel_size": list(weights.shape)})
    check_room(inference)
    return _draw(compute(inference, data, weights, np.array([real(bias, "/bias")]), position))


def _draw(numbers: Numbers) -> Drawing:
    top = TITLE_BOTTOM + 52
    above, grids = _whole(numbers, top, GAP)
    below, more = _one_patch(numbers, max(grid.bottom for grid in grids) + 56)
    spare = more[-1].right - grids[-1].right
    if spare > 0:
        above, grids = _whole(numbers, top, GAP + spare / 2)
    titles = text_width(numbers.output_title(), LABEL_SIZE, bold=True) / 2
    width = max(grids[-1].middle[0] + titles, grids[-1].right, more[-1].right + 4) + MARGIN
    formula, y = paragraph([numbers.formula()], more[0].bottom + 26, width, mono=True)
    words, y = paragraph([numbers.sentence()], y + 6, width, role=Role.MUTED)
    return finish(
        width,
        y + MARGIN - 8,
        "One patch of the input, and its output",
        f"{numbers.sentence()} {numbers.formula()}",
        [*above, *below, Group(tuple(formula), part="formula"), *words],
    )


def _whole(numbers: Numbers, y: float, gap: float) -> tuple[list[Element], list[Grid]]:
    """The first row: input with the filter on it ∗ filter = output."""
    rows, columns = len(numbers.padded), len(numbers.padded[0])
    cell = 44.0 if max(rows, columns) <= 8 else 36.0
    title = text_width(numbers.input_title(), LABEL_SIZE, bold=True)
    wider = max(0.0, (title - columns * cell) / 2)
    source = Grid(MARGIN + wider, y, rows, columns, cell)
    kernel = _beside(source, numbers.weights, source, gap + wider)
    result = _beside(kernel, numbers.output, source, gap)
    size = _size(cell, numbers.padded, numbers.weights, numbers.output)
    made = Role.OUTPUT_TINT
    elements: list[Element] = [
        titled(source, numbers.input_title()),
        titled(kernel, f"filter {times(numbers.inference.layer.kernel_size)}", Role.KERNEL),
        titled(result, numbers.output_title(), Role.OUTPUT),
        *_input(numbers, source, size),
        operator("∗", source, kernel),
        _table("filter", kernel, numbers.weights, size, Role.KERNEL_TINT),
        operator("=", kernel, result),
        Group(
            (
                *result.paint(lambda *at: made if at == numbers.position else Role.CELL),
                *result.numbers(numbers.output, size),
            ),
            part="output",
        ),
        result.frame(*numbers.position, 1, 1, Role.OUTPUT),
    ]
    return elements, [source, kernel, result]


def _input(numbers: Numbers, grid: Grid, size: float) -> list[Element]:
    """The padded input; where the filter lies, each weight stands small in its cell."""

    def colour(row: int, column: int) -> Role:
        if (row, column) in numbers.taps:
            return Role.KERNEL_TINT
        rows, columns = numbers.inside
        return Role.CELL if row in rows and column in columns else Role.PADDING

    def ink(row: int, column: int) -> Role:
        return Role.MUTED if colour(row, column) is Role.PADDING else Role.INK

    factors = {at: f"×{number(weight)}" for at, weight in numbers.taps.items()}
    small = common_size(factors.values(), 0.92 * grid.cell, 0.23 * grid.cell, SMALLEST_WEIGHT)
    weights = [
        Text(
            grid.x + (column + 0.95) * grid.cell,
            grid.y + (row + 0.92) * grid.cell,
            text,
            small,
            Role.KERNEL,
            "end",
        )
        for (row, column), text in factors.items()
    ]
    (top, left), (bottom, right) = min(numbers.taps), max(numbers.taps)
    cells = (*grid.paint(colour), *grid.numbers(numbers.padded, size, ink, numbers.taps))
    return [
        Group(cells, part="input"),
        Group(tuple(weights), part="overlay"),
        grid.frame(top, left, bottom - top + 1, right - left + 1, Role.KERNEL),
    ]


def _one_patch(numbers: Numbers, y: float) -> tuple[list[Element], list[Grid]]:
    """The second row: patch · filter = products, their sum + bias = result."""
    total, bias, result = [[numbers.sum]], [[numbers.bias]], [[numbers.result]]
    first = Grid(MARGIN, y, len(numbers.window), len(numbers.window[0]), 44.0)
    kernel = _beside(first, numbers.weights, first)
    products = _beside(kernel, numbers.products, first)
    summed = _beside(products, total, first, GAP + 16)
    biased = _beside(summed, bias, first, GAP - 16)
    made = _beside(biased, result, first, GAP - 16)
    size = _size(44.0, numbers.window, numbers.weights, numbers.products, total, bias, result)
    elements: list[Element] = [
        titled(first, "patch"),
        titled(kernel, "filter", Role.KERNEL),
        titled(products, "products"),
        titled(summed, "sum"),
        titled(biased, "bias"),
        titled(made, "output", Role.OUTPUT),
        _table("patch", first, numbers.window, size, Role.KERNEL_TINT),
        first.frame(0, 0, first.rows, first.columns, Role.KERNEL),
        operator("⊙", first, kernel),
        _table("weights", kernel, numbers.weights, size, Role.KERNEL_TINT),
        operator("=", kernel, products),
        _table("products", products, numbers.products, size, Role.CELL),
        operator("Σ =", products, summed),
        _table("sum", summed, total, size, Role.CELL),
        operator("+", summed, biased),
        _table("bias", biased, bias, size, Role.CELL),
        operator("=", biased, made),
        _table("result", made, result, size, Role.OUTPUT_TINT),
        made.frame(0, 0, 1, 1, Role.OUTPUT),
    ]
    return elements, [first, kernel, products, summed, biased, made]


def _beside(left: Grid, values: Table, tallest: Grid, gap: float = GAP) -> Grid:
    """A table right of another one, level with the middle of the tallest."""
    rows, columns = len(values), len(values[0])
    y = tallest.middle[1] - rows * tallest.cell / 2
    return Grid(left.right + gap, y, rows, columns, tallest.cell)


def _table(part: str, grid: Grid, values: Table, size: float, colour: Role) -> Group:
    return Group((*grid.paint(lambda *_: colour), *grid.numbers(values, size)), part=part)


def _size(cell: float, *tables: Table) -> float:
    """One text size for all the numbers of a row of tables."""
    values = (value for table in tables for row in table for value in row)
    return common_size(map(number, values), 0.86 * cell, 0.42 * cell)
