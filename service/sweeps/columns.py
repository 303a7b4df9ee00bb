"""Columns as they come in: whole numbers, one for all rows or one for each."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from service.shapes import ParameterError, ShapeError
from service.shapes.dialects.refusals import refuse_type

__all__ = [
    "MAX_ROWS",
    "Column",
    "Ints",
    "SweepError",
    "check_rows",
    "grid",
    "read_column",
    "row_count",
]

Ints: TypeAlias = NDArray[Any]
"""An array of one axis with whole numbers, one for each row."""

Column: TypeAlias = int | Ints
"""One number for all rows, or an array."""

MAX_ROWS: Final = 1_000_000
"""The most rows of one sweep."""

_BEYOND: Final = 2**62
"""What larger numbers are read as: too large for any layer, and safe to compute with."""


class SweepError(ShapeError):
    """Columns that are no sweep: ``too_many_rows``, ``columns_of_unequal_length``."""


def read_column(name: str, value: object) -> Column:
    """Read a number, a list of numbers or an array of integers with one axis.

    Arrays of 32 and 64 bits are taken as they are, all others are copied. Numbers beyond ±2**62
    come out as ±2**62, which no layer takes either. Raises ParameterError (``wrong_type``) for
    whatever else it finds, and SweepError for more than ``MAX_ROWS``.
    """
    pointer = f"/{name}"
    if isinstance(value, np.integer) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if type(value) is int:
        return min(max(value, -_BEYOND), _BEYOND)
    if isinstance(value, list | tuple | range):
        check_rows(len(value), pointer)
        return _from_list(value, pointer)
    if not isinstance(value, np.ndarray):
        refuse_type(value, pointer, "a whole number, or a list or an array of them")
    return _from_array(value, name)


def _from_array(value: Ints, name: str) -> Ints:
    if value.dtype.kind not in "iu" or value.ndim > 1:
        raise ParameterError(
            "wrong_type",
            f"`{name}` cannot be an array of {value.dtype} with {value.ndim} axes.",
            pointer=f"/{name}",
            hint="an array of int32 or int64 with one axis",
        )
    check_rows(len(value), f"/{name}")
    if value.dtype in (np.int32, np.int64) and value.dtype.isnative:
        return value
    if value.dtype.kind == "u" and value.dtype.itemsize == 8:
        return np.minimum(value, _BEYOND).astype(np.int64)
    return value.astype(np.int32 if value.dtype.itemsize < 4 else np.int64)


def _from_list(value: list[Any] | tuple[Any, ...] | range, pointer: str) -> Ints:
    if type(value) is not range and not set(map(type, value)) <= {int}:
        index = next(index for index, number in enumerate(value) if type(number) is not int)
        refuse_type(value[index], f"{pointer}/{index}", "a whole number")
    try:
        return np.fromiter(value, np.int64, len(value))
    except OverflowError:
        return np.array([min(max(number, -_BEYOND), _BEYOND) for number in value], np.int64)


def row_count(columns: Mapping[str, Column]) -> int:
    """Count the rows, or raise SweepError if columns differ; 1 if there are only numbers."""
    rows, first = 1, ""
    for name, column in columns.items():
        if isinstance(column, int):
            continue
        if first and len(column) != rows:
            raise SweepError(
                "columns_of_unequal_length",
                f"`{name}` has {len(column)} rows, `{first}` has {rows}.",
                pointer=f"/{name}",
                hint=f"a number for all rows, or {rows} of them",
            )
        rows, first = len(column), name
    return rows


def grid(columns: Mapping[str, object]) -> dict[str, Any]:
    """Combine every entry of each list with every entry of all others.

    What comes out are columns of equal length, in which the last list runs fastest; numbers and
    words stay what they are. Raises what :func:`read_column` raises, and SweepError if the lists
    make more than ``MAX_ROWS`` combinations, before any is made.
    """
    read = {
        name: value if isinstance(value, str | bool) else read_column(name, value)
        for name, value in columns.items()
        if value is not None
    }
    lengths = [len(column) for column in read.values() if isinstance(column, np.ndarray)]
    rows = prod(lengths)
    check_rows(rows, "")
    crossed: dict[str, Any] = {}
    every = rows
    for name, column in read.items():
        crossed[name] = column
        if isinstance(column, np.ndarray):
            every //= max(len(column), 1)
            times = rows // max(every * len(column), 1)
            crossed[name] = np.tile(np.repeat(column, every), times)
    return crossed


def check_rows(rows: int, pointer: str) -> None:
    """Refuse more than ``MAX_ROWS``."""
    if rows > MAX_ROWS:
        raise SweepError(
            "too_many_rows",
            f"A sweep of {rows:,} rows is too long.",
            pointer=pointer,
            hint=f"at most {MAX_ROWS:,} rows; cut it into several",
        )
