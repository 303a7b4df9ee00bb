"""Large JSON, as strict as the rest and an order of magnitude faster: orjson and numpy.

orjson by itself is not strict: it keeps the last of two equal keys, makes a double of a whole
number beyond 64 bits, and writes NaN as null. :func:`read_large` lets it read a text only if
counting shows that none of that can have happened; :func:`write_arrays` writes arrays that were
checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["read_large", "write_arrays"]

_ANY_CASE: Final = 0x20  # turns [ and ] into { and }
_OPEN, _CLOSE, _COLON, _ZERO, _POINT = b"{}:0."
_EXACT_DIGITS: Final = 18
"""Digits that any 64-bit integer may have."""

_AT_ONCE: Final = 32_768
"""Numbers written in one call; other threads get their turn in between."""


def read_large(raw: bytes, max_depth: int) -> Any:
    """The value of a JSON text; None where it is not sure to be strict, or says null.

    What is refused here may still be right: it is for the careful reader to say, and to explain.
    """
    if raw[:1] not in (b"{", b"["):
        return None
    codes = np.frombuffer(raw, np.uint8)
    if _depth(codes) > max_depth or _has_long_integer(codes):
        return None
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    objects, members = _count(value)
    # Equal only if no key was dropped, and no object stands where the count did not look.
    exact = objects == np.count_nonzero(codes == _OPEN)
    return value if exact and members == np.count_nonzero(codes == _COLON) else None


def _depth(codes: np.ndarray[Any, Any]) -> int:
    """Levels of brackets, those in strings counted as well."""
    folded = codes | _ANY_CASE
    opens = folded == _OPEN
    places = np.flatnonzero(opens | (folded == _CLOSE))
    steps = opens[places].astype(np.int32) * 2 - 1
    return int(steps.cumsum().max(initial=0))


def _has_long_integer(codes: np.ndarray[Any, Any]) -> bool:
    """Whether digits that may be a whole number of more than 18 stand somewhere."""
    digit = (codes - _ZERO) < 10
    run = digit[:-1] & digit[1:]  # of 2 digits from here on
    run = run[:-2] & run[2:]
    run = run[:-4] & run[4:]
    run = run[:-8] & run[8:]  # of 16
    run = run[:-3] & run[3:]
    starts = np.flatnonzero(run)
    return bool((~digit[starts - 1] & (codes[starts - 1] != _POINT)).any())


def _count(value: Any) -> tuple[int, int]:
    """Objects, and members of all of them, as far as lists begin with an object."""
    objects = members = 0
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if type(one) is dict:
            objects += 1
            members += len(one)
            waiting.extend(one.values())
        elif type(one) is list and one and type(one[0]) is dict:
            waiting.extend(one)
    return objects, members


def write_arrays(value: object, dumps: Callable[[object], str]) -> bytes:
    """A line of strict JSON of plain data with arrays in it; ``dumps`` writes all but those.

    Arrays of float32 are written with the digits that float32 needs. Raises ValueError for NaN and
    infinities.
    """
    return b"".join([*_pieces(value, dumps), b"\n"])


def _pieces(value: object, dumps: Callable[[object], str]) -> Iterator[bytes]:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        yield dumps((value + 0).item()).encode()
    elif isinstance(value, np.ndarray):
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise ValueError("Out of range float values are not JSON compliant")
        yield from _rows(np.asarray(value + 0, order="C"))  # -0.0 + 0 is 0.0
    elif isinstance(value, str):
        yield orjson.dumps(value)
    elif isinstance(value, dict):
        for index, (key, inner) in enumerate(value.items()):
            yield (("," if index else "{") + dumps(key) + ":").encode()
            yield from _pieces(inner, dumps)
        yield b"}" if value else b"{}"
    elif isinstance(value, list) and any(isinstance(one, dict | np.ndarray) for one in value):
        for index, inner in enumerate(value):
            yield b"," if index else b"["
            yield from _pieces(inner, dumps)
        yield b"]"
    else:
        yield dumps(value).encode()


def _rows(array: np.ndarray[Any, Any]) -> Iterator[bytes]:
    """One array, in pieces if it is large."""
    if array.ndim < 2 or array.size <= _AT_ONCE:
        yield orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)
        return
    for index, row in enumerate(array):
        yield b"," if index else b"["
        yield from _rows(row)
    yield b"]"
