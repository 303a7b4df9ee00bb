"""The engine against the definition of each operation, on layers of every kind."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.convolution import OperandError, run
from service.shapes import infer


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_run_equals_the_definition(data, random_case, definition, empty_window):
    case = data.draw(random_case())
    try:
        expected = definition(case)
    except empty_window:
        with pytest.raises(OperandError, match="padding alone") as caught:
            run(case.layer, case.data, case.weight, case.bias)
        assert caught.value.code == "empty_window"
        return
    output = run(case.layer, case.data, case.weight, case.bias)
    assert output.shape == expected.shape == infer(case.layer).output_shape
    assert output.dtype == expected.dtype
    assert np.array_equal(output, expected)
    assert output.flags.c_contiguous


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("batch", [1, 3])
def test_blocks_fit_together(layer, groups, batch):
    """Large enough that the columns are made in several blocks; a sum of shifted products."""
    rng = np.random.default_rng(7)
    made = layer("conv", "NCHW", (batch, 8, 96, 96), (5, 5), out_channels=8, groups=groups)
    data = rng.integers(-9, 9, made.input_shape)
    weight = rng.integers(-9, 9, (8, 8 // groups, 5, 5))
    expected = np.zeros((batch, 8, 92, 92), dtype=np.int64)
    for filter_ in range(8):
        for channel in range(8 // groups):
            source = data[:, filter_ // (8 // groups) * (8 // groups) + channel]
            for row in range(5):
                for col in range(5):
                    part = source[:, row : row + 92, col : col + 92]
                    expected[:, filter_] += part * weight[filter_, channel, row, col]
    assert np.array_equal(run(made, data, weight), expected)


def test_many_small_samples_share_a_block(layer):
    rng = np.random.default_rng(8)
    made = layer("conv", "NCL", (50_000, 1, 6), (3,), out_channels=1)
    data = rng.integers(-9, 9, made.input_shape)
    expected = data[..., :4] * 2 + data[..., 1:5] * 3 + data[..., 2:] * 5
    assert np.array_equal(run(made, data, np.array([[[2, 3, 5]]])), expected)


def test_a_window_wider_than_the_output_is_reduced_whole(layer):
    data = np.random.default_rng(9).integers(-99, 99, (1000,))
    wide = layer("max_pool", "L", (1000,), (998,))
    assert run(wide, data).tolist() == [max(data[i : i + 998]) for i in range(3)]
    dilated = layer("avg_pool", "L", (1000,), (400,), stride=(3,), dilation=(2,))
    expected = [float(np.mean(data[i * 3 : i * 3 + 799 : 2])) for i in range(68)]
    assert np.allclose(run(dilated, data), expected, rtol=1e-15)
