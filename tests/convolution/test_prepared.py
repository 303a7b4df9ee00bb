"""Layers that are run again: nothing that was found out once may hide what is wrong now."""

from dataclasses import replace

import numpy as np
import pytest

from service.convolution import OperandError, run
from service.shapes import read_layer

ONE = np.float32(1)


def layer(framework="pytorch", shape=(2, 6, 6), **params):
    return read_layer(framework, "conv2d", shape, {"kernel_size": 3, "out_channels": 3, **params})


def ones(dtype=np.float32):
    return np.ones((2, 6, 6), dtype), np.ones((3, 2, 3, 3), dtype), np.zeros(3, dtype)


@pytest.mark.parametrize("padding", [0, 1])
def test_a_layer_that_ran_still_refuses(padding):
    same = layer(padding=padding)
    data, weight, bias = ones()
    for _ in range(8):  # until no plan is tried any more
        assert run(same, data, weight, bias)[0, 2, 2] == 18
    for wrong, code in (
        ((data[:1], weight, bias), "input_shape_mismatch"),
        ((data, None, bias), "weight_missing"),
        ((data, weight[:2], bias), "weight_shape_mismatch"),
        ((data, weight, bias[:2]), "bias_shape_mismatch"),
        ((data * np.float32(np.nan), weight, bias), "not_finite"),
        ((data, weight * np.float32(np.inf), bias), "not_finite"),
        ((data, weight, bias - np.float32(np.inf)), "not_finite"),
        ((data * np.float32(3e38), weight, bias), "not_finite"),
        ((data, weight * np.float32(1e38), bias), "not_finite"),
        ((data > 0, weight, bias), "dtype_not_supported"),
    ):
        with pytest.raises(OperandError) as refused:
            run(same, *wrong)
        assert refused.value.code == code


def test_a_layer_that_ran_keeps_to_the_types_it_is_given():
    same = layer()
    small, large, whole = ones(np.float32), ones(np.float64), ones(np.int32)
    for _ in range(3):
        assert run(same, *small).dtype == np.float32
        assert run(same, *large).dtype == np.float64
        assert run(same, *whole).dtype == np.int64
        assert run(same, small[0], large[1]).dtype == np.float64
        assert run(same, whole[0], small[1], small[2]).dtype == np.result_type(whole[0], ONE)


def test_large_numbers_whose_sums_are_finite():
    """Their squares are not, in either type."""
    same = layer()
    for dtype, large in ((np.float32, 2.0**100), (np.float64, 2.0**830)):
        data, weight, bias = ones(dtype)
        output = run(same, data * dtype(large), weight, bias)
        assert np.array_equal(output, np.full((3, 4, 4), dtype(large) * 18, dtype))


def test_layers_that_are_equal_and_layers_that_nearly_are():
    data, weight, _ = ones()
    data[:, 0] = 5
    assert run(layer(), data, weight)[0, 0, 0] == 2 * (3 * 5 + 6)
    assert run(layer(), data, weight)[0, 0, 0] == 2 * (3 * 5 + 6)
    assert run(layer(stride=2), data, weight).shape == (3, 2, 2)
    weight[:, :, 0] = 0
    assert run(layer(), data, weight)[0, 0, 0] == 12
    flipped = replace(layer(), details=replace(layer().details, flip_kernel=True))
    assert run(flipped, data, weight)[0, 0, 0] == 2 * (3 * 5 + 3)


def test_a_workspace_is_not_what_comes_back():
    same = layer(shape=(2, 40, 40), padding=1)
    data, weight = np.ones((2, 40, 40), np.float32), ones()[1]
    first = run(same, data, weight)
    before = first.copy()
    run(same, data * 2, weight)
    assert np.array_equal(first, before)
