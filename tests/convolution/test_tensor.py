"""Nested lists are read strictly, and every fault is pointed to."""

import json
from math import isfinite

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from service.convolution import OverBudget, TensorError, read_tensor, write_tensor

NAN, INF = float("nan"), float("inf")


def test_integers_stay_integers():
    array = read_tensor([[1, 2], [3, -4]])
    assert array.dtype == np.int64
    assert array.tolist() == [[1, 2], [3, -4]]
    edge = read_tensor([2**53, -(2**53)])
    assert edge.tolist() == [2**53, -(2**53)]


def test_one_float_makes_floats():
    array = read_tensor([[1, 2.5], [3, 1e300]])
    assert array.dtype == np.float64
    assert array.tolist() == [[1.0, 2.5], [3.0, 1e300]]
    assert read_tensor([2**53, 0.5]).tolist() == [2.0**53, 0.5]


def test_five_axes_and_no_more():
    deep = [[[[[1]]]]]
    assert read_tensor(deep).shape == (1, 1, 1, 1, 1)
    with pytest.raises(TensorError) as caught:
        read_tensor([deep], pointer="/input")
    assert (caught.value.code, caught.value.pointer) == ("tensor_too_deep", "/input/0/0/0/0/0")


FAULTS = [
    (7, "wrong_type", "", "not a single number"),
    (None, "wrong_type", "", "not null"),
    ("[1]", "wrong_type", "", "not text"),
    ({"a": 1}, "wrong_type", "", "not an object"),
    (True, "wrong_type", "", "not true or false"),
    ((1, 2), "wrong_type", "", "tensor"),
    ([], "empty_tensor", "", "no entries"),
    ([[], []], "empty_tensor", "/0", "no entries"),
    ([[1, 2], []], "ragged_tensor", "/1", "has 0 entries"),
    ([[1, 2], [3, 4], [5]], "ragged_tensor", "/2", "has 1 entries, but the first one beside it"),
    ([[1, 2], 3], "ragged_tensor", "/1", "A list of 2 stands beside it, but this is a single"),
    ([[1, 2], None], "ragged_tensor", "/1", "this is null"),
    ([[[1], [2]], [[3], [4, 5]]], "ragged_tensor", "/1/1", "has 2 entries"),
    ([1, [2]], "ragged_tensor", "/1", "neighbours are numbers"),
    ([[1, 2], [3, [4]]], "ragged_tensor", "/1/1", "neighbours are numbers"),
    ([[1, 2], [3, True]], "wrong_type", "/1/1", "not true or false"),
    ([[0.5, None]], "wrong_type", "/0/1", "not null"),
    (["1", 2], "wrong_type", "/0", "not text"),
    ([1.0, {"re": 1}], "wrong_type", "/1", "not an object"),
    ([[1.0, 2.0], [NAN, 1.0]], "not_finite", "/1/0", "not finite"),
    ([1, 2.0, INF], "not_finite", "/2", "not finite"),
    ([-INF, "x"], "not_finite", "/0", "not finite"),
    ([1, 2**53 + 1], "number_too_large", "/1", "54 bits"),
    ([0, -(2**63)], "number_too_large", "/1", "64 bits"),
    ([[1.5, 10**400]], "number_too_large", "/0/1", "1329 bits"),
    ([NAN, 10**400], "not_finite", "/0", "not finite"),
    ([10**400, NAN], "number_too_large", "/0", "1329 bits"),
]


@pytest.mark.parametrize(("value", "code", "pointer", "words"), FAULTS)
def test_the_first_fault_is_pointed_to(value, code, pointer, words):
    with pytest.raises(TensorError) as caught:
        read_tensor(value, pointer="/weight")
    assert (caught.value.code, caught.value.pointer) == (code, "/weight" + pointer)
    assert words in caught.value.detail
    assert caught.value.hint


def test_the_size_is_looked_at_before_the_numbers():
    with pytest.raises(OverBudget) as caught:
        read_tensor([["x"] * 4, ["y"] * 4], max_elements=7)
    assert (caught.value.asked, caught.value.limit) == (8, 7)
    assert read_tensor([[1] * 4, [2] * 4], max_elements=8).size == 8


SHAPES = arrays.array_shapes(max_dims=5, max_side=4)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(arrays.arrays(np.float64, SHAPES, elements=FINITE))
def test_floats_return_from_json(array):
    again = read_tensor(json.loads(json.dumps(write_tensor(array), allow_nan=False)))
    assert again.shape == array.shape
    assert np.array_equal(again, array)


@given(arrays.arrays(np.int64, SHAPES, elements=st.integers(-(2**53), 2**53)))
def test_integers_return_from_json(array):
    again = read_tensor(json.loads(json.dumps(write_tensor(array))))
    assert again.dtype == np.int64
    assert np.array_equal(again, array)


def test_no_negative_zero_is_written():
    assert json.dumps(write_tensor(np.array([-0.0, 1.5], np.float32))) == "[0.0, 1.5]"
    assert json.dumps(write_tensor(np.array([3, -2], np.int8))) == "[3, -2]"


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=1), inner, max_size=1)
    ),
)

REALLY = {
    "not_finite": lambda place: not isfinite(place),
    "number_too_large": lambda place: abs(place) > 2**53,
    "empty_tensor": lambda place: place == [],
    "tensor_too_deep": lambda place: type(place) is list,
    "ragged_tensor": lambda _: True,
    "wrong_type": lambda place: type(place) not in (int, float, list),
}


@given(st.lists(TREES, max_size=4))
def test_anything_is_a_tensor_or_a_fault_that_is_really_there(value):
    try:
        array = read_tensor(value, max_elements=100)
    except TensorError as caught:
        error = caught
    else:
        assert np.array(value).shape == array.shape
        assert array.tolist() == value
        return
    place = value
    for step in error.pointer.split("/")[1:]:
        place = place[int(step)]
    assert REALLY[error.code](place)
