"""Which question to ask: what fits the wish, and of that one by chance, which is seeded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.context import now, services
from service.api.people import tenant
from service.api.problems import Fault, Problem
from service.api.schemas.questions import CARD_TEMPLATE
from service.quiz.draw import Draw
from service.quiz.own.making import OwnTemplate
from service.quiz.selection import practising
from service.shapes import ENGINE_VERSION
from service.store import NotFound, decks, questions, templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.quiz.templates import Template
    from service.store import Question
    from service.store.decks import CardText

__all__ = [
    "CARD_VERSION",
    "SEED_BITS",
    "ask_alike",
    "cards_of",
    "choose",
    "issue",
    "own_templates",
]

SEED_BITS: Final = 53

CARD_VERSION: Final = 1
"""The version of the template that stands for the cards."""

_MOST_DECKS = 200


def choose(session: Session, wish: Mapping[str, Any], seed: int) -> Template | CardText:
    """A template or a card that has all of ``wish``; the same wish and seed choose the same.

    Cards are asked where they are wished for (by ``card``, ``kind`` or ``template``), and where a
    deck has nothing that could be graded. Raises ``no_question_fits``, and ``validation_failed``
    for a deck, a card or a template that isn't there.
    """
    draw = Draw(f"choose/{seed}")
    template, kind, card = wish["template"], wish["kind"], wish["card"]
    in_deck = None if wish["deck"] is None else cards_of(session, wish["deck"])
    if CARD_TEMPLATE in (template, kind) or card is not None:
        if template not in (None, CARD_TEMPLATE) or kind not in (None, "card"):
            raise _nothing_fits(wish, "Leave out what does not go with a card.")
        return _card(session, card, in_deck, draw)
    candidates = [*practising(in_deck), *own_templates(session, wish["deck"], [template or ""])]
    fitting = [one for one in candidates if template in (None, one.id) and kind in (None, one.kind)]
    if fitting:
        return draw.pick(fitting)
    if template is None and kind is None:
        return _card(session, None, in_deck, draw)
    raise _nothing_fits(wish, "Leave one of them out; GET /v1/templates lists what there is.")


def issue(
    session: Session,
    user_id: UUID,
    chosen: Template | CardText,
    seed: int,
    difficulty: str,
    **more: Any,
) -> Question:
    """Issue a question of what was chosen; ``more`` as for `store.questions.issue`."""
    made_of: dict[str, Any] = {"seed": seed, "difficulty": difficulty, "now": now(), **more}
    if isinstance(chosen, tuple):
        made_of |= {"kind": "card", "template": CARD_TEMPLATE, "template_version": CARD_VERSION}
        made_of |= {"card": chosen.text}
        made_of["attempts_allowed"] = (
            2 if "rubric" in chosen.text.content else 1
        )  # to type, to rate
    else:
        if isinstance(chosen, OwnTemplate) and chosen.difficulty is not None:
            made_of["difficulty"] = chosen.difficulty
        made_of |= {"kind": chosen.kind, "template": chosen.id, "template_version": chosen.version}
    return questions.issue(
        session, user_id, engine_version=ENGINE_VERSION, rng=services().rng, **made_of
    )


def own_templates(
    session: Session, deck_id: str | None, named: Sequence[str], pointer: str = "/template"
) -> list[OwnTemplate]:
    """What the author of a deck asks; without a deck, those of the ``named`` that are of decks.

    Raises ``validation_failed`` for one that isn't there.
    """
    if deck_id is not None:
        return templates.of_deck(session, deck_id, tenant_id=tenant())
    found = []
    for place, name in enumerate(named):
        if templates.is_own(name):
            try:
                found.append(templates.current(session, name, tenant_id=tenant()).made())
            except NotFound:
                hint = "GET /v1/templates?deck=… lists those of a deck"
                raise _unknown("template", hint, pointer.format(place)) from None
    return found


def ask_alike(session: Session, question: Question) -> Question | None:
    """Ask the same person another question of the same template; of a card, the deck's next.

    None where there is none any more.
    """
    seed = services().rng.getrandbits(SEED_BITS)
    chosen: Template | CardText
    if question.card_id is None:
        try:
            chosen = templates.find(session, question.template, tenant_id=tenant())
        except NotFound:
            return None
    else:
        deck_id = decks.get_card(session, question.card_id, tenant_id=tenant()).card.deck_id
        ids = decks.card_ids(session, deck_id) or [question.card_id]
        place = ids.index(question.card_id) if question.card_id in ids else -1
        chosen = decks.get_card(session, ids[(place + 1) % len(ids)], tenant_id=tenant())
    return issue(
        session,
        question.user_id,
        chosen,
        seed,
        question.difficulty,
        attempts_allowed=question.attempts_allowed,
        partial_credit=question.partial_credit,
    )


def _nothing_fits(wish: Mapping[str, Any], hint: str) -> Problem:
    given = [name for name in ("template", "kind", "deck", "card") if wish[name] is not None]
    asked = " and ".join(f"{name} {wish[name]}" for name in given)
    detail = f"There is no question with {asked}."
    return Problem("no_question_fits", detail, faults=[Fault(f"/{given[-1]}", detail, hint)])


def cards_of(session: Session, deck_id: str) -> list[str]:
    """The ids of a deck's cards; ``validation_failed`` if there is no such deck."""
    try:
        return decks.card_ids(session, decks.get(session, deck_id, tenant_id=tenant()).id)
    except NotFound:
        raise _unknown("deck", "GET /v1/decks lists the decks") from None


def _card(session: Session, wanted: str | None, in_deck: list[str] | None, draw: Draw) -> CardText:
    if wanted is None:
        choices = _any_cards(session, draw) if in_deck is None else in_deck
        if not choices:
            detail = "There is no card that could be asked."
            hint = "load a deck, or name another"
            raise Problem("no_question_fits", detail, faults=[Fault("/deck", detail, hint)])
        wanted = draw.pick(choices)
    elif in_deck is not None and wanted not in in_deck:
        raise _unknown("card", "leave out the deck, or take one of its cards")
    try:
        return decks.current_card(session, wanted, tenant_id=tenant())
    except NotFound:
        raise _unknown("card", "GET /v1/decks/{deck}/cards lists a deck's cards") from None


def _any_cards(session: Session, draw: Draw) -> list[str]:
    """The cards of one of the decks that have any."""
    visible = decks.page_of_decks(session, tenant(), limit=_MOST_DECKS).items
    for deck in draw.shuffle(visible):
        choices = decks.card_ids(session, deck.id)
        if choices:
            return choices
    return []


def _unknown(member: str, hint: str, pointer: str = "") -> Problem:
    detail = f"There is no such {member}."
    fault = Fault(pointer or f"/{member}", detail, hint)
    return Problem("validation_failed", detail, faults=[fault])
