"""Which of the options of questions were offered, and which of them anybody took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from service.quiz.errors import UnknownTemplateError
from service.quiz.templates import Template, find_template, make

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


def count_offers(
    chosen: Iterable[Chosen], own: Mapping[tuple[str, int], Template]
) -> dict[str, Offers]:
    """Make the questions again and count their options, by template.

    ``own`` are the templates that are not the service's, by id and version. Questions of a template
    or version that is no longer known are left out.
    """
    found: dict[str, Offers] = {}
    for one in chosen:
        try:
            known = own.get((one.template, one.version))
            template = known or find_template(one.template, one.version)
            problem = make(template, one.seed, one.difficulty)
        except UnknownTemplateError:
            continue
        offers = found.setdefault(one.template, Offers())
        offers.questions += 1
        offers.offered.update(wrong.code for wrong in problem.wrong)
        offers.picked.update([one.mistake] if one.mistake else [])
    return found
