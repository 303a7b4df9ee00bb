"""Strict JSON, both ways: the only place where the service reads or writes it.

Read: UTF-8 (no byte order mark), no NaN or Infinity, no number beyond a double (``1e400``), no
duplicate keys, no lone surrogates, at most :data:`MAX_DEPTH` levels. Whole numbers of up to 4,300
digits are read exactly; whoever takes them bounds them. Written: the same, and compact. What is
large is read, and arrays are written, by :mod:`service.api.arrays`, as strictly.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

from flask import Response
from flask.json.provider import JSONProvider

from service.api.arrays import read_large, write_arrays

__all__ = ["MAX_DEPTH", "MalformedJSONError", "StrictJSON", "dumps", "dumps_arrays", "loads"]

MAX_DEPTH: Final = 64
"""Levels of lists and objects inside one another that a request may have."""

_LARGE: Final = 2048  # bytes of a text for which counting first pays

_LOCATE_LIMIT: Final = 65_536  # characters searched to say where in a refused text the fault is

# A double overflows only with an exponent of three digits, or with 209 digits and one of two.
_DIGITS_ALIKE: Final = bytes.maketrans(b"123456789E", b"000000000e")
_MAY_OVERFLOW: Final = (b"e000", b"e+000", b"0" * 200)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_ESCAPED_BYTE: Final = re.compile(rb"\\.", re.DOTALL)
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_STRUCTURE: Final = b'[]{}"'
_NOT_STRUCTURE: Final = bytes(set(range(256)) - set(_STRUCTURE))
_MANY_DIGITS: Final = re.compile(rf"{_STRING}|(-?[0-9]{{4300,}})")


class MalformedJSONError(ValueError):
    """A text that is not the strict JSON of this service.

    ``detail`` says what is wrong with it, ``line`` and ``column`` (from 1) where, if known, and
    ``hint`` what would be right.
    """

    def __init__(
        self, detail: str, *, line: int | None = None, column: int | None = None, hint: str = ""
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.line = line
        self.column = column
        self.hint = hint

    @property
    def place(self) -> str:
        """Where the fault is, as ``line 1, column 12``; empty if that isn't known."""
        return "" if self.line is None else f"line {self.line}, column {self.column}"


class _RefusedError(ValueError):
    """Raised inside the decoder, which does not say where it stands."""

    def __init__(self, detail: str, hint: str, token: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.token = token


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        name = json.dumps(key if len(key) <= 64 else key[:64] + "…")
        raise _RefusedError(
            f"The key {name} stands twice in one object.", "give each key once", json.dumps(key)
        )
    return members


def _no_constant(name: str) -> NoReturn:
    raise _RefusedError(f"{name} is not a JSON number.", "give a finite number", name)


def _finite_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        shown = text if len(text) <= 32 else text[:32] + "…"
        raise _RefusedError(
            f"The number {shown} is larger than a double can hold.",
            "give a number below 1.8e308",
            text,
        )
    return value


_FAST: Final = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
_CAREFUL: Final = json.JSONDecoder(
    object_pairs_hook=_without_duplicates,
    parse_constant=_no_constant,
    parse_float=_finite_float,
)
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
)


def _at(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of a position in ``text``."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _locate(text: str, token: str) -> tuple[int | None, int | None]:
    """Line and column of ``token`` (its second place, if it is a key) outside other strings."""
    wanted = 2 if token.startswith('"') else 1
    pattern = re.compile(f"{_STRING}|{re.escape(token)}")
    for found in pattern.finditer(text, 0, _LOCATE_LIMIT):
        if found.group() == token:
            wanted -= 1
            if not wanted:
                return _at(text, found.start())
    return None, None


def _check_depth(raw: bytes) -> None:
    """Refuse what is nested deeper than :data:`MAX_DEPTH`, before any parser recurses into it.

    Brackets are peeled off from the inside, one level at a time, by C code alone; what no longer
    pairs up is left to the parser, which says where.
    """
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    if b"\\" in raw:
        raw = _ESCAPED_BYTE.sub(b"", raw)
    brackets = re.sub(rb'"[^"]*"?', b"", raw.translate(None, _NOT_STRUCTURE))
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not brackets:
            return
    unclosed = brackets.count(b"[") + brackets.count(b"{")
    if b"[]" in brackets or b"{}" in brackets or unclosed > MAX_DEPTH:
        raise MalformedJSONError(
            f"It is nested deeper than {MAX_DEPTH} levels.",
            hint=f"use at most {MAX_DEPTH} lists or objects inside one another",
        )


def _check_surrogates(text: str) -> None:
    """Refuse ``\\ud800`` to ``\\udfff`` that are not a pair of high and low."""
    high_end = -1
    for escape in _ESCAPE.finditer(text):
        digits = escape.group(1)
        unit = int(digits, 16) if digits else 0
        is_low = 0xDC00 <= unit <= 0xDFFF
        if is_low and escape.start() == high_end:
            high_end = -1
            continue
        if is_low or high_end >= 0:
            break
        if 0xD800 <= unit <= 0xDBFF:
            high_end = escape.end()
    else:
        if high_end < 0:
            return
    line, column = _at(text, escape.start())
    raise MalformedJSONError(
        "A string holds half of a surrogate pair, which is no character.",
        line=line,
        column=column,
        hint="write characters beyond U+FFFF as UTF-8 or as a whole pair",
    )


def loads(raw: bytes | str) -> Any:
    """Read strict JSON. Raises :class:`MalformedJSONError` for anything else."""
    if isinstance(raw, str):
        raw = raw.encode("utf-8", "surrogatepass")
    if len(raw) >= _LARGE:
        value = read_large(raw, MAX_DEPTH)
        if value is not None:
            return value
    return _loads_carefully(raw)


def _loads_carefully(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJSONError(
            f"It is not UTF-8: byte {error.start} cannot be read.", hint="send UTF-8"
        ) from None
    if not text.strip(" \t\r\n"):
        raise MalformedJSONError("It is empty.", hint="send one JSON value")
    _check_depth(raw)
    if b"\\u" in raw:
        _check_surrogates(text)
    alike = raw.translate(_DIGITS_ALIKE)
    decoder = _CAREFUL if any(mark in alike for mark in _MAY_OVERFLOW) else _FAST
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedJSONError(f"{error.msg}.", line=error.lineno, column=error.colno) from None
    except _RefusedError as error:
        line, column = _locate(text, error.token)
        raise MalformedJSONError(error.detail, line=line, column=column, hint=error.hint) from None
    except ValueError:  # more digits than Python turns into a whole number
        found = next((m for m in _MANY_DIGITS.finditer(text) if m.group(1)), None)
        line, column = _at(text, found.start()) if found else (None, None)
        raise MalformedJSONError(
            "A whole number has more than 4,300 digits.",
            line=line,
            column=column,
            hint="give a shorter number",
        ) from None


def dumps(value: object) -> str:
    """Write strict, compact JSON. Raises ``ValueError`` for NaN and infinities."""
    return _ENCODER.encode(value)


def dumps_arrays(value: object) -> bytes:
    """A line of it in UTF-8, for what may have numpy arrays in its objects and lists."""
    return write_arrays(value, dumps)


class StrictJSON(JSONProvider):
    """Flask's JSON, read and written by this module."""

    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        """Write ``obj`` strictly."""
        return dumps(obj)

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """Read ``s`` strictly."""
        return loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Make an ``application/json`` answer."""
        return Response(
            dumps(self._prepare_response_obj(args, kwargs)) + "\n", mimetype="application/json"
        )
