"""Making own questions: numbers drawn from what the author allows, kept where they can be asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.quiz.draw import Draw
from service.quiz.errors import NoNumbersError
from service.quiz.own.bases import find_basis
from service.quiz.own.numbers import choices
from service.quiz.own.question import WrittenQuestion
from service.quiz.own.wording import fill
from service.quiz.reading import MAX_DIGITS, choice_hint, integer_hint, shape_hint
from service.quiz.templates import find_template
from service.quiz.templates.base import make_options, question, seed_material
from service.shapes.errors import ShapeError

if TYPE_CHECKING:
    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.own.basis import Basis, Computed, Values
    from service.quiz.own.numbers import Choices
    from service.quiz.templates.base import Key, Option, Problem, WrongAnswer

__all__ = ["OwnTemplate", "Refused", "all_choices", "drawn", "look", "own_template", "settled"]

_TRIES: Final = 2_000
_PATIENCE: Final = 12
"""How long numbers are sought for which each mistake gives an answer of its own, before numbers are
taken for which some give the same."""

_FEWEST: Final = 2
_DISTRACTORS: Final = {"easy": _FEWEST, "medium": 3, "hard": 3}


class Refused(NamedTuple):
    """Why numbers can't be asked: which rule says so, and in a sentence what is wrong."""

    rule: str
    detail: str


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """A template (as `service.quiz.templates.base.Template`) that somebody wrote.

    ``id`` is its deck's and its key with a dot between, which no template of ours has; ``content``
    is what `WrittenQuestion.content()` gave, as JSON. ``cards`` are the ids of the cards that
    explain it. The same id, version and content make of a seed the same question for ever.
    """

    id: str
    version: int
    cards: tuple[str, ...]
    content: str

    @property
    def written(self) -> WrittenQuestion:
        """The question as it was written."""
        return _written(self.id, self.content)

    @property
    def title(self) -> str:
        """What it asks, in a few words."""
        return self.written.title

    @property
    def kind(self) -> Kind:
        """What kind of answer it wants."""
        return self.written.kind

    @property
    def difficulty(self) -> Difficulty | None:
        """The only one at which it is asked; None for any."""
        return self.written.difficulty

    @property
    def topics(self) -> tuple[str, ...]:
        """What it practises: what its author says, else what the template does."""
        return self.written.topics or find_template(self.written.template).topics

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1).

        Raises:
            NoNumbersError: no numbers that could be asked are found.
        """
        written, difficulty = self.written, self.difficulty or difficulty
        basis = find_basis(written.template, written.template_version)
        draw = Draw(seed_material(self, seed, difficulty))
        allowed = all_choices(basis, written.at(difficulty))
        fitting: tuple[Values, Computed] | None = None
        patience = _PATIENCE if any(len(values) > 1 for values in allowed.values()) else 0
        for attempt in range(_TRIES):
            values = drawn(draw, basis, allowed)
            found = look(basis, written.kind, values)
            if not isinstance(found, Refused) and (fitting is None or _told_apart(found)):
                fitting = values, found
            if fitting is not None and (attempt >= patience or _told_apart(fitting[1])):
                return _problem(self, seed, difficulty, basis, *fitting, draw)
        raise NoNumbersError(self.id)


def own_template(
    deck: str, key: str, content: Mapping[str, Any], version: int = 1, *, between: str = "."
) -> OwnTemplate:
    """The template of a deck's question; ``between`` joins the deck's id and a card's key."""
    cards = tuple(f"{deck}{between}{card}" for card in content["cards"])
    return OwnTemplate(
        id=f"{deck}.{key}",
        version=version,
        cards=cards or find_template(content["template"]).cards,
        content=json.dumps(content, sort_keys=True, ensure_ascii=False),
    )


@lru_cache(maxsize=256)
def _written(template_id: str, content: str) -> WrittenQuestion:
    return WrittenQuestion.of(template_id.partition(".")[2], json.loads(content))


