"""Rubrics: what a typed answer to a card should speak of, and what it must not say.

A rubric never grades. It looks for words, so it can miss a thought that was put in other words and
see one that was not there; what it finds is a help for the learner, who then rates themself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Expectation", "Finding", "Rubric", "RubricReport", "phrase_problem"]

_WORD: Final = re.compile(r"[^\W_]+")
_PATTERN_WORD: Final = re.compile(r"\*?[^\W_]+\*?")
_LONGEST: Final = 12
_GAP: Final = "..."
_WIDEST_GAP: Final = 5
_NEGATIONS: Final = frozenset({"not", "no", "never", "without", "neither", "nor", "cannot", "t"})
_REACH: Final = 3
"""How many words before a phrase a negation still turns it round. ``t`` is the end of "don't"."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A concept or a statement, by its ``name``, and the phrases that show it: any of them will do.

    A phrase is words in their order. ``*`` at an end of a word stands for any letters, also none
    (``shar*``), ``...`` between words for up to five others.
    """

    name: str
    any_of: tuple[str, ...]

    def content(self) -> dict[str, Any]:
        """The expectation in JSON types."""
        return {"name": self.name, "any_of": list(self.any_of)}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Expectation:
        """The expectation whose `content` this is."""
        return cls(content["name"], tuple(content["any_of"]))


@dataclass(frozen=True, slots=True)
class Finding:
    """One expectation as it was looked for: ``words`` are those that met it, "" for none."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class RubricReport:
    """What was found of a rubric in a text."""

    found: tuple[Finding, ...]
    missing: tuple[str, ...]
    forbidden: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Rubric:
    """The concepts that an answer should have, and the statements that it must not make."""

    concepts: tuple[Expectation, ...]
    forbidden: tuple[Expectation, ...] = ()

    def content(self) -> dict[str, Any]:
        """The rubric in JSON types."""
        return {
            "concepts": [one.content() for one in self.concepts],
            "forbidden": [one.content() for one in self.forbidden],
        }

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Rubric:
        """The rubric whose `content` this is."""
        return cls(
            tuple(Expectation.of(one) for one in content["concepts"]),
            tuple(Expectation.of(one) for one in content["forbidden"]),
        )

    def look(self, text: str) -> RubricReport:
        """Look for everything in ``text``; a phrase after a negation does not count.

        Takes steps in proportion to the words of the text times those of the rubric.
        """
        words = _words(text)
        concepts = [Finding(one.name, _met(one, words)) for one in self.concepts]
        forbidden = [Finding(one.name, _met(one, words)) for one in self.forbidden]
        return RubricReport(
            found=tuple(one for one in concepts if one.words),
            missing=tuple(one.name for one in concepts if not one.words),
            forbidden=tuple(one for one in forbidden if one.words),
        )


def phrase_problem(phrase: str) -> str:
    """What is wrong with a phrase of a rubric; "" if nothing is."""
    words = phrase.split()
    if not words or words[0] == _GAP or words[-1] == _GAP:
        return "a phrase begins and ends with a word"
    if len(words) > _LONGEST:
        return f"a phrase has at most {_LONGEST} words, gaps included"
    for word in words:
        if word != _GAP and not _PATTERN_WORD.fullmatch(word):
            return (
                f"“{word}” is no word of a phrase: letters and digits, with * for more letters at "
                "an end, or ... for a few words between others"
            )
    return ""


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _met(wanted: Expectation, words: Sequence[str]) -> str:
    """The words that meet an expectation, "" for none."""
    for phrase in wanted.any_of:
        found = _place(unicodedata.normalize("NFKC", phrase).casefold().split(), words)
        if found is not None:
            return " ".join(words[found[0] : found[1]])
    return ""


def _place(phrase: Sequence[str], words: Sequence[str]) -> tuple[int, int] | None:
    """Where a phrase stands that no negation comes before: from, and up to but without.

    For every word that the phrase so far may have ended with, only its latest start is kept.
    """
    reached: dict[int, int] = {}
    for number, part in enumerate(phrase):
        if part == _GAP:
            continue
        fitting = [place for place, word in enumerate(words) if _fits(part, word)]
        if number == 0:
            reached = {place: place for place in fitting if not _negated(words, place)}
        else:
            widest = _WIDEST_GAP if phrase[number - 1] == _GAP else 0
            reached = {
                place: max(starts)
                for place in fitting
                if (starts := _starts(reached, place, widest))
            }
    return min(((start, end + 1) for end, start in reached.items()), default=None)


def _starts(reached: Mapping[int, int], place: int, widest: int) -> list[int]:
    """The starts of what may come before ``place``, with up to ``widest`` words between."""
    return [reached[one] for one in range(place - 1 - widest, place) if one in reached]


def _negated(words: Sequence[str], start: int) -> bool:
    return not _NEGATIONS.isdisjoint(words[max(0, start - _REACH) : start])


def _fits(part: str, word: str) -> bool:
    core = part.strip("*")
    if part.startswith("*"):
        return core in word if part.endswith("*") else word.endswith(core)
    return word.startswith(core) if part.endswith("*") else word == core
