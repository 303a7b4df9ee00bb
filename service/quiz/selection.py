"""Which questions a quiz asks: seeded, so that the same seed asks the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from service.quiz.draw import MAX_SEED, Draw
from service.quiz.templates import TEMPLATES, make

if TYPE_CHECKING:
    from service.quiz.templates import Template

__all__ = ["fresh_seed", "practising", "take_turns"]

_TRIES: Final = 20


def practising(cards: Collection[str] | None) -> list[Template]:
    """The templates that practise one of these cards (by id); all of them for None."""
    return [
        one for one in TEMPLATES.values() if cards is None or not set(cards).isdisjoint(one.cards)
    ]


def take_turns(draw: Draw, templates: Sequence[Template], length: int) -> list[Template]:
    """As many templates as there are to be questions, each about as often as the others."""
    rounds = -(-length // len(templates))
    return [one for _ in range(rounds) for one in draw.shuffle(templates)][:length]


def fresh_seed(draw: Draw, template: Template, difficulty: str, prompts: set[str]) -> int:
    """A seed whose question is not among ``prompts``, as far as there is one; its own is added."""
    seed = draw.below(MAX_SEED + 1)
    for _ in range(_TRIES):
        prompt = make(template, seed, difficulty).prompt
        if prompt not in prompts:
            prompts.add(prompt)
            break
        seed = draw.below(MAX_SEED + 1)
    return seed