def _told_apart(found: Computed) -> bool:
    """Whether each mistake gives an answer of its own."""
    return len({wrong.would_give for wrong in found.wrong}) == len(found.wrong)


def all_choices(basis: Basis, numbers: Mapping[str, Any]) -> dict[str, Choices]:
    """What each number is drawn from; those that follow another one are left out."""
    found: dict[str, Choices] = {}
    for number in basis.numbers:
        if number.name in numbers:
            found[number.name] = choices(numbers[number.name])
        elif number.like is None:
            found[number.name] = () if number.default is None else (number.default,)
    return found


def drawn(draw: Draw, basis: Basis, allowed: Mapping[str, Choices]) -> Values:
    """A value for each number."""
    return settled(basis, {name: draw.pick(values) for name, values in allowed.items()})


def settled(basis: Basis, values: Mapping[str, Any]) -> Values:
    """The values with those that follow another one."""
    follow = {one.name: values[one.like] for one in basis.numbers if one.like is not None}
    return {**follow, **values}


def look(basis: Basis, kind: Kind, values: Values) -> Computed | Refused:
    """What numbers lead to, or why they can't be asked.

    They can where the engine takes them, no mistake that they invite leads to the right answer,
    and enough others lead to wrong ones.
    """
    try:
        found = basis.compute(values)
    except ShapeError as error:
        return Refused(error.code, error.detail)
    if found.no_question:
        return Refused("no_question", found.no_question)
    sizes = found.key if isinstance(found.key, tuple) else (found.key,)
    if not all(isinstance(size, int) and 0 < size < 10**MAX_DIGITS for size in sizes):
        return Refused("key", f"the answer would be {_text(found.key)}")
    hidden = sorted(found.invited - {wrong.code for wrong in found.wrong})
    if hidden:
        return Refused("hidden", f"{hidden[0]} gives the right answer, {_text(found.key)}")
    different = len({wrong.would_give for wrong in found.wrong})
    if different < basis.least or (kind == "choice" and len(_distractors(found)) < _FEWEST):
        return Refused("few", f"only {different} of the named mistakes would show")
    return found


def _distractors(found: Computed) -> list[WrongAnswer]:
    """The mistakes that make options: likeliest first, no two alike, none of nothing."""
    options: dict[str, WrongAnswer] = {}
    for wrong in found.wrong:
        sizes = wrong.would_give if isinstance(wrong.would_give, tuple) else (wrong.would_give,)
        if 0 not in sizes and wrong.code not in {one.code for one in options.values()}:
            options.setdefault(_text(wrong.would_give), wrong)
    return list(options.values())


def _problem(
    template: OwnTemplate,
    seed: int,
    difficulty: Difficulty,
    basis: Basis,
    values: Values,
    found: Computed,
    draw: Draw,
) -> Problem:
    """The question of numbers that can be asked."""
    key, wrong = found.key, found.wrong
    options: tuple[Option, ...] = ()
    hint = integer_hint() if found.layout == "" else shape_hint(found.layout)
    if template.kind == "choice":
        taken = _distractors(found)[: _DISTRACTORS[difficulty]]
        texts = {one.code: (_text(one.would_give), one.explanation) for one in taken}
        key, options, wrong = make_options(draw, _text(found.key), texts)
        hint = choice_hint(options)
    elif found.inference is not None:
        wrong = ()  # they follow from the layer, and are then told with all that is known of it
    return question(
        template,
        seed,
        difficulty,
        fill(template.written.prompt, {**basis.say(values), **found.given}),
        key,
        hint,
        request=found.request,
        inference=found.inference,
        quantity=found.quantity,
        layout=found.layout,
        path=found.path,
        options=options,
        wrong=wrong,
        steps=found.steps,
        reason=found.reason,
        card=template.cards[0],
    )


def _text(key: Key) -> str:
    """An answer as people write it."""
    return "×".join(map(str, key)) if isinstance(key, tuple) else str(key)
