"""An author's wording: a text with names in braces, where the numbers go."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

__all__ = ["faults", "fill", "names"]

_PLACE: Final = re.compile(r"\{\{|\}\}|\{([a-z_]+)\}|[{}]")


def names(wording: str) -> set[str]:
    """The names that stand in braces."""
    return {found[1] for found in _PLACE.finditer(wording) if found[1]}


def fill(wording: str, words: Mapping[str, str]) -> str:
    """The wording with each name replaced by what it stands for; ``{{`` is a brace."""
    return _PLACE.sub(lambda found: words[found[1]] if found[1] else found[0][0], wording)


def faults(wording: str, known: Collection[str], secret: Collection[str]) -> Iterator[str]:
    """What is wrong with the places of a wording, each with what would be right."""
    for found in _PLACE.finditer(wording):
        name, there = found[1], found[0]
        if name in secret:
            yield f"{{{name}}} is what is asked for: the wording can't tell it"
        elif name and name not in known:
            close = difflib.get_close_matches(name, known, 1)
            right = f"is it {{{close[0]}}}?" if close else f"there is {_listed(known)}"
            yield f"there is no {{{name}}}: {right}"
        elif not name and len(there) == 1:
            yield (
                f"character {found.start() + 1} is a brace without a name: a number stands as "
                f"{_listed(known)}, a brace as {there}{there}"
            )


def _listed(known: Collection[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in known)
