"""What a figure says when it cannot be drawn."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class FigureError(Exception):
    """A figure that cannot be drawn from these parameters.

    ``code`` is stable snake_case, ``detail`` one sentence with the numbers in it, ``pointer`` a
    JSON pointer into the figure's parameters ("" for the whole), ``hint`` what would be right.
    """

    def __init__(self, code: str, detail: str, pointer: str = "", hint: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.pointer = pointer
        self.hint = hint


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint for a word that is not known: the nearest known one, or all of them."""
    choices = sorted(known)
    near = get_close_matches(word, choices, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(choices)}"
