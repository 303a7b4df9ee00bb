"""Layers with several inputs, and which of their edges does not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.shapes import JOINS, ShapeError, infer, operations, read_join, read_layer

SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def joined(op: str, *shapes: list[int], layout: str | None = None, **values: object) -> list[int]:
    return [*infer(read_join("textbook", op, shapes, values, layout)).output_shape]


def refusal(op: str, *shapes: object, layout: str | None = None, **values: object) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        read_join("textbook", op, shapes, values, layout)  # type: ignore[arg-type]
    return caught.value


def test_every_dialect_offers_the_joins_of_networks() -> None:
    assert set(JOINS) <= set(operations("textbook"))
    assert set(JOINS) <= set(operations("pytorch"))


@given(SIZES, st.integers(1, 5))
def test_what_is_added_keeps_its_shape(shape: list[int], others: int) -> None:
    assert joined("add", shape, *([shape] * others)) == shape


@given(SIZES, st.data())
def test_what_is_concatenated_has_all_of_its_slices(shape: list[int], data: st.DataObject) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    others = [[*shape] for _ in sizes]
    for other, size in zip(others, sizes, strict=True):
        other[axis] = size
    expected = [*shape]
    expected[axis] += sum(sizes)
    assert joined("concat", shape, *others, axis=axis) == expected
    assert joined("concat", shape, *others, dim=axis) == expected


def test_the_channels_are_joined_unless_said_otherwise() -> None:
    assert joined("concat", [8, 8, 3], [8, 8, 5]) == [8, 8, 8]
    assert joined("concat", [3, 8, 8], [5, 8, 8], layout="CHW") == [8, 8, 8]
    assert joined("concat", [1, 3, 8, 8], [1, 5, 8, 8], layout="NCHW") == [1, 8, 8, 8]
    assert joined("concat", [8, 8], [8, 5], layout="HW") == [8, 13]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 40), st.integers(0, 40))
def test_a_crop_takes_the_middle(height: int, width: int, more: int, wider: int) -> None:
    layer = read_join(
        "textbook", "center_crop_like", [[height + more, width + wider, 3], [height, width, 7]], {}
    )
    inference = infer(layer)
    assert inference.output_shape == (height, width, 3)
    for (before, after), axis in zip(layer.padding, inference.axes, strict=True):
        assert 0 <= after - before <= 1
        assert len(range(axis.input)[before : axis.input - after]) == axis.output
        assert axis.unread == before + after


@pytest.mark.parametrize(
    ("error", "pointer", "detail"),
    [
        (refusal("add", [8, 8, 3], [8, 8, 3], [8, 8, 4]), "/inputs/2", "Input 3 has the shape"),
        (refusal("add", [8, 8, 3], [8, 8]), "/inputs/1", "Input 2 has the shape 8×8, "),
        (refusal("concat", [8, 8, 3], [8, 9, 3]), "/inputs/1", "elsewhere than along axis 2 (C)"),
        (refusal("concat", [8, 8, 3], [8, 8]), "/inputs/1", "elsewhere"),
        (refusal("center_crop_like", [8, 8, 3], [9, 8, 3]), "/inputs/1", "nothing to crop"),
        (refusal("center_crop_like", [8, 8, 3], [8, 8]), "/inputs/1", "number of axes"),
    ],
)
def test_shapes_that_differ(error: ShapeError, pointer: str, detail: str) -> None:
    assert (error.code, error.pointer) == ("shapes_differ", pointer)
    assert detail in error.detail
    assert error.hint


@pytest.mark.parametrize(
    ("error", "code", "pointer"),
    [
        (refusal("add"), "wrong_number_of_inputs", "/inputs"),
        (refusal("add", [8, 8, 3]), "wrong_number_of_inputs", "/inputs"),
        (refusal("center_crop_like", [8], [8], [8]), "wrong_number_of_inputs", "/inputs"),
        (refusal("add", [8, "8", 3], [8, 8, 3]), "wrong_type", "/inputs/0"),
        (refusal("add", [8, 8, 3], [8, 8, 3.5]), "wrong_type", "/inputs/1"),
        (refusal("add", [8, 8, 3], [8, -8, 3]), "input_rank_or_size", "/inputs/1"),
        (refusal("add", [8, 8, 3], "8x8x3"), "wrong_type", "/inputs/1"),
        (refusal("concat", [8, 3], [8, 3], axis=2), "axis_out_of_range", "/axis"),
        (refusal("concat", [8, 3], [8, 3], dim=-3), "axis_out_of_range", "/dim"),
        (refusal("concat", [8, 3], [8, 3], dim=1, axis=1), "given_twice", "/axis"),
        (refusal("concat", [8, 3], [8, 3], axis=1.0), "wrong_type", "/axis"),
        (refusal("concat", [8, 3], [8, 3], axes=1), "unknown_parameter", "/axes"),
    ],
)
def test_other_refusals(error: ShapeError, code: str, pointer: str) -> None:
    assert (error.code, error.pointer) == (code, pointer)
    assert error.hint


def test_a_layer_by_itself_names_its_other_inputs() -> None:
    values = {"other_shapes": [[8, 8, 3], [8, 8, 4]]}
    with pytest.raises(ShapeError) as caught:
        read_layer("textbook", "add", [8, 8, 3], values)
    assert caught.value.pointer == "/other_shapes/1"
    with pytest.raises(ShapeError, match="`other_shapes` is required") as caught:
        read_layer("textbook", "add", [8, 8, 3], {})
    assert caught.value.code == "missing_parameter"
