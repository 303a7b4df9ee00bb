"""Whether the numbers that an author allows can be asked: looked at before anybody is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Final

from service.quiz.draw import Draw
from service.quiz.own.bases import find_basis
from service.quiz.own.making import Refused, all_choices, drawn, look, settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.quiz.own.basis import Basis, Values
    from service.quiz.own.numbers import Choices
    from service.quiz.own.question import WrittenQuestion

__all__ = ["DRAWS", "survey"]

DRAWS: Final = 40
"""How many draws a question is judged by before it is taken; `convcards deck check` looks at more.
"""

_LEAST_SHARE: Final = 20
"""One in so many draws has to be fit to ask: two thousand in a row that aren't never come then."""

_ADVICE: Final = {
    "hidden": "choose others: who makes that mistake would be told to be right",
    "few": "choose others, so that a wrong answer says something",
}


@dataclass
class _Seen:
    """What came of looking: how often, and of each rule that refused how often and an example."""

    looked: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)


def survey(written: WrittenQuestion, draws: int = DRAWS) -> Iterator[str]:
    """What is wrong with the numbers of a question that is well written; nothing if none is.

    If there are no more than ``draws`` to choose from, all are looked at, else as many by chance.
    """
    basis = find_basis(written.template, written.template_version)
    done: list[Mapping[str, Choices]] = []
    for difficulty in written.difficulties:
        allowed = all_choices(basis, written.at(difficulty))
        if allowed in done:
            continue
        done.append(allowed)
        seen = _look_at(basis, written, _values(basis, allowed, draws))
        if (seen.looked - seen.refused.total()) * _LEAST_SHARE < seen.looked:
            yield _said(seen, f" at {difficulty}" if written.levels else "")


def _values(basis: Basis, allowed: Mapping[str, Choices], draws: int) -> Iterator[Values]:
    if prod(map(len, allowed.values())) <= draws:
        for together in product(*allowed.values()):
            yield settled(basis, dict(zip(allowed, together, strict=True)))
        return
    draw = Draw("survey")
    for _ in range(draws):
        yield drawn(draw, basis, allowed)


def _look_at(basis: Basis, written: WrittenQuestion, several: Iterator[Values]) -> _Seen:
    seen = _Seen()
    for values in several:
        seen.looked += 1
        found = look(basis, written.kind, values)
        if isinstance(found, Refused):
            seen.refused[found.rule] += 1
            numbers = ", ".join(f"{one.name} {values[one.name]}" for one in basis.numbers)
            seen.examples.setdefault(found.rule, f"{found.detail.rstrip('.')} ({numbers})")
    return seen


def _said(seen: _Seen, where: str) -> str:
    (rule, _), *_ = seen.refused.most_common(1)
    advice = _ADVICE.get(rule, "choose others")
    if seen.looked == 1:
        return f"these numbers can't be asked{where}: {seen.examples[rule]}; {advice}"
    return (
        f"of {seen.looked} draws{where} {seen.refused.total()} can't be asked, most of all as "
        f"{seen.examples[rule]}; {advice}, so that at least one in {_LEAST_SHARE} can"
    )
