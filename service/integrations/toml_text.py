"""Writing TOML (1.0): what ``tomllib`` reads as the same values again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["toml_text"]

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(table: Mapping[str, Any]) -> Iterator[str]:
    """The lines ``name = value`` of a table of texts, finite numbers, flags, lists and tables.

    Tables in it are written within their line; a list of tables has a line for each.
    """
    for name, value in table.items():
        if isinstance(value, str) and "\n" in value:
            yield f"{_key(name)} = {_long(value)}"
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            items = "".join(f"    {_inline(item)},\n" for item in value)
            yield f"{_key(name)} = [\n{items}]"
        else:
            yield f"{_key(name)} = {_inline(value)}"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _string(name)


def _string(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for the sign that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _long(text: str) -> str:
    """A string over several lines; the first line break after the quotes is none of it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r")
    return f'"""\n{escaped}"""'


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(name)} = {_inline(one)}" for name, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline, value))}]"
    return _string(value) if isinstance(value, str) else json.dumps(value)
