"""A trace shows what the engine did: the same windows, and the same result."""

import json
from dataclasses import asdict
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.convolution import (
    ConvolutionPoint,
    OperandError,
    OverBudget,
    PoolPoint,
    TraceError,
    run,
    trace,
)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_trace_adds_up_to_the_output(data, random_case, definition, empty_window):
    case = data.draw(random_case())
    layer, tensors = case.layer, (case.data, case.weight, case.bias)
    try:
        expected = definition(case)
    except empty_window:
        with pytest.raises(OperandError):
            trace(layer, *tensors)
        return
    letters = layer.layout
    last = expected.shape[letters.index("C")] - 1 if "C" in letters else 0
    index = {"N": layer.batch - 1, "C": last}
    picked = expected[tuple(index.get(axis, slice(None)) for axis in letters)]
    points = trace(layer, *tensors, channel=index["C"], sample=index["N"])
    assert [point.result for point in points] == picked.ravel().tolist()
    assert [tuple(point.position) for point in points] == list(np.ndindex(picked.shape))
    for point in points:
        json.dumps(asdict(point), allow_nan=False)
        if isinstance(point, ConvolutionPoint):
            assert np.shape(point.window) == (len(point.input_channels), *layer.kernel_size)
            products = np.multiply(point.window, point.weights)
            assert np.array_equal(products, point.products)
            assert products.reshape(len(products), -1).sum(axis=1).tolist() == point.channel_sums
            assert sum(point.channel_sums) == point.sum
            assert point.sum + point.bias == point.result
        else:
            check_pool(layer, case.data, index, point)


def check_pool(layer, data, index, point):
    assert np.shape(point.window) == layer.kernel_size
    read = [cell for cell in np.array(point.window, dtype=object).ravel() if cell is not None]
    if layer.kind == "max_pool":
        places = iter(point.maximum_at)
        where = tuple(index[axis] if axis in index else next(places) for axis in layer.layout)
        assert data[where] == max(read) == point.result
        assert point.sum is point.divisor is None
    else:
        assert point.sum == sum(read)
        assert point.divisor == (layer.divisor_override or len(read))
        quotient = data.dtype.type(point.sum) / data.dtype.type(point.divisor)
        assert point.result == quotient
        assert point.maximum_at is None


def test_one_patch_with_all_its_numbers(layer):
    made = layer(
        "conv", "HWC", (3, 3, 2), (2, 2), padding=((1, 0), (0, 0)), stride=(2, 1), out_channels=2
    )
    data = np.arange(18).reshape(3, 3, 2)
    weight = np.arange(16).reshape(2, 2, 2, 2)
    (point,) = trace(made, data, weight, np.array([5, 7]), [[0, 1]], 1)
    assert point == ConvolutionPoint(
        position=[0, 1],
        channel=1,
        corner=[-1, 1],
        input_channels=[0, 1],
        window=[[[0, 0], [2, 4]], [[0, 0], [3, 5]]],
        weights=[[[8, 9], [10, 11]], [[12, 13], [14, 15]]],
        products=[[[0, 0], [20, 44]], [[0, 0], [42, 75]]],
        channel_sums=[64, 117],
        sum=181,
        bias=7,
        result=188,
    )


def test_a_filter_of_a_group_shows_its_own_channels(layer):
    made = layer("conv", "CHW", (4, 2, 2), (2, 2), out_channels=2, groups=2)
    data = np.arange(16).reshape(4, 2, 2)
    (point,) = trace(made, data, np.ones((2, 2, 2, 2)), channel=1)
    assert point.input_channels == [2, 3]
    assert point.window == [[[8, 9], [10, 11]], [[12, 13], [14, 15]]]


def test_pools_show_what_they_do_not_read(layer):
    given = {"padding": ((1, 1), (1, 1)), "stride": (2, 2), "ceil_mode": True}
    data = np.array([[1, 2], [3, 3]])
    largest = layer("max_pool", "HW", (2, 2), (3, 3), **given)
    (point,) = trace(largest, data, positions=[[0, 0]])
    assert point == PoolPoint(
        position=[0, 0],
        channel=0,
        corner=[-1, -1],
        window=[[None, None, None], [None, 1, 2], [None, 3, 3]],
        result=3,
        maximum_at=[1, 0],
    )
    mean = layer("avg_pool", "HW", (3, 2), (3, 3), **given, count_include_pad=True)
    last = trace(mean, np.array([[1, 2], [3, 3], [4, 5]]), positions=[[1, 0]])[0]
    assert last.window == [[0, 3, 3], [0, 4, 5], [0, 0, 0]]
    assert (last.sum, last.divisor, last.result) == (15, 9, 15 / 9)
    hanging = layer("avg_pool", "HW", (4, 1), (3, 1), stride=(2, 1), ceil_mode=True)
    second = trace(hanging, np.ones((4, 1)), positions=[[1, 0]])[0]
    assert second.window == [[1.0], [1.0], [None]]
    assert second.divisor == 2


