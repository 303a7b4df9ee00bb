""".npy files: read as numpy reads them, or refused; numpy reads what is written."""

import io
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib import format as npy_format

from random_tensors import TENSORS, read_as
from service.convolution import ConvolutionError, OverBudget, TensorError, read_npy, write_npy


def saved(array, version=None):
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # numpy warns of versions that old ones lack
        npy_format.write_array(buffer, array, version=version, allow_pickle=True)
    return buffer.getvalue()


def headed(header, data=b"", version=b"\x01\x00"):
    text = header.encode() if isinstance(header, str) else header
    size = 2 if version == b"\x01\x00" else 4
    return b"\x93NUMPY" + version + len(text).to_bytes(size, "little") + text + data


@given(TENSORS, st.sampled_from([(1, 0), (2, 0), (3, 0)]), st.booleans())
def test_reads_what_numpy_writes(array, version, fortran):
    stored = np.asfortranarray(array) if fortran else array
    made = read_npy(saved(stored, version))
    assert made.dtype == read_as(array.dtype)
    assert made.flags.c_contiguous
    np.testing.assert_array_equal(made, array)


@given(TENSORS)
def test_numpy_reads_what_is_written(array):
    made = np.load(io.BytesIO(write_npy(array)), allow_pickle=False)
    assert made.dtype == array.dtype.newbyteorder("<")
    np.testing.assert_array_equal(made, array)


@given(st.binary(max_size=200), st.integers(0, 120), st.integers(0, 120))
def test_damage_is_a_refusal_or_what_numpy_reads_too(noise, start, end):
    whole = saved(np.arange(6, dtype="<i4").reshape(2, 3))
    damaged = whole[:start] + noise + whole[end:]
    try:
        made = read_npy(damaged)
    except ConvolutionError:
        return
    np.testing.assert_array_equal(made, np.load(io.BytesIO(damaged), allow_pickle=False))


@pytest.mark.parametrize(
    ("header", "shape"),
    [
        ('{"descr":"<i2","fortran_order":False,"shape":(2,)}', (2,)),
        ("{'shape': (1L, 2L), 'descr': '<i2', 'fortran_order': False, }\n", (1, 2)),
        ("{ 'descr' : '<i2' , 'fortran_order' : True , 'shape' : ( 2 , 1 ) }   \n", (2, 1)),
    ],
)
def test_reads_what_others_write(header, shape):
    assert read_npy(headed(header, b"\x01\x00\x02\x00")).shape == shape


GOOD = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"
REFUSED = [
    (b"", "npy_unreadable"),
    (b"\x93NUMPY", "npy_unreadable"),
    (b"\x93NUMPY\x04\x00\x10\x00", "npy_unreadable"),
    (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "npy_unreadable"),
    (b"\x93NUMPY\x01\x00\x76\x00{'descr'", "npy_unreadable"),
    (headed("(" * 4000), "npy_unreadable"),
    (headed("{" + "'shape': (1,), " * 200), "npy_unreadable"),
    (headed("__import__('os').abort()"), "npy_unreadable"),
    (headed(GOOD.replace("(1,)", "1")), "npy_unreadable"),
    (headed(GOOD.replace("(1,)", "(-1,)")), "npy_unreadable"),
    (headed(GOOD.replace("(1,)", "(1.0,)")), "npy_unreadable"),
    (headed(GOOD.replace("(1,)", "(" + "9" * 20 + ",)")), "npy_unreadable"),
    (headed(GOOD.replace("False", "0")), "npy_unreadable"),
    (headed(GOOD.replace("}", "'more': 1}")), "npy_unreadable"),
    (headed(GOOD + "}"), "npy_unreadable"),
    (headed(GOOD.replace("'<f8'", "[('a', '<f8')]")), "dtype_not_supported"),
    (headed(GOOD.replace("<f8", "|O")), "dtype_not_supported"),
    (headed(GOOD.replace("<f8", "<c16")), "dtype_not_supported"),
    (headed(GOOD.replace("<f8", "<U8")), "dtype_not_supported"),
    (headed(GOOD.replace("<f8", "<M8[s]")), "dtype_not_supported"),
    (headed(GOOD.replace("(1,)", "()"), b"\0" * 8), "wrong_type"),
    (headed(GOOD.replace("(1,)", "(0, 3)")), "empty_tensor"),
    (headed(GOOD.replace("(1,)", "(1,) * 9")), "npy_unreadable"),
    (headed(GOOD.replace("(1,)", "(1, 1, 1, 1, 1, 1)"), b"\0" * 8), "tensor_too_deep"),
    (headed(GOOD, b"\0" * 7), "tensor_size_mismatch"),
    (headed(GOOD, b"\0" * 9), "tensor_size_mismatch"),
    (headed(GOOD, np.float64("nan").tobytes()), "not_finite"),
    (headed(GOOD, np.float64("-inf").tobytes()), "not_finite"),
]


@pytest.mark.parametrize(("raw", "code"), REFUSED, ids=range(len(REFUSED)))
def test_refuses(raw, code):
    with pytest.raises(TensorError) as caught:
        read_npy(raw, pointer="/input")
    assert (caught.value.code, caught.value.pointer) == (code, "/input")


def test_never_unpickles():
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    assert pickle.dumps(Trap())
    trap = np.empty(1, dtype=object)
    trap[0] = Trap()
    with pytest.raises(TensorError) as caught:
        read_npy(saved(trap))
    assert caught.value.code == "dtype_not_supported"


def test_ten_gigabytes_are_refused_by_their_header():
    raw = headed(GOOD.replace("(1,)", "(50000, 25000)"))
    with pytest.raises(OverBudget) as caught:
        read_npy(raw, pointer="/input")
    assert (caught.value.asked, caught.value.pointer) == (1_250_000_000, "/input")
