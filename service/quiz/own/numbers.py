"""Numbers that an author chooses: one, a few to draw from, or a range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

__all__ = ["MOST_CHOICES", "Choices", "Number", "Value", "choices", "faults"]

Value: TypeAlias = int | str
"""What a number is: a whole number, a flag, or a word that stands in its place ("same")."""

Choices: TypeAlias = Sequence[Value]
"""What is drawn from, each equally likely."""

MOST_CHOICES: Final = 100
_RANGE: Final = ("from", "to", "step")


@dataclass(frozen=True, slots=True)
class Number:
    """One of the numbers that a template computes with.

    ``least`` and ``most`` bound it, None where it is no whole number; ``words`` are the other
    values that it may have, each with how the wording says it. Left out it is ``default``, or what
    the number ``like`` is; without either it has to be given. A ``secret`` one is what is asked,
    and can't be told.
    """

    name: str
    about: str
    least: int | None = 1
    most: int = 1024
    words: Mapping[Value, str] = field(default_factory=dict)
    default: Value | None = None
    like: str | None = None
    secret: bool = False

    def takes(self, value: object) -> bool:
        """Whether it may have this value."""
        if type(value) is int:
            return self.least is not None and self.least <= value <= self.most
        return isinstance(value, bool | str) and value in self.words

    @property
    def wanted(self) -> str:
        """What it may be, in words."""
        words = [_written(value) for value in self.words]
        if self.least is not None:
            words.insert(0, f"a whole number from {self.least} to {self.most}")
        return " or ".join(words)

    def in_words(self, value: Value) -> str:
        """A value as the wording says it."""
        return str(value) if type(value) is int else self.words[value]

    def describe(self) -> dict[str, Any]:
        """The number in JSON types."""
        return {
            "name": self.name,
            "description": self.about,
            "minimum": self.least,
            "maximum": None if self.least is None else self.most,
            "words": list(self.words),
            "default": self.default,
            "like": self.like,
        }


def choices(written: Any) -> Choices:
    """What is drawn from, of a number as it is written: `3`, `[3, 5]`, `{"from": 3, "to": 9}`."""
    if isinstance(written, Mapping):
        return range(written["from"], written["to"] + 1, written.get("step", 1))
    return tuple(written) if isinstance(written, list) else (written,)


def faults(number: Number, written: object) -> Iterator[str]:
    """What is wrong with a number as it is written, each with what would be right."""
    if isinstance(written, dict):
        yield from _faults_of_range(number, written)
        return
    values = written if isinstance(written, list) else [written]
    if not 1 <= len(values) <= MOST_CHOICES:
        yield f"a list of choices has 1 to {MOST_CHOICES}, this one has {len(values)}"
    for place, value in enumerate(values[:MOST_CHOICES]):
        if not number.takes(value):
            yield f"{_written(value)} is none of its values: it is {number.wanted}"
        elif any(value is other or value == other for other in values[:place]):
            yield f"{_written(value)} stands twice among the choices: leave one out"


def _faults_of_range(number: Number, written: Mapping[str, object]) -> Iterator[str]:
    if number.least is None:
        yield f"it has no range: it is {number.wanted}"
        return
    unknown = [name for name in written if name not in _RANGE]
    if unknown or not {"from", "to"} <= written.keys():
        what = f"has no “{str(unknown[0])[:40]}”" if unknown else "has a from and a to"
        yield f"a range {what}; write {{ from = 8, to = 64, step = 8 }}, the step if it isn't 1"
        return
    for name, value in written.items():
        if type(value) is not int or (name == "step" and value < 1):
            yield f"{name} is no whole number{' above 0' if name == 'step' else ''}"
            return
        if name != "step" and not number.takes(value):
            yield f"{name} = {_written(value)} lies outside: it is {number.wanted}"
    low, high = written["from"], written["to"]
    if isinstance(low, int) and isinstance(high, int) and low > high:
        yield f"from {low} to {high} there is nothing: from is the smaller one"


def _written(value: object) -> str:
    """A value as TOML and JSON have it, cut short."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
