"""Which tensors a layer takes, in which order, and what dtype comes out."""

from itertools import pairwise

import numpy as np
import pytest

from service.convolution import (
    OperandError,
    WeightSizes,
    read_weight_shape,
    run,
    weight_shape,
)


@pytest.fixture
def plain(layer):
    """A 2-d layer without a channel axis: 4×4 with one 3×3 kernel."""
    return layer("conv", "HW", (4, 4), (3, 3), out_channels=1)


def test_a_plain_picture_and_a_plain_kernel_give_a_plain_picture(plain):
    data = np.arange(16).reshape(4, 4)
    kernel = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    assert run(plain, data, kernel).tolist() == [[5, 6], [9, 10]]
    with_bias = run(plain, data, kernel[None, None], np.array([100]))
    assert with_bias.tolist() == [[105, 106], [109, 110]]


def test_a_layer_without_out_channels_has_one_filter(layer):
    made = layer("conv", "HW", (2, 2), (2, 2))
    assert run(made, np.eye(2), np.ones((2, 2))).tolist() == [[2.0]]


@pytest.mark.parametrize(
    ("layout", "shape", "short"),
    [("HWC", (4, 4, 1), (4, 4)), ("CHW", (1, 4, 4), (4, 4)), ("NCHW", (2, 1, 4, 4), (2, 4, 4))],
)
def test_one_channel_may_be_left_out(layer, layout, shape, short):
    made = layer("conv", layout, shape, (3, 3), out_channels=2)
    data, weight = np.arange(float(np.prod(shape))), np.arange(18.0).reshape(2, 1, 3, 3)
    whole = run(made, data.reshape(shape), weight)
    assert np.array_equal(run(made, data.reshape(short), weight), whole)


@pytest.mark.parametrize("framework", ["keras", "tensorflow", "jax", "flax"])
def test_weights_of_channels_last_frameworks(layer, framework):
    rng = np.random.default_rng(1)
    last = layer("conv", "HWC", (5, 6, 4), (3, 2), out_channels=6, groups=2, framework=framework)
    first = layer("conv", "HWC", (5, 6, 4), (3, 2), out_channels=6, groups=2)
    assert weight_shape(last) == (3, 2, 2, 6)
    assert weight_shape(first) == (6, 2, 3, 2)
    data = rng.integers(-9, 9, (5, 6, 4))
    weight = rng.integers(-9, 9, (6, 2, 3, 2))
    assert np.array_equal(run(last, data, weight.transpose(2, 3, 1, 0)), run(first, data, weight))


def test_sizes_read_from_a_weight():
    assert read_weight_shape("textbook", 2, (16, 3, 5, 4)) == WeightSizes(16, 3, (5, 4))
    assert read_weight_shape("keras", 2, (5, 4, 3, 16)) == WeightSizes(16, 3, (5, 4))
    assert read_weight_shape("pytorch", 1, (7,)) == WeightSizes(None, None, (7,))
    with pytest.raises(OperandError, match="3 axes; a 2-d convolution's has 4") as caught:
        read_weight_shape("textbook", 2, (3, 5, 5))
    assert (caught.value.code, caught.value.pointer) == ("weight_shape_mismatch", "/weight")
    assert "output channels, input channels a group, kernel sizes" in caught.value.hint
    with pytest.raises(OperandError) as caught:
        read_weight_shape("keras", 1, (3, 5))
    assert "kernel size, input channels a group, output channels" in caught.value.hint


WRONG = [
    ("input_shape_mismatch", "/input", {"data": np.ones((4, 5, 2))}, "4×5×2"),
    ("input_shape_mismatch", "/input", {"data": np.ones((4, 4))}, "4×4×2"),
    ("input_shape_mismatch", "/input", {"data": np.array(1.0)}, "a single number"),
    ("weight_missing", "/weight", {"weight": None}, "needs a weight"),
    ("weight_shape_mismatch", "/weight", {"weight": np.ones((3, 3))}, "3×2×3×3"),
    ("weight_shape_mismatch", "/weight", {"weight": np.ones((3, 3, 2, 3))}, "3×3×2×3"),
    ("bias_shape_mismatch", "/bias", {"bias": np.ones(2)}, "3 output channels"),
    ("bias_shape_mismatch", "/bias", {"bias": np.ones((3, 1))}, "3×1"),
    ("dtype_not_supported", "/input", {"data": np.ones((4, 4, 2), bool)}, "bool"),
    ("dtype_not_supported", "/weight", {"weight": np.ones((3, 2, 3, 3), "f2")}, "float16"),
    ("dtype_not_supported", "/bias", {"bias": np.ones(3, complex)}, "complex128"),
]


@pytest.mark.parametrize(("code", "pointer", "change", "words"), WRONG)
def test_tensors_that_do_not_fit(layer, code, pointer, change, words):
    made = layer("conv", "HWC", (4, 4, 2), (3, 3), out_channels=3)
    fitting = {
        "data": np.ones((4, 4, 2)),
        "weight": np.ones((3, 2, 3, 3)),
        "bias": np.ones(3),
    }
    with pytest.raises(OperandError) as caught:
        run(made, **fitting | change)
    assert (caught.value.code, caught.value.pointer) == (code, pointer)
    assert words in caught.value.detail
    assert caught.value.hint


