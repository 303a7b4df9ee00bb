"""Tensors as base64 of little-endian numbers."""

import base64

import numpy as np
import pytest
from hypothesis import given

from random_tensors import TENSORS, read_as
from service.convolution import OverBudget, TensorError, read_packed
from service.packed import write_packed


@given(TENSORS)
def test_what_is_written_is_read(array):
    packed = write_packed(array)
    assert (
        base64.b64decode(packed["data"], validate=True)
        == array.astype(array.dtype.newbyteorder("<")).tobytes()
    )
    made = read_packed(tuple(packed["shape"]), packed["dtype"], packed["data"])
    assert made.dtype == read_as(array.dtype)
    np.testing.assert_array_equal(made, array)


ONE = base64.b64encode(np.float32(1.5).tobytes()).decode()


@pytest.mark.parametrize(
    ("shape", "dtype", "data", "code", "pointer"),
    [
        ((1,), "complex64", ONE, "dtype_not_supported", "/input/dtype"),
        ((1,), "object", ONE, "dtype_not_supported", "/input/dtype"),
        ((), "float32", ONE, "wrong_type", "/input/shape"),
        ((1, 0), "float32", "", "empty_tensor", "/input/shape"),
        ((1,) * 6, "float32", ONE, "tensor_too_deep", "/input/shape"),
        ((2,), "float32", ONE, "tensor_size_mismatch", "/input/data"),
        ((1,), "float32", ONE + "\n", "tensor_size_mismatch", "/input/data"),
        ((1,), "float64", ONE, "tensor_size_mismatch", "/input/data"),
        ((1,), "int16", ONE[:4], "tensor_size_mismatch", "/input/data"),
        ((1,), "float32", "!" + ONE[1:], "base64_unreadable", "/input/data"),
        ((1,), "float32", "é" + ONE[1:], "base64_unreadable", "/input/data"),
        ((1,), "float32", "AADAfw==", "not_finite", "/input/data"),
    ],
)
def test_refuses(shape, dtype, data, code, pointer):
    with pytest.raises(TensorError) as caught:
        read_packed(shape, dtype, data, pointer="/input")
    assert (caught.value.code, caught.value.pointer) == (code, pointer)


def test_halves_and_truth_values_are_read():
    half = np.array([1.5, -0.25], "<f2")
    read = read_packed((2,), "float16", base64.b64encode(half.tobytes()).decode())
    assert read.dtype == np.float16
    assert read.tolist() == [1.5, -0.25]
    truth = read_packed((3,), "bool", base64.b64encode(b"\1\0\1").decode())
    assert truth.dtype == np.uint8
    assert truth.tolist() == [1, 0, 1]


def test_ten_gigabytes_are_refused_by_their_shape():
    with pytest.raises(OverBudget) as caught:
        read_packed((50_000, 50_000), "float32", "", pointer="/input")
    assert (caught.value.asked, caught.value.limit) == (2_500_000_000, 1_000_000)
