"""Tensors of every type of numbers that is taken, in both byte orders."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from service.convolution import DTYPES

ORDERED = [dtype.newbyteorder(order) for dtype in DTYPES.values() for order in "<>"]
TENSORS = st.sampled_from(ORDERED).flatmap(
    lambda dtype: arrays.arrays(
        dtype,
        arrays.array_shapes(max_dims=5, max_side=4),
        elements={"allow_nan": False, "allow_infinity": False} if dtype.kind == "f" else None,
    )
)


def read_as(dtype):
    """The type that numbers have once they are read: truth values are 0 and 1."""
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype.newbyteorder("=")