@pytest.mark.parametrize("kind", ["max_pool", "avg_pool"])
@pytest.mark.parametrize("name", ["weight", "bias"])
def test_a_pool_takes_no_weights(layer, kind, name):
    made = layer(kind, "HW", (4, 4), (2, 2))
    with pytest.raises(OperandError) as caught:
        run(made, np.ones((4, 4)), **{name: np.ones(1)})
    assert (caught.value.code, caught.value.pointer) == (f"{name}_not_wanted", f"/{name}")


DTYPES = [
    ("float32", "float32", "float32"),
    ("float32", "float64", "float64"),
    ("float64", "int64", "float64"),
    ("int64", "float32", "float64"),
    ("int8", "float32", "float32"),
    ("int64", "int64", "int64"),
    ("uint8", "int8", "int64"),
]


@pytest.mark.parametrize(("data", "weight", "result"), DTYPES)
def test_dtypes_of_convolutions(layer, data, weight, result):
    made = layer("conv", "L", (3,), (2,), out_channels=1)
    output = run(made, np.array([1, 2, 3], data), np.array([1, 1], weight))
    assert output.dtype == result
    assert output.tolist() == [3, 5]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64", "float32", "float64"])
def test_a_maximum_keeps_its_dtype(layer, dtype):
    made = layer("max_pool", "L", (3,), (3,), padding=((1, 1),), stride=(2,))
    output = run(made, np.array([1, 3, 2], dtype))
    assert output.dtype == dtype
    assert output.tolist() == [3, 3]


def test_the_lowest_integer_survives_padding(layer):
    made = layer("max_pool", "L", (1,), (2,), padding=((1, 0),))
    assert run(made, np.array([-(2**63)])).tolist() == [-(2**63)]


@pytest.mark.parametrize(
    ("peak", "dtype"),
    [(2**24, "int64"), (2**27, "int64"), (2**30, "int64"), (2**31, "float64")],
)
def test_integers_are_exact_as_long_as_they_fit(layer, peak, dtype):
    """Sums on both sides of 2**52 and 2**62, compared with Python's integers."""
    made = layer("conv", "L", (4,), (2,), out_channels=1)
    data, weight = [peak + 1, -peak, peak - 1, 3], [peak - 1, -peak]
    output = run(made, np.array(data), np.array(weight), np.array([2]))
    exact = [a * weight[0] + b * weight[1] + 2 for a, b in pairwise(data)]
    assert output.dtype == dtype
    if dtype == "int64":
        assert output.tolist() == exact
    else:
        assert output.tolist() == pytest.approx(exact, rel=1e-15)


def test_an_integer_beyond_64_bits_never_wraps(layer):
    made = layer("conv", "L", (1,), (1,), out_channels=1)
    huge = np.array([2**64 - 1], dtype=np.uint64)
    assert run(made, huge, np.array([0])).tolist() == [0.0]
    assert run(made, huge, np.array([2])).tolist() == [2.0**65]
    mean = layer("avg_pool", "L", (2,), (2,))
    assert run(mean, np.array([2**62, 2**62])).tolist() == [2.0**62]


def test_what_is_not_finite_is_refused(layer):
    made = layer("conv", "L", (2,), (2,), out_channels=1)
    ones = np.ones(2)
    with pytest.raises(OperandError, match="range of float64") as caught:
        run(made, np.array([1e308, 1e308]), ones)
    assert (caught.value.code, caught.value.pointer) == ("not_finite", "")
    with pytest.raises(OperandError, match="range of float32"):
        run(made, np.full(2, 3e38, np.float32), np.ones(2, np.float32))
    for operands, pointer in (
        ((np.array([np.nan, 1]), ones), "/input"),
        ((ones, np.array([np.inf, 1])), "/weight"),
        ((ones, ones, np.array([-np.inf])), "/bias"),
    ):
        with pytest.raises(OperandError) as caught:
            run(made, *operands)
        assert (caught.value.code, caught.value.pointer) == ("not_finite", pointer)


def test_a_window_in_the_padding_alone(layer):
    made = layer("max_pool", "HW", (4, 4), (2, 2), padding=((0, 0), (0, 3)))
    with pytest.raises(OperandError, match="Window 4 along the width") as caught:
        run(made, np.ones((4, 4)))
    assert (caught.value.code, caught.value.pointer) == ("empty_window", "/padding")
    jumping = layer("max_pool", "L", (1,), (2,), dilation=(2,), padding=((1, 1),))
    with pytest.raises(OperandError, match="Window 0 along the length"):
        run(jumping, np.ones(1))
    counted = layer(
        "avg_pool", "HW", (4, 4), (2, 2), padding=((0, 0), (0, 3)), count_include_pad=True
    )
    assert run(counted, np.ones((4, 4)))[0].tolist() == [1, 1, 1, 0.5, 0, 0]


def test_an_axis_without_outputs_gives_an_empty_array(layer):
    """JAX and flax give size 0 where the kernel is larger than the input."""
    made = layer("conv", "HW", (4, 4), (5, 3), out_channels=1, framework="jax")
    assert run(made, np.ones((4, 4)), np.ones((5, 3, 1, 1))).shape == (0, 2)
