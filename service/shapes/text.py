"""Sizes and parameters as text, for addresses and the command line.

::

    28x28x3    sizes (x, ×, * or a comma between them)     3      one number for all axes
    same       a word                                      0:1    padding before:after
    0:1x0:1    a pair for each axis                        true   a flag

Only the notation is read here; whether the numbers make a layer is the dialects' question.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn

from service.shapes.errors import ParameterError

if TYPE_CHECKING:
    from service.shapes.parameters import Parameter, ParameterKind

__all__ = ["read_shape_text", "read_text", "write_text"]

_LONGEST: Final = 200
_BETWEEN: Final = re.compile(r"\s*[x×X*,]\s*")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
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
    "sizes": "a number such as 3, or one for each axis such as 3x5",
    "padding": "a word such as same, a number such as 1, or one for each axis such as 1x2",
    "flag": "true or false",
    "choice": "a word",
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
    if parameter.kind == "flag":
        if text.lower() not in _FLAGS:
            _refuse(text, pointer, hint)
        return _FLAGS[text.lower()]
    if parameter.kind == "choice" or (parameter.kind == "padding" and _WORD.fullmatch(text)):
        return text
    if parameter.kind == "count":
        return _number(text, text, pointer, hint)
    values = [
        _pair(part, text, pointer, hint)
        if parameter.pairs and ":" in part
        else _number(part, text, pointer, hint)
        for part in _BETWEEN.split(text)
    ]
    only_number = len(values) == 1 and isinstance(values[0], int)
    return values[0] if only_number else values


def read_shape_text(text: str) -> list[int]:
    """Read ``28x28x3`` into [28, 28, 3], or raise ParameterError."""
    text = text.strip()
    hint = "sizes such as 28x28x3"
    if not text or len(text) > _LONGEST:
        _refuse(text, "/input_shape", hint)
    return [_number(part, text, "/input_shape", hint) for part in _BETWEEN.split(text)]


def write_text(value: object) -> str:
    """Write a JSON value as the text that :func:`read_text` reads back."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "x".join(
            ":".join(map(str, entry)) if isinstance(entry, list | tuple) else str(entry)
            for entry in value
        )
    return str(value)


def _pair(part: str, text: str, pointer: str, hint: str) -> list[int]:
    before, _, after = part.partition(":")
    return [_number(before, text, pointer, hint), _number(after, text, pointer, hint)]


def _number(part: str, text: str, pointer: str, hint: str) -> int:
    if not _NUMBER.fullmatch(part):
        _refuse(text, pointer, hint)
    return int(part)


def _refuse(text: str, pointer: str, hint: str) -> NoReturn:
    shown = text if len(text) <= 64 else text[:64] + "…"
    raise ParameterError(
        "wrong_type",
        f"`{pointer[1:]}` cannot be read from `{shown}`." if text else f"`{pointer[1:]}` is empty.",
        pointer=pointer,
        hint=hint,
    )
