"""Which of the options of questions were offered, and which of them anybody took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from service.quiz.errors import UnknownTemplateError
from service.quiz.templates import generate

__all__ = ["Chosen", "Offers", "count_offers"]


class Chosen(NamedTuple):
    """What a question with options is made again from, and what was taken.

    ``mistake`` is the code that the option taken stands for; None for the right one.
    """

    template: str
    version: int
    seed: int
    difficulty: str
    mistake: str | None


@dataclass(slots=True)
class Offers:
    """Of so many ``questions``: how often each mistake was among the options, and was taken."""

    questions: int = 0
    offered: Counter[str] = field(default_factory=Counter)
    picked: Counter[str] = field(default_factory=Counter)


def count_offers(chosen: Iterable[Chosen]) -> dict[str, Offers]:
    """Make the questions again and count their options, by template.

    Questions of a template or version that is no longer known are left out.
    """
    found: dict[str, Offers] = {}
    for one in chosen:
        try:
            problem = generate(one.template, one.seed, one.difficulty, one.version)
        except UnknownTemplateError:
            continue
        offers = found.setdefault(one.template, Offers())
        offers.questions += 1
        offers.offered.update(wrong.code for wrong in problem.wrong)
        offers.picked.update([one.mistake] if one.mistake else [])
    return found
