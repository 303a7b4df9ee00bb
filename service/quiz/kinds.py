"""The kinds of question there are, and the words that come with them."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["DIFFICULTIES", "RATINGS", "Difficulty", "Kind", "Rating"]

Kind = Literal["shape", "integer", "choice", "card"]
"""``shape``: a list of sizes. ``integer``: one whole number. ``choice``: one of a few options.
``card``: rated by the learner."""

Difficulty = Literal["easy", "medium", "hard"]
Rating = Literal["again", "hard", "good", "easy"]

DIFFICULTIES: Final[tuple[Difficulty, ...]] = ("easy", "medium", "hard")
RATINGS: Final[tuple[Rating, ...]] = ("again", "hard", "good", "easy")
