"""Numpy's ``.npy`` files, read and written without numpy's reader, which can run what is in them.

A file is a magic word, a version, the length of a header, the header (a Python dict display with
type, order and shape) and the numbers. The header is read by a small grammar of our own and never
evaluated; a type that would need unpickling is refused by its name.
Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from service.convolution.binary import DTYPES, check_shape, read_bytes, refuse_dtype
from service.convolution.budget import DEFAULT_BUDGET
from service.convolution.errors import TensorError

if TYPE_CHECKING:
    from service.convolution.geometry import Array

_MAGIC: Final = b"\x93NUMPY"
_LENGTH_BYTES: Final = {b"\x01\x00": 2, b"\x02\x00": 4, b"\x03\x00": 4}
_LONGEST_HEADER: Final = 4096
_ALIGNMENT: Final = 64

_ENTRY: Final = re.compile(
    r"""\s*(?P<quote>['"])(?P<key>descr|fortran_order|shape)(?P=quote)\s*:\s*
    (?:(?P<mark>['"])(?P<text>[^'"\\]{1,64})(?P=mark)
      |(?P<flag>True|False)
      |\(\s*(?P<sizes>(?:[0-9]{1,19}L?\s*,\s*)*(?:[0-9]{1,19}L?\s*)?)\))
    \s*(?:,|(?=\}))""",
    re.VERBOSE,
)
_BY_DESCR: Final = {
    order + f"{dtype.kind}{dtype.itemsize}": dtype.newbyteorder(">" if order == ">" else "<")
    for dtype in DTYPES.values()
    for order in ("<", ">", "|", "=", "")
}


class _Header(NamedTuple):
    descr: str
    fortran: bool
    shape: tuple[int, ...]


def read_npy(
    raw: bytes | memoryview,
    *,
    pointer: str = "",
    max_elements: int = DEFAULT_BUDGET.max_input,
) -> Array:
    """Read a ``.npy`` file of version 1 to 3; a C-contiguous copy in this machine's byte order.

    Raises TensorError ``npy_unreadable`` for what is no such file, ``dtype_not_supported``,
    ``tensor_too_deep``, ``empty_tensor``, ``tensor_size_mismatch`` and ``not_finite``, and
    OverBudget for a declared shape of more than ``max_elements``, however little was sent.
    """
    header, start = _read_header(raw, pointer)
    dtype = _BY_DESCR.get(header.descr)
    if dtype is None:
        raise refuse_dtype(header.descr, pointer)
    check_shape(header.shape, pointer, max_elements)
    return read_bytes(
        memoryview(raw)[start:], dtype, header.shape, fortran=header.fortran, pointer=pointer
    )


def write_npy(array: Array) -> bytes:
    """Write an array as a ``.npy`` file of version 1, little-endian, C order."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    header = f"{{'descr': '{little.dtype.str}', 'fortran_order': False, 'shape': {array.shape}, }}"
    before = len(_MAGIC) + 4
    padding = -(before + len(header) + 1) % _ALIGNMENT
    length = len(header) + padding + 1
    start = _MAGIC + b"\x01\x00" + length.to_bytes(2, "little")
    return start + header.encode("ascii") + b" " * padding + b"\n" + little.tobytes()


def _read_header(raw: bytes | memoryview, pointer: str) -> tuple[_Header, int]:
    """Return the header, and where the numbers begin."""
    start = bytes(raw[:12])
    if start[:6] != _MAGIC:
        raise _unreadable("It does not begin as a .npy file does.", pointer)
    size = _LENGTH_BYTES.get(start[6:8])
    if size is None:
        raise _unreadable("It is not of version 1.0, 2.0 or 3.0.", pointer)
    length = int.from_bytes(start[8 : 8 + size], "little")
    if length > _LONGEST_HEADER:
        raise _unreadable(f"Its header is longer than {_LONGEST_HEADER:,} bytes.", pointer)
    end = 8 + size + length
    if len(raw) < end:
        raise _unreadable("It ends within its header.", pointer)
    return _parse(bytes(raw[8 + size : end]), pointer), end


@lru_cache(maxsize=256)
def _parse(header: bytes, pointer: str) -> _Header:
    text = header.decode("latin-1").strip()
    values: dict[str, str | bool | tuple[int, ...]] = {}
    position = 1
    while entry := _ENTRY.match(text, position):
        key, flag, sizes = entry["key"], entry["flag"], entry["sizes"]
        if key in values:
            raise _unreadable(f"Its header has {key} twice.", pointer)
        if flag is not None:
            values[key] = flag == "True"
        elif sizes is not None:
            values[key] = tuple(map(int, re.findall("[0-9]+", sizes)))
        else:
            values[key] = entry["text"]
        position = entry.end()
    whole = text.startswith("{") and text[position:].strip() == "}"
    match values:
        case {"descr": str(descr), "fortran_order": bool(fortran), "shape": tuple(shape)} if whole:
            return _Header(descr, fortran, shape)
    if re.search(r"""['"]descr['"]\s*:\s*\[""", text):
        raise refuse_dtype("records of several fields", pointer)
    raise _unreadable("Its header has not just descr, fortran_order and shape.", pointer)


def _unreadable(detail: str, pointer: str) -> TensorError:
    return TensorError(
        "npy_unreadable",
        detail,
        pointer=pointer,
        hint="Write it with numpy.save(file, array).",
    )
