"""Taking apart a typed list of sizes: the numbers, what stands between them, the axes named."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["UNKNOWN_AXIS", "Element", "elements", "is_axis_name"]

UNKNOWN_AXIS: Final = "?"

_NAMES: Final[dict[str, str]] = {
    name: letter
    for letter, names in {
        "N": "n batch",
        "C": "c ch channel channels k filter filters maps",
        "D": "d depth deep",
        "H": "h height high",
        "W": "w width wide",
        "L": "l length long",
    }.items()
    for name in names.split()
}
_LEAD: Final = re.compile(
    r"(?:torch\.size|(?:tf\.)?tensorshape|(?:output[ _]?)?shape|output)?\s*[=:]?\s*"
)
_WORD: Final = r"(?!x|by\b)[a-z]+"
_NUMBER: Final = r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))"
_NAMED_FIRST: Final = rf"(?:(?P<name>{_WORD})\s*(?P<assign>[=:])?\s*)?{_NUMBER}"
_BEFORE: Final = re.compile(_NAMED_FIRST)
_AROUND: Final = re.compile(rf"{_NAMED_FIRST}(?:\s*(?P<unit>{_WORD}\b)(?!\s*[=:]))?")
_GAP: Final = re.compile(r"\s*(?P<sign>[x,;]|by(?![a-z]))\s*|\s+")
_TAIL: Final = re.compile(r"\s*[,;]?\s*\.?")


class Element(NamedTuple):
    """One number of a typed shape.

    ``axis`` is the letter of the axis it was given for, None where it was given for none, and
    ``UNKNOWN_AXIS`` where the name means nothing (``Q=3``).
    """

    axis: str | None
    number: str


def elements(text: str, layout: str) -> list[Element] | None:
    """The numbers in ``text`` with the axes named for them; None if it is anything else.

    ``text`` is normalised and in lower case. Names stand before their numbers (``h=13``,
    ``height 13``) or behind (``13 high``, ``16 channels``).
    """
    text = re.sub(r"[×✕✖⨯∗*х]", "x", text)
    text = re.sub(r"[()\[\]{}<>]", " ", text[_end(_LEAD, text) :]).strip()
    pattern = _BEFORE if text[:1].isalpha() else _AROUND
    found: list[Element] = []
    position, separated = 0, True
    while match := pattern.match(text, position):
        groups = match.groupdict()
        named, number = groups["name"], groups["number"]
        if number[0] in "+-" and not (separated or named):
            return None  # 28 -3 +1 is a sum
        axis = _axis(named or groups.get("unit"), bool(groups["assign"]), layout)
        if axis == "":
            return None
        found.append(Element(axis, number))
        if _TAIL.fullmatch(text, match.end()):
            return found
        gap = _GAP.match(text, match.end())
        if gap is None:
            return None
        position, separated = gap.end(), gap["sign"] is not None
    return None


def is_axis_name(word: str) -> bool:
    """Whether ``word`` names an axis of any layout."""
    return word in _NAMES


def _axis(word: str | None, assigned: bool, layout: str) -> str | None:
    """The letter that ``word`` stands for in ``layout``; "" for a word that is out of place."""
    if word is None:
        return None
    letter = _NAMES.get(word, UNKNOWN_AXIS if assigned else "")
    if letter == "D" and "D" not in layout:
        return "C"  # the depth of a picture is its channels
    if letter in ("L", "W") and letter not in layout and len(layout.strip("NC")) == 1:
        return layout.strip("NC")  # the only axis of a row
    return letter


def _end(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0
