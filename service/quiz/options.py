"""Which of the options of a question were offered, and which of them anybody took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from service.quiz.errors import UnknownTemplateError
from service.quiz.templates import generate

__all__ = ["Offers", "count_offers"]


class Answered(Protocol):
    """The answer to a question with options, and what the question is made again from."""

    @property
    def template(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def difficulty(self) -> str: ...
    @property
    def mistake(self) -> str | None:
        """The mistake that the option taken stands for; None for the right one."""


@dataclass(slots=True)
class Offers:
    """Of so many ``questions``: how often each mistake was among the options, and was taken."""

    questions: int = 0
    offered: Counter[str] = field(default_factory=Counter)
    picked: Counter[str] = field(default_factory=Counter)

    @property
    def never_picked(self) -> list[str]:
        """Distractors that distract nobody, the one offered most often first."""
        return [code for code, _ in self.offered.most_common() if not self.picked[code]]


def count_offers(answered: Iterable[Answered]) -> dict[str, Offers]:
    """Make the questions again and count their options, by template.

    Questions of a template or version that is no longer known are left out.
    """
    found: dict[str, Offers] = {}
    for one in answered:
        try:
            problem = generate(one.template, one.seed, one.difficulty, one.version)
        except UnknownTemplateError:
            continue
        offers = found.setdefault(one.template, Offers())
        offers.questions += 1
        offers.offered.update(wrong.code for wrong in problem.wrong)
        offers.picked.update([one.mistake] if one.mistake else [])
    return found
