"""Numbers as base64 of their little-endian bytes: the one place that reads and writes it."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import Any

import numpy as np

__all__ = ["read_base64", "write_packed"]


def read_base64(text: str) -> bytes:
    """The bytes that base64 stands for; ValueError unless it is padded, and nothing else in it."""
    return a2b_base64(text, strict_mode=True)


def write_packed(array: np.ndarray[Any, np.dtype[Any]]) -> dict[str, Any]:
    """The array as ``{shape, dtype, data}``: base64 of little-endian numbers, C order."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "data": b2a_base64(little.data, newline=False).decode("ascii"),
    }
