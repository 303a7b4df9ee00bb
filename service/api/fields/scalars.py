"""Single values: numbers, text, flags, choices, moments."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from service.api.fields.base import JSONSchema, Strict, Writer, fault, kind_of, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "MAX_WHOLE",
    "Anything",
    "Choice",
    "Day",
    "Flag",
    "Identifier",
    "Moment",
    "Number",
    "Text",
    "WholeNumber",
    "moment_text",
    "read_whole",
]

MAX_WHOLE: Final = 2**31 - 1
"""Largest whole number, of either sign, that a parameter of a layer may have."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_IN_LINES: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WHOLE_TEXT: Final = re.compile(r"[+-]?[0-9]{1,18}")


def read_whole(value: object, minimum: int, maximum: int) -> int:
    """``value`` as a whole number within bounds; raises the error of a field.

    A float without a fraction counts: JSON knows one kind of number, and JSON Schema takes 3.0
    for an integer.
    """
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        found = "a fraction" if type(value) is float else kind_of(value)
        raise fault(f"It must be a whole number, not {found}.")
    if minimum <= value <= maximum:
        return value
    side, bound = ("at least", minimum) if value < minimum else ("at most", maximum)
    shown = str(value) if abs(value) < 10**20 else f"a number of {len(str(abs(value)))} digits"
    raise fault(f"It must be {side} {bound}, not {shown}.", f"nearest: {bound}")


class WholeNumber(Strict):
    """A whole number between bounds, both included."""

    wanted = "a whole number"

    def __init__(self, minimum: int = -MAX_WHOLE, maximum: int = MAX_WHOLE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum = minimum
        self.maximum = maximum

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        return read_whole(value, self.minimum, self.maximum)

    def read_text(self, text: str) -> object:
        """The number that ``text`` writes in ASCII digits, else the text (and so an error)."""
        return int(text) if _WHOLE_TEXT.fullmatch(text) else text

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An integer with its bounds."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


class Formula(Strict):
    """A whole number that an answer has, or the formula in named sizes that it comes to."""

    wanted = "a whole number or a formula"

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An integer or a string."""
        return {"oneOf": [{"type": "integer"}, {"type": "string"}]}


class Number(Strict):
    """A finite number between bounds, both included."""

    wanted = "a number"

    def __init__(self, minimum: float = -1e15, maximum: float = 1e15, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum = minimum
        self.maximum = maximum

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> float:
        if type(value) not in (int, float) or (type(value) is float and math.isnan(value)):
            self.refuse(value)
        if self.minimum <= value <= self.maximum:
            return float(value)
        side, bound = (
            ("at least", self.minimum) if value < self.minimum else ("at most", self.maximum)
        )
        raise fault(f"It must be {side} {bound:g}.", f"nearest: {bound:g}")

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A number with its bounds."""
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


class Text(Strict):
    """Text of ``shortest`` to ``longest`` characters, without control characters.

    ``lines`` lets tabs and line breaks through. ``pattern`` narrows it further (it must match the
    whole text), and ``wanted`` then says in words what it allows.
    """

    wanted = "text"

    def __init__(
        self,
        longest: int,
        *,
        shortest: int = 0,
        lines: bool = False,
        pattern: str | None = None,
        wanted: str = "text",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.longest = longest
        self.shortest = shortest
        self.refused = _CONTROL_IN_LINES if lines else _CONTROL
        self.pattern = re.compile(pattern) if pattern else None
        self.wanted = wanted

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        if type(value) is not str:
            self.refuse(value)
        if len(value) > self.longest:
            raise fault(
                f"It has {len(value):,} characters; at most {self.longest:,} are taken.",
                "shorten it",
            )
        if len(value) < self.shortest:
            raise fault("It is too short." if value else "It is empty.", f"give {self.wanted}")
        found = self.refused.search(value)
        if found:
            place, name = found.start() + 1, f"U+{ord(found.group()):04X}"
            raise fault(f"Character {place} is a control character ({name}).", "leave it out")
        if self.pattern and not self.pattern.fullmatch(value):
            raise fault(f"It must be {self.wanted}.")
        return value

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A string with its bounds."""
        schema: JSONSchema = {"type": "string", "maxLength": self.longest}
        if self.shortest:
            schema["minLength"] = self.shortest
        if self.pattern:
            schema["pattern"] = f"^(?:{self.pattern.pattern})$"
        return schema


class Identifier(Text):
    """An id as this service makes them: a UUID, a slug."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            128,
            shortest=1,
            pattern="[A-Za-z0-9][A-Za-z0-9._-]*",
            wanted="an id: letters, digits, dots, dashes and underscores",
            **kwargs,
        )


class Flag(Strict):
    """True or false; in an address the words ``true`` and ``false``."""

    wanted = "true or false"

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if type(value) is not bool:
            self.refuse(value)
        return value

    def read_text(self, text: str) -> object:
        """``true`` or ``false``, else the text (and so an error)."""
        return {"true": True, "false": False}.get(text, text)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A boolean."""
        return {"type": "boolean"}


class Choice(Strict):
    """One of a few words; a near miss is told what was probably meant."""

    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = tuple(choices)
        self.wanted = "one of " + ", ".join(f"`{choice}`" for choice in self.choices)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        if type(value) is not str:
            self.refuse(value)
        if value not in self.choices:
            raise fault("There is no such choice.", nearest(value, self.choices))
        return value

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A string out of a list."""
        return {"type": "string", "enum": list(self.choices)}


def moment_text(moment: datetime) -> str:
    """A moment as answers write it: in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Moment(Strict):
    """A moment as RFC 3339 writes it, with its zone; written in UTC, to the millisecond."""

    wanted = "a moment such as 2026-11-23T04:10:00Z"

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> datetime:
        if type(value) is not str or len(value) > 40 or not value.isascii():
            self.refuse(value)
        try:
            moment = datetime.fromisoformat(value)
            if "T" in value and moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise fault("It is no moment with a zone.", f"give {self.wanted}")

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str | None:
        return None if value is None else moment_text(value)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A string of the format date-time."""
        return {"type": "string", "format": "date-time"}


class Day(Strict):
    """A date, for answers only; which zone's is said beside it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(dump_only=True, **kwargs)

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        text: str = value.isoformat()
        return text

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A string of the format date."""
        return {"type": "string", "format": "date"}


class Anything(Strict):
    """Any JSON, for answers only: it is written as it is and never read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(dump_only=True, **kwargs)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """No restriction."""
        return {}
