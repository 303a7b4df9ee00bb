"""Taking plain data apart, field by field; what is wrong is written down, not raised.

The data come from TOML, JSON or the rows of a CSV file: whatever the format, a deck is read by the
same rules, and each fault says where it is, by its place in words and by a JSON pointer.
"""

from __future__ import annotations

import difflib
import re
import sys
from typing import Any, Final

from service.quiz.errors import DeckFault

__all__ = ["MAX_NAME", "MAX_TEXT", "SLUG", "Table"]

MAX_TEXT: Final = 10_000
MAX_NAME: Final = 200
SLUG: Final = "[a-z0-9]+(?:-[a-z0-9]+)*"
_SLUG: Final = re.compile(SLUG)
_MAX_SLUG: Final = 64
_MAX_ITEMS: Final = 100
_MAX_DEPTH: Final = 32
_MOST_GUESSED: Final = 100
"""Faults in a file from which on nothing is guessed at any more: each guess takes a while."""
_REFUSED: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
"""Control characters but for tabs and line breaks, half surrogate pairs, and those that turn the
direction of what follows: nobody sees them, and a text with them says another thing than it shows.
"""


class Table:
    """A table whose fields are taken out one by one.

    A field that is missing or wrong is taken as an empty one, so that one reading finds all.
    ``where`` is the place in words, ``pointer`` as a JSON pointer; both may be empty.
    """

    def __init__(
        self, value: object, faults: list[DeckFault], *, where: str = "", pointer: str = ""
    ) -> None:
        self.where = where
        self.pointer = pointer
        self._faults = faults
        self._taken: list[str] = []
        self._fields: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.problem("must be a table")

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    @property
    def problems(self) -> int:
        """How many were written down so far, here and elsewhere."""
        return len(self._faults)

    def problem(self, text: str, name: str = "", hint: str = "") -> None:
        """Write down what is wrong here, or with the field ``name``."""
        step = name.replace("~", "~0").replace("/", "~1")
        pointer = f"{self.pointer}/{step}" if name else self.pointer
        self._faults.append(DeckFault(pointer, self.where, text, hint))

    def text(self, name: str) -> str:
        """A text that must be there."""
        return self.optional_text(name, required=True) or ""

    def optional_text(
        self, name: str, *, required: bool = False, longest: int = MAX_TEXT
    ) -> str | None:
        """A text that is not blank."""
        value = self._take(name, required=required)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self.problem(f"{name} must be a text that says something", name)
            return None
        if len(value) > longest:
            self.problem(f"{name} has {len(value)} characters; {longest} are allowed", name)
        elif not self._is_clean(name, value):
            return None
        return value.strip()

    def slug(self, name: str) -> str:
        """A short name of small letters, digits and single hyphens."""
        value = self.text(name)
        if value and not (_SLUG.fullmatch(value) and len(value) <= _MAX_SLUG):
            self.problem(
                f"{name} “{value[:100]}” must be at most {_MAX_SLUG} small letters and digits, "
                "with single hyphens between them",
                name,
            )
        return value

    def word(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of a few words, the default if it is left out."""
        value = self._take(name, required=False)
        if value is None:
            return default
        if value not in choices:
            self.problem(f"{name} must be {', '.join(choices[:-1])} or {choices[-1]}", name)
            return default
        return str(value)

    def texts(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of texts, empty if it is left out."""
        value = self._take(name, required=required)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self.problem(f"{name} must be a list of texts", name)
            return ()
        longest = max((len(one) for one in value), default=0)
        if len(value) > _MAX_ITEMS or longest > MAX_NAME:
            self.problem(f"{name} may have {_MAX_ITEMS} texts of {MAX_NAME} characters each", name)
            return ()
        return tuple(value) if all(self._is_clean(name, one) for one in value) else ()

    def table(self, name: str) -> Table:
        """A table that must be there."""
        value = self._take(name, required=True)
        return self._inner({} if value is None else value, name, name)

    def optional_table(self, name: str) -> Table | None:
        """A table; None if it is left out."""
        value = self._take(name, required=False)
        return None if value is None else self._inner(value, name, name)

    def tables(
        self, name: str, longest: int = _MAX_ITEMS, *, required: bool = False
    ) -> list[Table]:
        """A list of tables, empty if it is left out; each is named by its number from 1."""
        value = self._take(name, required=required)
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(f"{name} must be a list of tables", name)
            return []
        if len(value) > longest:
            self.problem(f"{name} has {len(value)} entries; {longest} are allowed", name)
            return []
        return [
            self._inner(item, f"{name} {number}", f"{name}/{number - 1}")
            for number, item in enumerate(value, 1)
        ]

    def json(self, name: str, *, required: bool) -> dict[str, Any] | None:
        """A table of nothing but JSON types."""
        value = self._take(name, required=required)
        if value is None:
            return None
        if not isinstance(value, dict) or not _is_json(value):
            self.problem(
                f"{name} must be a table of texts, finite numbers, flags, lists, tables, at most "
                f"{_MAX_DEPTH} inside one another",
                name,
            )
            return None
        return value

    def value(self, name: str) -> Any:
        """Whatever is there; None if it is left out."""
        return self._take(name, required=False)

    def done(self) -> None:
        """Write down the fields that nobody asked for."""
        for name in self._fields:
            if name not in self._taken:
                few = len(self._faults) < _MOST_GUESSED
                close = difflib.get_close_matches(name[:100], self._taken, 1) if few else []
                self.problem(
                    f"unknown “{name[:100]}”" + (f": is it “{close[0]}”?" if close else ""),
                    name,
                    f"did you mean `{close[0]}`?" if close else f"one of {', '.join(self._taken)}",
                )

    def names(self) -> list[str]:
        """The names of all fields, which are taken with it."""
        self._taken += self._fields
        return list(self._fields)

    def _take(self, name: str, *, required: bool) -> Any:
        self._taken.append(name)
        value = self._fields.get(name)
        if required and value is None:
            self.problem(f"{name} is missing", name)
        return value

    def _inner(self, value: object, name: str, step: str) -> Table:
        where = f"{self.where}, {name}" if self.where else name
        return Table(value, self._faults, where=where, pointer=f"{self.pointer}/{step}")

    def _is_clean(self, name: str, text: str) -> bool:
        found = _REFUSED.search(text)
        if found:
            character = f"U+{ord(found.group()):04X}"
            self.problem(
                f"{name}: character {found.start() + 1} is one that nobody sees ({character})",
                name,
                "leave it out",
            )
        return not found


def _is_json(value: object, depth: int = 0) -> bool:
    """Whether JSON and TOML both have this value: TOML has dates and nan, JSON null.

    Both are then to be written and read anywhere: no deeper than most readers go, no number that
    is none as a double.
    """
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(_is_json(item, depth + 1) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return all(_is_json(item, depth + 1) for item in value)
    if isinstance(value, int | float):
        return abs(value) <= sys.float_info.max
    return isinstance(value, str) and not _REFUSED.search(value)
