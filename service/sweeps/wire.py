"""Sweeps as JSON: columns read strictly, results written as lists or as base64.

::

    {"op": "conv2d", "input": {"start": 32, "stop": 512}, "kernel_size": [3, 5, ...], "stride": 2,
     "padding": "same", "filters": {"dtype": "int32", "data": "EAAAABAAAAA..."}}
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, NoReturn

import numpy as np

from service.packed import read_base64, write_packed
from service.shapes import MAX_SIZE, ParameterError, UnknownError
from service.shapes.dialects.refusals import refuse_missing, refuse_type, suggestion
from service.steps import Tell, tell_nobody
from service.sweeps.columns import SweepError, check_rows, grid
from service.sweeps.engine import RESULTS, Sweep, sweep
from service.sweeps.operations import CODES, find

if TYPE_CHECKING:
    from service.sweeps.columns import Ints

__all__ = ["ENCODINGS", "Encoding", "SweepRequest", "read_sweep", "write_sweep"]

Encoding = Literal["lists", "base64"]

ENCODINGS: Final[tuple[Encoding, ...]] = ("lists", "base64")
"""How results may be written."""

DTYPES: Final = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64")
"""What base64 may hold; little-endian."""

_MOST: Final = 2**53


class SweepRequest(NamedTuple):
    """A sweep as it was asked for: what :func:`sweep` takes, and how to write the answer."""

    framework: str
    op: str
    columns: dict[str, Any]
    results: list[str] | None
    encoding: Encoding

    @property
    def longest(self) -> int:
        """Entries of the longest column; 1 if all are numbers."""
        return max((len(c) for c in self.columns.values() if isinstance(c, Sized)), default=1)

    def run(self, tell: Tell = tell_nobody) -> Sweep:
        """Infer all rows, or raise ShapeError."""
        return sweep(self.op, self.columns, self.framework, self.results, tell=tell)


def read_sweep(document: Mapping[str, object]) -> SweepRequest:
    """Read a sweep from its JSON form.

    ``op``, ``framework``, ``results`` (see :func:`sweep`), ``encoding`` and ``grid`` stand beside
    the columns. A column is a whole number, a list of them, a range {start, stop, step}, of which
    stop is no part, or {dtype, data} with base64 (little-endian; ``shape`` may say how many). With
    ``grid`` the columns need not be equally long: each entry is combined with each of the others.
    Raises ShapeError with a pointer into the document; no array is made that is longer than
    ``MAX_ROWS``.
    """
    if not isinstance(document, Mapping):
        refuse_type(document, "", "an object with op and columns")
    fields = dict(document)
    op, framework = fields.pop("op", None), fields.pop("framework", None)
    if op is None:
        refuse_missing("op")
    swept = find("textbook" if framework is None else framework, op)
    results, crossed = fields.pop("results", None), fields.pop("grid", None)
    if results is not None and type(results) is not list:
        refuse_type(results, "/results", f"a list of {', '.join(RESULTS)}")
    if crossed is not None and type(crossed) is not bool:
        refuse_type(crossed, "/grid", "true or false")
    encoding = _read_encoding(fields.pop("encoding", None))
    columns = {name: _read_column(name, value) for name, value in fields.items()}
    return SweepRequest(
        swept.framework, swept.op, grid(columns) if crossed else columns, results, encoding
    )


def write_sweep(swept: Sweep, encoding: Encoding = "lists") -> dict[str, object]:
    """Put a sweep into a dict of JSON types.

    ``codes`` names the numbers in ``code``, and ``refused`` counts those that are not 0. In lists
    the results of refused rows are null; in base64, which is little-endian, they are 0.
    """
    refused = np.flatnonzero(swept.code).tolist()
    written: dict[int, object] = {}
    for array in swept.results.values():
        if id(array) not in written:
            written[id(array)] = _write(array, encoding, refused)
    return {
        "framework": swept.framework,
        "op": swept.op,
        "rows": swept.rows,
        "results": {name: written[id(array)] for name, array in swept.results.items()},
        "code": _write(swept.code, encoding, []),
        "codes": list(CODES),
        "refused": swept.refused,
    }


def _write(array: Ints, encoding: Encoding, nulls: list[int]) -> object:
    if encoding == "base64":
        return write_packed(array)
    numbers: list[int | None] = array.tolist()
    for row in nulls:
        numbers[row] = None
    return numbers


def _read_encoding(value: object) -> Encoding:
    if value is None:
        return "lists"
    if type(value) is not str:
        refuse_type(value, "/encoding", f"one of {', '.join(ENCODINGS)}")
    for encoding in ENCODINGS:
        if encoding == value:
            return encoding
    raise ParameterError(
        "bad_encoding_value",
        f"`encoding` cannot be `{value[:64]}`.",
        pointer="/encoding",
        hint=suggestion(value, ENCODINGS, "one of"),
    )


def _read_column(name: str, value: object) -> Any:
    """Make an array of a range or of base64; whatever else there is goes on as it is."""
    if not isinstance(value, Mapping):
        return value
    pointer = "/" + name[:64].replace("~", "~0").replace("/", "~1")
    if "data" in value:
        _check_fields(value, pointer, ("shape", "dtype", "data"))
        return _read_base64(value, pointer)
    _check_fields(value, pointer, ("start", "stop", "step"))
    start, stop, step = [_read_bound(value, pointer, part) for part in ("start", "stop", "step")]
    if step == 0:
        raise ParameterError(
            "range_without_step",
            "A range of step 0 never ends.",
            pointer=f"{pointer}/step",
            hint="at least 1, or at most -1 to count down",
        )
    rows = max(-((start - stop) // step) if step > 0 else -((stop - start) // -step), 0)
    check_rows(rows, pointer)
    return np.arange(start, start + rows * step, step, dtype=np.int64)


def _read_bound(value: Mapping[str, object], pointer: str, part: str) -> int:
    found = value.get(part)
    if found is None and part != "stop":
        return 0 if part == "start" else 1
    if type(found) is not int:
        refuse_type(found, f"{pointer}/{part}", "a whole number")
    if abs(found) > _MOST:
        raise ParameterError(
            "number_too_large",
            "A range ends within ±2**53.",
            pointer=f"{pointer}/{part}",
            hint=f"at most {MAX_SIZE}, as no size is larger",
        )
    return found


def _read_base64(value: Mapping[str, object], pointer: str) -> Ints:
    dtype, data, shape = value.get("dtype"), value.get("data"), value.get("shape")
    if type(dtype) is not str or dtype not in DTYPES:
        raise ParameterError(
            "dtype_not_supported",
            f"`dtype` cannot be {dtype[:64] if isinstance(dtype, str) else 'that'}.",
            pointer=f"{pointer}/dtype",
            hint=f"one of {', '.join(DTYPES)}",
        )
    if type(data) is not str:
        refuse_type(data, f"{pointer}/data", "base64")
    little = np.dtype(dtype).newbyteorder("<")
    check_rows((len(data) // 4 * 3 - 2) // little.itemsize, pointer)
    try:
        decoded = read_base64(data)
    except ValueError:
        _refuse_base64("This is no base64.", pointer)
    if len(decoded) % little.itemsize:
        _refuse_base64(f"{len(decoded)} bytes are no whole number of {dtype}.", pointer)
    array = np.frombuffer(decoded, little)
    if shape is not None and shape != [len(array)]:
        raise SweepError(
            "columns_of_unequal_length",
            f"`data` holds {len(array)} numbers, which is not what `shape` says.",
            pointer=f"{pointer}/shape",
            hint=f"[{len(array)}]",
        )
    return array.astype(dtype, copy=False)


def _refuse_base64(detail: str, pointer: str) -> NoReturn:
    raise ParameterError(
        "base64_unreadable",
        detail,
        pointer=f"{pointer}/data",
        hint="the bytes of little-endian whole numbers in base64, with its padding",
    )


def _check_fields(value: Mapping[str, object], pointer: str, fields: tuple[str, ...]) -> None:
    for field in value:
        if field not in fields:
            name = str(field)[:64]
            raise UnknownError(
                "unknown_field",
                f"`{name}` is no field of such a column.",
                pointer=pointer,
                hint=suggestion(name, fields, "its fields"),
            )
