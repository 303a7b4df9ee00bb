"""Tensors as bytes: the sizes that they declare are checked first, then the bytes themselves.

Nothing is allocated for a tensor that declares more than it may hold, or than was sent.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.convolution.budget import DEFAULT_BUDGET
from service.convolution.errors import OverBudget, TensorError
from service.convolution.tensor import MAX_RANK
from service.packed import read_base64

if TYPE_CHECKING:
    from service.convolution.geometry import Array

__all__ = ["DTYPES", "check_shape", "read_bytes", "read_packed", "refuse_dtype"]

DTYPES: Final = {
    np.dtype(name).name: np.dtype(name).newbyteorder("<")
    for name in ("f4", "f8", "f2", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")
}
"""The types of numbers that a tensor may have, by name; little-endian."""


def read_packed(
    shape: tuple[int, ...],
    dtype: str,
    data: str,
    *,
    pointer: str = "",
    max_elements: int = DEFAULT_BUDGET.max_input,
) -> Array:
    """Read base64 of little-endian numbers in reading order (C order) as an array.

    ``dtype`` is one of `DTYPES`. ``pointer`` is where the object with the three stands. Raises
    what `read_bytes` does, and TensorError ``base64_unreadable`` for a text that is no base64.
    """
    if dtype not in DTYPES:
        raise refuse_dtype(dtype, f"{pointer}/dtype")
    check_shape(shape, f"{pointer}/shape", max_elements)
    size = prod(shape) * DTYPES[dtype].itemsize
    wanted = -(-size // 3) * 4
    if len(data) != wanted:
        raise TensorError(
            "tensor_size_mismatch",
            f"{'×'.join(map(str, shape))} of {dtype} are {size:,} bytes or {wanted:,} characters "
            f"of base64, but these are {len(data):,}.",
            pointer=f"{pointer}/data",
            hint="Give base64 with its padding (=) and without line breaks, for the whole tensor.",
        )
    try:
        raw = read_base64(data)
    except ValueError:
        raise TensorError(
            "base64_unreadable",
            "This is not base64.",
            pointer=f"{pointer}/data",
            hint="Use A-Z a-z 0-9 + / with the padding (=), without line breaks.",
        ) from None
    return read_bytes(raw, DTYPES[dtype], shape, pointer=f"{pointer}/data")


def read_bytes(
    raw: bytes | memoryview,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    *,
    fortran: bool = False,
    pointer: str = "",
) -> Array:
    """Read the bytes of a tensor whose shape was checked; a copy in this machine's byte order.

    Truth values become uint8, 0 and 1: sums of them are sums of whole numbers.
    Raises TensorError ``tensor_size_mismatch`` for more or fewer bytes than shape and dtype have,
    and ``not_finite``.
    """
    size = prod(shape) * dtype.itemsize
    if len(raw) != size:
        raise TensorError(
            "tensor_size_mismatch",
            f"{'×'.join(map(str, shape))} of {dtype.name} are {size:,} bytes, "
            f"but these are {len(raw):,}.",
            pointer=pointer,
            hint="Send the whole tensor and nothing after it.",
        )
    stored: Array = np.frombuffer(raw, dtype).reshape(shape, order="F" if fortran else "C")
    kept = np.dtype(np.uint8) if dtype.kind == "b" else dtype.newbyteorder("=")
    array = stored.astype(kept, order="C")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        place = np.argwhere(~np.isfinite(array))[0]
        raise TensorError(
            "not_finite",
            f"The number at {place.tolist()} is not finite.",
            pointer=pointer,
            hint="Every number of a tensor is finite.",
        )
    return array


def check_shape(shape: tuple[int, ...], pointer: str, max_elements: int) -> None:
    """Refuse a declared shape with too many axes or numbers, or without any.

    Raises TensorError ``tensor_too_deep``, ``empty_tensor`` or ``wrong_type``, and OverBudget.
    """
    if not shape:
        raise TensorError(
            "wrong_type",
            "The shape has no axes: that is a single number, not a tensor.",
            pointer=pointer,
            hint="Give it at least one axis.",
        )
    if len(shape) > MAX_RANK:
        raise TensorError(
            "tensor_too_deep",
            f"The shape has {len(shape)} axes.",
            pointer=pointer,
            hint=f"A tensor here has at most {MAX_RANK} axes.",
        )
    if 0 in shape:
        raise TensorError(
            "empty_tensor",
            f"Axis {shape.index(0)} has no entries.",
            pointer=pointer,
            hint="Every axis of a tensor holds at least one entry.",
        )
    asked = prod(shape)
    if asked > max_elements:
        raise OverBudget(
            "tensor",
            "numbers in one tensor",
            asked,
            max_elements,
            pointer=pointer,
            hint="Send a smaller tensor: fewer pixels, channels or samples.",
        )


def refuse_dtype(name: str, pointer: str) -> TensorError:
    """The error for a type of numbers that is none of `DTYPES`."""
    return TensorError(
        "dtype_not_supported",
        f"The numbers are {name[:40]}.",
        pointer=pointer,
        hint=f"One of {', '.join(DTYPES)}.",
    )