def test_floats_that_round_keep_the_result_of_the_engine(layer):
    rng = np.random.default_rng(3)
    made = layer("conv", "CHW", (8, 9, 9), (3, 3), out_channels=4)
    for dtype in ("float32", "float64"):
        data = rng.standard_normal((8, 9, 9)).astype(dtype)
        weight = rng.standard_normal((4, 8, 3, 3)).astype(dtype)
        output = run(made, data, weight)
        points = trace(made, data, weight, channel=2, output=output)
        assert [point.result for point in points] == output[2].ravel().tolist()
        for point in points:
            assert point.sum + point.bias == pytest.approx(point.result, rel=1e-4, abs=1e-5)


def test_no_negative_zero_is_shown(layer):
    made = layer("conv", "L", (2,), (2,), out_channels=1)
    (point,) = trace(made, np.array([0.0, 1.0]), np.array([-1.0, 2.0]))
    assert json.dumps(point.products) == "[[0.0, 2.0]]"


def test_large_integers_are_shown_exactly(layer):
    made = layer("conv", "L", (2,), (2,), out_channels=1)
    a, b = 2**30 + 1, 2**30 - 1
    (point,) = trace(made, np.array([a, b]), np.array([b, a]))
    assert point.products == [[a * b, a * b]]
    assert point.sum == point.result == 2 * a * b
    (point,) = trace(made, np.array([0, 0]), np.array([2**64 - 1, 0], np.uint64))
    assert point.weights == [[2.0**64, 0.0]]


def test_a_partial_sum_out_of_range_is_refused(layer):
    """The engine may add in an order that stays finite; the sum of one channel does not."""
    made = layer("conv", "CL", (2, 2), (2,), out_channels=1)
    data = np.array([[1e308, 1e308], [-1e308, -1e308]])
    with pytest.raises(OperandError) as caught:
        trace(made, data, np.ones((1, 2, 2)), output=np.zeros((1, 1)))
    assert caught.value.code == "not_finite"


WRONG = [
    ({"positions": [[0, 0], [2, 0]]}, "position_outside_output", "/trace/positions/1/0"),
    ({"positions": [[0, -1]]}, "position_outside_output", "/trace/positions/0/1"),
    ({"positions": [[0]]}, "positions_unreadable", "/trace/positions/0"),
    ({"positions": [[0, 0], 3]}, "positions_unreadable", "/trace/positions/1"),
    ({"positions": [[0, True]]}, "positions_unreadable", "/trace/positions/0"),
    ({"positions": [[0, 1.0]]}, "positions_unreadable", "/trace/positions/0"),
    ({"positions": ["00"]}, "positions_unreadable", "/trace/positions/0"),
    ({"positions": "every"}, "positions_unreadable", "/trace/positions"),
    ({"positions": 5}, "positions_unreadable", "/trace/positions"),
    ({"channel": 3}, "channel_outside_output", "/trace/channel"),
    ({"channel": -1}, "channel_outside_output", "/trace/channel"),
    ({"sample": 1}, "sample_outside_batch", "/trace/sample"),
]


@pytest.mark.parametrize(("given", "code", "pointer"), WRONG)
def test_a_trace_of_what_is_not_there(layer, given, code, pointer):
    made = layer("max_pool", "CHW", (3, 3, 3), (2, 2))
    with pytest.raises(TraceError) as caught:
        trace(made, np.ones((3, 3, 3)), **given)
    assert (caught.value.code, caught.value.pointer) == (code, pointer)
    assert caught.value.hint


def test_a_trace_is_bounded_before_it_is_made(layer):
    wide = layer("max_pool", "HW", (34, 34), (2, 2))
    with pytest.raises(OverBudget, match="1,089 positions in one trace") as caught:
        trace(wide, np.ones((34, 34)))
    assert caught.value.quantity == "trace"
    assert len(trace(wide, np.ones((34, 34)), positions=[[32, 32]])) == 1
    deep = layer("conv", "CHW", (500, 20, 20), (3, 3), out_channels=1)
    with pytest.raises(OverBudget, match="1,458,000 window cells"):
        trace(deep, np.ones(deep.input_shape), np.ones((1, 500, 3, 3)))
    assert prod(deep.kernel_size) == 9
