"""Quizzes: what is asked in one, and how it looks from outside."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from service.api.asked import all_made_again, asked_view
from service.api.choosing import cards_of, issue, own_templates
from service.api.context import now, services
from service.api.people import tenant
from service.api.problems import Fault, Problem
from service.api.remembering import remember_answer
from service.quiz.draw import MAX_SEED, Draw
from service.quiz.selection import fresh_seed, practising, take_turns
from service.quiz.templates import TEMPLATES, Template
from service.store import Quiz, User, decks, memories, quizzes, templates
from service.store.memories import CARD, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.orm import Session

    from service.store.decks import CardText

__all__ = ["finish", "quiz_view", "start"]


def start(session: Session, person: User, body: Mapping[str, Any], seed: int) -> Quiz:
    """Begin a quiz for a person and issue its questions.

    Raises ``no_question_fits`` if there is nothing to ask, ``validation_failed`` for a deck that
    isn't there.
    """
    in_deck = None if body["deck"] is None else cards_of(session, body["deck"])
    limit = body["time_limit_s"]
    quiz = quizzes.start(
        session,
        person.id,
        mode=body["mode"],
        seed=seed,
        difficulty=body["difficulty"],
        now=now(),
        rng=services().rng,
        deck_id=body["deck"],
        score_rule=body["score_rule"],
        time_limit=None if limit is None else timedelta(seconds=limit),
    )
    draw = Draw(f"quiz/{seed}")
    if body["mode"] == "review":
        chosen = _due(session, person, body)
    else:
        own = own_templates(session, body["deck"], body["templates"] or (), "/templates/{}")
        chosen = iter(_templates(draw, body, [*practising(in_deck), *own]))
    prompts: set[str] = set()
    for position, one in enumerate(chosen):
        issue(
            session,
            person.id,
            one,
            _seed(draw, one, body["difficulty"], prompts),
            body["difficulty"],
            attempts_allowed=body["attempts"],
            partial_credit=body["partial_credit"],
            quiz_id=quiz.id,
            position=position,
        )
    return quiz


def _templates(draw: Draw, body: Mapping[str, Any], candidates: list[Template]) -> list[Template]:
    """As many templates as there are to be questions, each about as often as the others."""
    named = body["templates"]
    fitting = [one for one in candidates if named is None or one.id in named]
    if not fitting:
        detail = "No template fits this quiz."
        hint = f"GET /v1/templates lists what there is: {', '.join(TEMPLATES)}"
        pointer = "/templates" if named else "/deck"
        raise Problem("no_question_fits", detail, faults=[Fault(pointer, detail, hint[:500])])
    return take_turns(draw, fitting, body["length"])


def _due(session: Session, person: User, body: Mapping[str, Any]) -> Iterator[Template | CardText]:
    """What is due, the longest first, then cards that are new."""
    deck_id, length = body["deck"], body["length"]
    subjects = memories.all_due(session, person.id, now=now(), deck_id=deck_id, limit=length)
    left = length - len(subjects)
    if left:
        new = memories.all_new(session, person.id, tenant_id=tenant(), deck_id=deck_id, limit=left)
        subjects += [f"{CARD}{card_id}" for card_id in new]
    if not subjects:
        detail = "Nothing is due, and nothing is new."
        raise Problem(
            "no_question_fits", detail, faults=[Fault("/mode", detail, "practice asks anyway")]
        )
    for subject in subjects:
        if subject.startswith(TEMPLATE):
            yield templates.find(session, subject.removeprefix(TEMPLATE), tenant_id=tenant())
        else:
            yield decks.get_card(session, subject.removeprefix(CARD), tenant_id=tenant())


def _seed(draw: Draw, chosen: Template | CardText, difficulty: str, prompts: set[str]) -> int:
    if isinstance(chosen, tuple):
        return draw.below(MAX_SEED + 1)
    return fresh_seed(draw, chosen, difficulty, prompts)


def finish(session: Session, quiz: Quiz) -> None:
    """Hand in a locked quiz; what was answered in an exam counts as reviews from now on."""
    sealed = quiz.is_sealed
    if not quizzes.finish(session, quiz, now=now()) or not sealed:
        return
    given = quizzes.answers_of(session, quiz.id)
    for question in quizzes.questions_of(session, quiz.id):
        for answer in given.get(question.id, ()):
            remember_answer(session, question, answer)


def quiz_view(session: Session, quiz: Quiz, base: str) -> dict[str, Any]:
    """A quiz with its questions; what they are worth once it is finished."""
    asked = quizzes.questions_of(session, quiz.id)
    address = f"/v1/quizzes/{quiz.id}"
    view: dict[str, Any] = {
        "id": str(quiz.id),
        "mode": quiz.mode,
        "state": _state(quiz),
        "deck": quiz.deck_id,
        "difficulty": quiz.difficulty,
        "length": len(asked),
        "answered": sum(question.attempts_used > 0 for question in asked),
        "score_rule": quiz.score_rule,
        "started_at": quiz.started_at,
        "closes_at": quiz.closes_at,
        "finished_at": quiz.finished_at,
        "score": quiz.score,
        "questions": [asked_view(one, base, quiz) for one in all_made_again(session, asked)],
        "links": {"self": address, "finish": f"{address}/finish"},
    }
    if quiz.finished_at is None:
        return view
    given = quizzes.answers_of(session, quiz.id)
    results = [
        {
            "question": f"/v1/questions/{question.id}",
            "answered": question.attempts_used > 0,
            "score": None
            if question.kind == "card"
            else quizzes.worth(given.get(question.id, ()), quiz.score_rule),
        }
        for question in asked
    ]
    return view | {"seed": quiz.seed, "results": results}


def _state(quiz: Quiz) -> str:
    if quiz.finished_at is not None:
        return "finished"
    return "open" if quiz.is_open(now()) else "closed"
