"""Memories in the words of the API: what a review is of, its token, and what comes of it."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.api.context import now, services
from service.api.people import tenant
from service.api.problems import Fault, Problem
from service.quiz import scheduling
from service.quiz.kinds import RATINGS
from service.quiz.reading import read_rating
from service.quiz.templates import find_template
from service.store import Review, decks, memories, templates
from service.store.memories import CARD, TEMPLATE
from service.store.recording import subject_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.quiz.kinds import Rating
    from service.quiz.scheduling import Schedule
    from service.store import Answer, Question

__all__ = [
    "Token",
    "deck_of",
    "decks_of",
    "intervals",
    "memory_view",
    "past_review_view",
    "rating_of",
    "read_token",
    "remember",
    "remember_answer",
    "review_view",
    "subject_view",
    "write_token",
]

_TOKEN: Final = re.compile(r"([0-9a-f]{16})\.([1-9][0-9]{0,9})\.((?:card|template):[!-~]{1,129})")


class Token(NamedTuple):
    """One review that may be made: which event of which subject."""

    event: int
    subject: str


def write_token(user: str, event: int, subject: str) -> str:
    """The token of a person's next review of a subject."""
    text = f"{_owner(user)}.{event}.{subject}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_token(user: str, token: str) -> Token:
    """What a token of this person stands for; ``validation_failed`` for any other text."""
    try:
        text = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
    except ValueError:
        text = ""
    found = _TOKEN.fullmatch(text)
    if found is None or found[1] != _owner(user):
        detail = "This is no review token of this person."
        hint = "take it from GET /v1/users/{user}/reviews/next"
        raise Problem("validation_failed", detail, faults=[Fault("/review_token", detail, hint)])
    return Token(int(found[2]), found[3])


def _owner(user: str) -> str:
    """Keeps one person's tokens from another's; it is no secret."""
    return sha256(f"{tenant()}\0{user}".encode()).hexdigest()[:16]


def subject_view(subject: str) -> dict[str, str | None]:
    """The address of the card, or the id of the template."""
    if subject.startswith(CARD):
        return {"card": f"/v1/cards/{subject.removeprefix(CARD)}", "template": None}
    return {"card": None, "template": subject.removeprefix(TEMPLATE)}


def remember(
    session: Session,
    question: Question,
    rating: Rating,
    *,
    answer_id: UUID | None = None,
    duration_ms: int | None = None,
) -> None:
    """Count what came of a question as a review by the person it was asked."""
    subject, person = subject_of(question), memories.lock(session, question.user_id)
    known = memories.get(session, person.id, subject)
    memories.record(
        session,
        person,
        subject,
        rating,
        now=now(),
        rng=services().rng,
        deck_id=deck_of(session, subject) if known is None else None,
        answer_id=answer_id,
        duration_ms=duration_ms,
    )


def remember_answer(session: Session, question: Question, answer: Answer) -> None:
    """Let an answer count as a review, if it is the first to its question: right is "good"."""
    rating = rating_of(answer)
    if rating is not None:
        remember(session, question, rating, answer_id=answer.id, duration_ms=answer.duration_ms)


def rating_of(answer: Answer) -> Rating | None:
    """What an answer says of the memory: a card's rating, or the first answer that was graded."""
    if answer.rating is not None:
        return read_rating(answer.rating)
    if answer.attempt != 1 or answer.correct is None:
        return None
    return "good" if answer.correct else "again"


def deck_of(session: Session, subject: str) -> str | None:
    """The deck of a card, or of the card that explains a template; None where there is none."""
    return decks_of(session, [subject])[subject]


def decks_of(session: Session, subjects: Collection[str]) -> dict[str, str | None]:
    """The same for many subjects; what a deck's author asks is of that deck."""
    own = {subject: deck for subject in subjects if (deck := _own_deck(subject))}
    cards = {subject: _card_of(subject) for subject in subjects if subject not in own}
    found = decks.decks_of(session, set(cards.values()), tenant_id=tenant())
    return {subject: found.get(card_id) for subject, card_id in cards.items()} | own


def _own_deck(subject: str) -> str | None:
    """The deck of a template that its author wrote; None for other templates, and for cards."""
    name = subject.removeprefix(TEMPLATE)
    own = subject.startswith(TEMPLATE) and templates.is_own(name)
    return templates.deck_of(name) if own else None


def _card_of(subject: str) -> str:
    if subject.startswith(TEMPLATE):
        return find_template(subject.removeprefix(TEMPLATE)).cards[0]
    return subject.removeprefix(CARD)


def intervals(
    memory: scheduling.Memory | None, moment: datetime, schedule: Schedule
) -> dict[Rating, dict[str, Any]]:
    """When a thing comes back, by the rating it gets at ``moment``."""
    forecast = scheduling.preview(memory, moment, schedule)
    return {rating: _interval(forecast[rating].due, moment) for rating in RATINGS}


def _interval(due: datetime, moment: datetime) -> dict[str, Any]:
    wait = max(due - moment, timedelta(0))
    return {"seconds": wait // timedelta(seconds=1), "text": _in_words(wait), "due": due}


def _in_words(wait: timedelta) -> str:
    minutes = wait / timedelta(minutes=1)
    for unit, size, most in (("min", 1, 60), ("h", 60, 24 * 60), ("d", 24 * 60, 90 * 24 * 60)):
        if minutes < most:
            return f"{minutes / size:.2g} {unit}"
    return (
        f"{minutes / (30.44 * 24 * 60):.2g} mo" if wait.days < 365 else f"{wait.days / 365:.1f} y"
    )


def memory_view(memory: scheduling.Memory | None) -> Mapping[str, Any]:
    """A memory as plain data; all null where there is none."""
    names = ("state", "stability", "difficulty", "due", "due_from")
    return {name: None if memory is None else getattr(memory, name) for name in names}


def review_view(review: Review, memory: scheduling.Memory | None) -> dict[str, Any]:
    """A review and what came of it."""
    return {
        "id": str(review.id),
        **subject_view(review.subject),
        "rating": review.rating,
        "reviewed_at": review.reviewed_at,
        **memory_view(memory),
    }


def past_review_view(review: Review, *, undone: bool) -> dict[str, Any]:
    """A review in the history of its person."""
    return {
        "id": str(review.id),
        **subject_view(review.subject),
        "rating": review.rating,
        "answer": None if review.answer_id is None else str(review.answer_id),
        "duration_ms": review.duration_ms,
        "scheduled_days": review.scheduled_days,
        "retrievability": review.retrievability,
        "reviewed_at": review.reviewed_at,
        "recorded_at": review.recorded_at,
        "undone": undone,
    }
