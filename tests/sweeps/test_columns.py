from itertools import product
from typing import Any

import numpy as np
import pytest

from service.shapes import ShapeError, operations, parameters
from service.sweeps import MAX_ROWS, OPERATIONS, grid, sweep


def refusal(
    op: str, columns: dict[str, Any], framework: str = "textbook", **more: Any
) -> tuple[str, str]:
    with pytest.raises(ShapeError) as caught:
        sweep(op, columns, framework, **more)
    assert caught.value.detail
    assert caught.value.hint
    return caught.value.code, caught.value.pointer


FITS: dict[str, Any] = {"input": [8, 9], "kernel_size": 3}


@pytest.mark.parametrize(
    ("columns", "code", "pointer"),
    [
        ({"input": "8"}, "wrong_type", "/input"),
        ({"input": 8.0}, "wrong_type", "/input"),
        ({"input": True}, "wrong_type", "/input"),
        ({"input": [8, True]}, "wrong_type", "/input/1"),
        ({"input": [8, 9.0]}, "wrong_type", "/input/1"),
        ({"input": [8, None]}, "wrong_type", "/input/1"),
        ({"input": np.array([8.0])}, "wrong_type", "/input"),
        ({"input": np.array([True])}, "wrong_type", "/input"),
        ({"input": np.array([[8]])}, "wrong_type", "/input"),
        ({"input": np.array(8.0)}, "wrong_type", "/input"),
        ({"stride": [1, 2, 3]}, "columns_of_unequal_length", "/stride"),
        ({"stride": range(MAX_ROWS + 1)}, "too_many_rows", "/stride"),
        ({"stride": np.zeros(MAX_ROWS + 1, np.int8)}, "too_many_rows", "/stride"),
        ({"strides": 2}, "unknown_parameter", "/strides"),
        ({"kernel_size_depth": 2}, "unknown_parameter", "/kernel_size_depth"),
        ({"channels_height": 2}, "unknown_parameter", "/channels_height"),
        ({"ceil_mode": True}, "unknown_parameter", "/ceil_mode"),
        ({"a/b~": 1}, "unknown_parameter", "/a~1b~0"),
        ({"bias": [True, False]}, "wrong_type", "/bias"),
        ({"bias": 1}, "wrong_type", "/bias"),
        ({"padding": "sme"}, "bad_padding_value", "/padding"),
        ({"padding": "same", "padding_after": 1}, "given_twice", "/padding_after"),
        ({"padding": 1, "padding_after": 1}, "given_twice", "/padding_after"),
        ({"padding": 1, "padding_before": 1}, "given_twice", "/padding_before"),
        ({"filters": 2, "out_channels": 2}, "given_twice", "/out_channels"),
        ({"kernel_size_width": 2}, "given_twice", "/kernel_size_width"),
        ({"stride_width": 2}, "missing_parameter", "/stride_height"),
        ({"kernel_size": None}, "missing_parameter", "/kernel_size"),
        ({"input": None}, "missing_parameter", "/input"),
    ],
)
def test_columns_that_are_none_are_refused(
    columns: dict[str, Any], code: str, pointer: str
) -> None:
    assert refusal("conv2d", FITS | columns) == (code, pointer)


@pytest.mark.parametrize(
    ("framework", "op", "code", "pointer"),
    [
        ("pytorch", "conv2d", "missing_parameter", "/out_channels"),
        ("keras", "conv2d", "unknown_framework", "/framework"),
        ("torch", "conv2d", "unknown_framework", "/framework"),
        (3, "conv2d", "wrong_type", "/framework"),
        ("textbook", "conv4d", "unknown_operation", "/op"),
        ("textbook", None, "wrong_type", "/op"),
    ],
)
def test_operations_that_are_none_are_refused(
    framework: Any, op: Any, code: str, pointer: str
) -> None:
    assert refusal(op, FITS, framework) == (code, pointer)


def test_padding_has_no_words_where_the_framework_has_none() -> None:
    assert refusal("max_pool2d", {**FITS, "padding": "same"}, "pytorch") == (
        "wrong_type",
        "/padding",
    )


@pytest.mark.parametrize(
    ("results", "code", "pointer"),
    [
        (["output", "flops"], "unknown_result", "/results/1"),
        ("output", "wrong_type", "/results"),
        ([7], "unknown_result", "/results/0"),
    ],
)
def test_results_that_are_none_are_refused(results: Any, code: str, pointer: str) -> None:
    assert refusal("conv2d", FITS, results=results) == (code, pointer)


def test_integers_of_any_length_are_too_large_and_no_error() -> None:
    made = sweep("conv1d", {"input": [10**30, 8], "kernel_size": [3, -(10**30)]})
    assert made.refused == {"number_too_large": 1, "kernel_not_positive": 1}
    assert sweep("conv1d", {"input": 10**30, "kernel_size": 3}).refused == {"number_too_large": 1}


def test_numbers_alone_make_one_row() -> None:
    made = sweep("conv2d", {"input": 28, "kernel_size": 5, "channels": 3, "filters": 16})
    found = {name: column.tolist() for name, column in made.results.items()}
    assert found == {
        "output_height": [24],
        "output_width": [24],
        "params": [1216],
        "macs": [691200],
    }


def test_a_grid_has_every_combination() -> None:
    lists = {"input": [8, 9], "kernel_size": range(1, 4), "stride": np.array([1, 2])}
    made = grid({**lists, "padding": "same", "bias": False, "channels": 3, "groups": None})
    assert list(zip(*(made[name].tolist() for name in lists), strict=True)) == list(
        product(*lists.values())
    )
    assert {name: made[name] for name in ("padding", "bias", "channels")} == {
        "padding": "same",
        "bias": False,
        "channels": 3,
    }
    assert sweep("conv1d", made).rows == 12


def test_a_grid_with_nothing_on_one_side_is_empty() -> None:
    made = grid({"input": [], "kernel_size": [1, 2]})
    assert [column.tolist() for column in made.values()] == [[], []]


def test_a_grid_too_large_is_refused_before_it_is_made() -> None:
    with pytest.raises(ShapeError) as caught:
        grid(dict.fromkeys(("input", "kernel_size", "stride"), range(1000)))
    assert (caught.value.code, caught.value.pointer) == ("too_many_rows", "")


def test_operations_are_the_shape_engines() -> None:
    own = {"padding_before", "padding_after"}
    for framework, by_name in OPERATIONS.items():
        assert set(by_name) <= set(operations(framework))
        for op, swept in by_name.items():
            known = {parameter.name for parameter in parameters(framework, op)}
            assert set(swept.columns) - own <= known
            assert {p.name for p in parameters(framework, op) if p.required} == set(swept.required)
