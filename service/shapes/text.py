"""Sizes and parameters as text, for addresses and the command line.

::

    28x28x3    sizes (x, ×, * or a comma between them)     3      one number for all axes
    same       a word                                      0:1    padding before:after
    0:1x0:1    a pair for each axis                        true   a flag
    0.5        a number                                    null   not given, or the input's size
    8x8x3;8x8x5    several shapes

Only the notation is read here; whether the numbers make a layer is the dialects' question.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NoReturn

from service.shapes.errors import ParameterError

if TYPE_CHECKING:
    from service.shapes.parameters import Parameter, ParameterKind

__all__ = ["read_named_shape_text", "read_shape_text", "read_text", "write_text"]

_LONGEST: Final = 200
_BETWEEN: Final = re.compile(r"\s*[x×X*,]\s*")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_REAL: Final = re.compile(
    r"[+-]?([0-9]{1,19}(\.[0-9]{0,19})?|\.[0-9]{1,19})(e[+-]?[0-9]{1,2})?", re.ASCII
)
_WORD: Final = re.compile(r"[A-Za-z_]+", re.ASCII)
_FLAGS: Final = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
_HINTS: Final[dict[ParameterKind, str]] = {
    "count": "a whole number such as 16",
    "number": "a number such as 0.5",
    "sizes": "a number such as 3, or one for each axis such as 3x5",
    "numbers": "a number such as 2, or one for each axis such as 1.5x2",
    "output": "a number such as 7, or one for each axis such as 7xnull",
    "padding": "a word such as same, a number such as 1, or one for each axis such as 1x2",
    "sides": "a number such as 3, or two for each axis such as 0x1x0x1",
    "flag": "true or false",
    "choice": "a word",
    "shapes": "shapes such as 8x8x3;8x8x5",
}


def read_text(parameter: Parameter, text: str) -> object:
    """Read the text of ``parameter`` into the JSON value that it stands for.

    ``null`` is read as None: not given. Raises ParameterError where the text is no such value.
    """
    text = text.strip()
    hint = _HINTS[parameter.kind]
    if parameter.kind == "choice":
        hint = "one of " + ", ".join(parameter.choices)
    elif parameter.pairs:
        hint += ", or a pair for each axis such as 0:1x0:1"
    pointer = f"/{parameter.name}"
    if not text or len(text) > _LONGEST:
        _refuse(text, pointer, hint)
    if text == "null":
        return None
    return _READERS[parameter.kind](parameter, text, pointer, hint)


def read_shape_text(text: str) -> list[int]:
    """Read ``28x28x3`` into [28, 28, 3], or raise ParameterError."""
    text = text.strip()
    hint = "sizes such as 28x28x3"
    if not text or len(text) > _LONGEST:
        _refuse(text, "/input_shape", hint)
    return [_number(part, text, "/input_shape", hint) for part in _BETWEEN.split(text)]


def read_named_shape_text(text: str) -> list[int | str]:
    """Read ``NxHxWx3`` into ["N", "H", "W", 3], or raise ParameterError; every x separates."""
    text = text.strip()
    hint = "sizes such as 28x28x3, or names of sizes such as HxWx3"
    if not text or len(text) > _LONGEST:
        _refuse(text, "/input_shape", hint)
    return [
        part if part[:1].isalpha() else _number(part, text, "/input_shape", hint)
        for part in _BETWEEN.split(text)
    ]


def write_text(value: object, parameter: Parameter | None = None) -> str:
    """Write a JSON value as the text that :func:`read_text` reads back.

    A list of lists is pairs for each axis unless ``parameter`` takes shapes.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        if parameter is not None and parameter.kind == "shapes":
            return ";".join(map(write_text, value))
        return "x".join(
            ":".join(map(str, entry)) if isinstance(entry, list | tuple) else write_text(entry)
            for entry in value
        )
    return str(value)


def _read_flag(_: Parameter, text: str, pointer: str, hint: str) -> object:
    if text.lower() not in _FLAGS:
        _refuse(text, pointer, hint)
    return _FLAGS[text.lower()]


def _read_choice(_: Parameter, text: str, __: str, ___: str) -> object:
    return text


def _read_count(_: Parameter, text: str, pointer: str, hint: str) -> object:
    return _number(text, text, pointer, hint)


def _read_real(_: Parameter, text: str, pointer: str, hint: str) -> object:
    return _real(text, text, pointer, hint)


def _read_padding(parameter: Parameter, text: str, pointer: str, hint: str) -> object:
    if _WORD.fullmatch(text):
        return text
    return _read_sizes(parameter, text, pointer, hint)


def _read_sizes(parameter: Parameter, text: str, pointer: str, hint: str) -> object:
    values = [
        _pair(part, text, pointer, hint)
        if parameter.pairs and ":" in part
        else _number(part, text, pointer, hint)
        for part in _BETWEEN.split(text)
    ]
    only_number = len(values) == 1 and isinstance(values[0], int)
    return values[0] if only_number else values


def _read_reals(_: Parameter, text: str, pointer: str, hint: str) -> object:
    values = [_real(part, text, pointer, hint) for part in _BETWEEN.split(text)]
    return values[0] if len(values) == 1 else values


def _read_output(_: Parameter, text: str, pointer: str, hint: str) -> object:
    values = [
        None if part == "null" else _number(part, text, pointer, hint)
        for part in _BETWEEN.split(text)
    ]
    return values[0] if len(values) == 1 else values


def _read_shapes(_: Parameter, text: str, pointer: str, hint: str) -> object:
    return [
        [_number(part, text, pointer, hint) for part in _BETWEEN.split(shape.strip())]
        for shape in text.split(";")
    ]


_READERS: Final[dict[ParameterKind, Callable[[Parameter, str, str, str], object]]] = {
    "count": _read_count,
    "number": _read_real,
    "sizes": _read_sizes,
    "numbers": _read_reals,
    "output": _read_output,
    "padding": _read_padding,
    "sides": _read_sizes,
    "flag": _read_flag,
    "choice": _read_choice,
    "shapes": _read_shapes,
}


def _pair(part: str, text: str, pointer: str, hint: str) -> list[int]:
    before, _, after = part.partition(":")
    return [_number(before, text, pointer, hint), _number(after, text, pointer, hint)]


def _number(part: str, text: str, pointer: str, hint: str) -> int:
    if not _NUMBER.fullmatch(part):
        _refuse(text, pointer, hint)
    return int(part)


def _real(part: str, text: str, pointer: str, hint: str) -> float:
    if _NUMBER.fullmatch(part):
        return int(part)
    if not _REAL.fullmatch(part.lower()):
        _refuse(text, pointer, hint)
    return float(part)


def _refuse(text: str, pointer: str, hint: str) -> NoReturn:
    shown = text if len(text) <= 64 else text[:64] + "…"
    raise ParameterError(
        "wrong_type",
        f"`{pointer[1:]}` cannot be read from `{shown}`." if text else f"`{pointer[1:]}` is empty.",
        pointer=pointer,
        hint=hint,
    )
