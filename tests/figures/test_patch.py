"""One patch: every number in the picture against a convolution written out in loops."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.figures import FigureError, figure, svg
from service.figures.patch import INPUT, WEIGHT

Numbers = Callable[[str, str], list[float]]
Texts = Callable[[str, str], list[str]]
Table = list[list[int]]


def convolve(  # the definition, cell by cell
    table: Table, weight: Table, bias: int, stride: int, padding: int, dilation: int
) -> tuple[Table, Table, Callable[[int, int], list[int]]]:
    """The padded input, the output, and the window at a position."""
    width = len(table[0]) + 2 * padding
    side = [0] * padding
    empty = [[0] * width for _ in range(padding)]
    padded = [*empty, *([*side, *row, *side] for row in table), *empty]
    rows, columns = len(weight), len(weight[0])

    def window(row: int, column: int) -> list[int]:
        return [
            padded[row * stride + i * dilation][column * stride + j * dilation]
            for i, j in product(range(rows), range(columns))
        ]

    high = (len(padded) - dilation * (rows - 1) - 1) // stride + 1
    wide = (width - dilation * (columns - 1) - 1) // stride + 1
    flat = [value for line in weight for value in line]
    output = [
        [
            sum(a * b for a, b in zip(window(row, column), flat, strict=True)) + bias
            for column in range(wide)
        ]
        for row in range(high)
    ]
    return padded, output, window


def flatten(table: Table) -> list[int]:
    return [value for row in table for value in row]


@st.composite
def patches(draw: st.DrawFn) -> dict[str, object]:
    padding, dilation = draw(st.integers(0, 2)), draw(st.integers(1, 2))
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    sizes = [
        draw(st.integers(max(1, dilation * (kernel - 1) + 1 - 2 * padding), 7))
        for kernel in (rows, columns)
    ]
    cell, factor = st.integers(-9, 99), st.integers(-3, 3)
    table = [[draw(cell) for _ in range(sizes[1])] for _ in range(sizes[0])]
    weight = [[draw(factor) for _ in range(columns)] for _ in range(rows)]
    return {
        "input": table,
        "weight": weight,
        "bias": draw(st.integers(-9, 9)),
        "stride": draw(st.integers(1, 3)),
        "padding": padding,
        "dilation": dilation,
    }


@given(patches(), st.data())
def test_every_number_is_what_the_definition_gives(
    numbers: Numbers, texts: Texts, parameters: dict[str, object], data: st.DataObject
) -> None:
    padded, output, window = convolve(**_renamed(parameters))  # type: ignore[arg-type]
    row = data.draw(st.integers(0, len(output) - 1))
    column = data.draw(st.integers(0, len(output[0]) - 1))
    text = svg(figure("patch", {**parameters, "position": [row, column]}))
    weight = flatten(parameters["weight"])  # type: ignore[arg-type]
    seen = window(row, column)
    products = [a * b for a, b in zip(seen, weight, strict=True)]
    assert numbers(text, "input") == flatten(padded)
    assert numbers(text, "filter") == numbers(text, "weights") == weight
    assert numbers(text, "overlay") == weight
    assert numbers(text, "output") == flatten(output)
    assert numbers(text, "patch") == seen
    assert numbers(text, "products") == products
    assert numbers(text, "sum") == [sum(products)]
    assert numbers(text, "bias") == [parameters["bias"]]
    assert numbers(text, "result") == [output[row][column]]
    formula = " ".join(texts(text, "formula"))
    assert _evaluate(formula) == (output[row][column], output[row][column])


def _renamed(parameters: dict[str, object]) -> dict[str, object]:
    return {"table" if name == "input" else name: value for name, value in parameters.items()}


def _evaluate(formula: str) -> tuple[int, int]:
    """Both sides of "1·2 + (−3)·4 + 5 = −5"."""
    left, right = formula.replace("−", "-").split(" = ")
    assert re.fullmatch(r"[-0-9()·+ ]+", left)
    total = 0
    for term in left.split(" + "):
        value = 1
        for factor in term.split("·"):
            value *= int(factor.strip("()"))
        total += value
    return total, int(right)


def test_without_parameters_an_edge_is_found(numbers: Numbers, texts: Texts) -> None:
    text = svg(figure("patch"))
    _, output, window = convolve(
        [list(row) for row in INPUT], [list(row) for row in WEIGHT], 0, 1, 0, 1
    )
    assert numbers(text, "output") == flatten(output)
    assert numbers(text, "patch") == window(1, 1)
    assert texts(text, "formula") == [
        "2·1 + 2·0 + 1·(−1) + 3·2 + 1·0 + 0·(−2) + 3·1 + 2·0 + 0·(−1) + 0 = 10"
    ]


def test_the_operation_is_not_named_for_a_card_asks_its_name() -> None:
    drawing = figure("patch", {"position": [0, 0]})
    assert "convolution" not in (drawing.title + drawing.description).lower()
    assert "row 0, column 0: 5." in drawing.description
    assert drawing.description.endswith("= 5")


def test_fractions_are_kept(numbers: Numbers) -> None:
    text = svg(figure("patch", {"input": [[0.5, 0.1]], "weight": [[3, 2]], "position": [0, 0]}))
    assert numbers(text, "input") == [0.5, 0.1]
    assert numbers(text, "products") == [1.5, 0.2]
    assert numbers(text, "result") == [1.7]


def test_padding_that_repeats_the_input_is_shown(numbers: Numbers) -> None:
    row = {"input": [[1, 2, 3]], "weight": [[1, 1, 1]], "position": [0, 0]}
    for mode, left, right in (("reflect", 2, 2), ("replicate", 1, 3), ("circular", 3, 1)):
        text = svg(figure("patch", {**row, "padding": [0, 1], "padding_mode": mode}))
        assert numbers(text, "input") == [left, 1, 2, 3, right]
        assert numbers(text, "patch") == [left, 1, 2]


@pytest.mark.parametrize(
    ("parameters", "code", "pointer"),
    [
        ({"input": [[0] * 13]}, "picture_too_large", "/input"),
        ({"input": [[0] * 145]}, "over_budget", "/input"),
        ({"input": [[0] * 12] * 12, "padding": 1}, "picture_too_large", "/padding"),
        ({"weight": [[1] * 6]}, "picture_too_large", "/weight"),
        (
            {"weight": [[1] * 5] * 5, "input": [[1] * 4] * 4},
            "kernel_larger_than_padded_input",
            None,
        ),
        ({"input": [1, 2, 3]}, "wrong_rank", "/input"),
        ({"input": [[[1]]]}, "wrong_rank", "/input"),
        ({"input": [[1, 2], [3]]}, "ragged_tensor", "/input/1"),
        ({"input": [[1, "2"]]}, "wrong_type", "/input/0/1"),
        ({"input": (1, 2)}, "wrong_rank", "/input"),
        ({"input": None}, "wrong_type", "/input"),
        ({"bias": "1"}, "wrong_type", "/bias"),
        ({"bias": True}, "wrong_type", "/bias"),
        ({"bias": float("nan")}, "out_of_range", "/bias"),
        ({"bias": 10**400}, "out_of_range", "/bias"),
        ({"position": 3}, "wrong_type", "/position"),
        ({"position": [1]}, "wrong_type", "/position"),
        ({"position": [1, 1.5]}, "wrong_type", "/position/1"),
        ({"position": [4, 0]}, "position_outside_output", None),
        ({"position": [0, -1]}, "position_outside_output", None),
        ({"kernel_size": 3}, "unknown_parameter", "/kernel_size"),
        ({"filters": 2}, "unknown_parameter", "/filters"),
        ({"strid": 2}, "unknown_parameter", "/strid"),
        ({"stride": 0}, None, "/stride"),
        ({"input": [[1234567, 2]], "weight": [[1]]}, "number_too_long", ""),
        ({"input": [[3]], "weight": [[0.1234567]]}, "number_too_long", ""),
        ({"input": [[1]], "weight": [[1000.0004]]}, "number_too_long", ""),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_hint(
    parameters: dict[str, object], code: str | None, pointer: str | None
) -> None:
    with pytest.raises(FigureError) as caught:
        figure("patch", {"position": [0, 0], **parameters})
    error = caught.value
    assert code in (None, error.code)
    assert pointer in (None, error.pointer)
    assert str(error) == error.detail
    assert error.detail.endswith(".")
