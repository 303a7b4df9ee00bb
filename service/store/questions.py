"""Issued questions: enough to make each again, and whether it still takes answers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Select, select

from service.store.errors import NotFound
from service.store.ids import RandomBits, uuid7
from service.store.tables import CardVersion, Question, User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def issue(
    session: Session,
    user_id: UUID,
    *,
    kind: str,
    template: str,
    template_version: int,
    engine_version: str,
    seed: int,
    difficulty: str,
    now: datetime,
    rng: RandomBits,
    attempts_allowed: int = 1,
    partial_credit: bool = False,
    card: CardVersion | None = None,
    quiz_id: UUID | None = None,
    position: int | None = None,
) -> Question:
    """Record a question asked of a person; raises `Conflict` if the person is gone.

    `seed` is the one the template made the question of; `position` is its place in a quiz;
    `card`, for questions about a card, the text that was asked (`decks.get_card(...).text`).
    """
    question = Question(
        id=uuid7(now, rng),
        user_id=user_id,
        quiz_id=quiz_id,
        position=position,
        kind=kind,
        template=template,
        template_version=template_version,
        engine_version=engine_version,
        seed=seed,
        difficulty=difficulty,
        card_id=card.card_id if card else None,
        card_version=card.version if card else None,
        attempts_allowed=attempts_allowed,
        attempts_used=0,
        partial_credit=partial_credit,
        state="open",
        issued_at=now,
    )
    session.add(question)
    session.flush()
    return question


def _visible(question_id: UUID, tenant_id: str, user_id: UUID | None) -> Select[Question]:
    statement = (
        select(Question)
        .join(User, User.id == Question.user_id)
        .where(Question.id == question_id, User.tenant_id == tenant_id)
    )
    return statement if user_id is None else statement.where(Question.user_id == user_id)


def get(
    session: Session, question_id: UUID, *, tenant_id: str, user_id: UUID | None = None
) -> Question:
    """The question, if it is this tenant's (and, where given, this person's); else `NotFound`."""
    question = session.scalar(_visible(question_id, tenant_id, user_id))
    if question is None:
        raise NotFound("question", question_id)
    return question


def lock(
    session: Session, question_id: UUID, *, tenant_id: str, user_id: UUID | None = None
) -> Question:
    """As `get`, and nobody else can answer or reveal it before this transaction ends.

    PostgreSQL locks the person's row, then the question's: the order in which an erasure takes
    them. On SQLite the transaction holds the write lock already.
    """
    statement = _visible(question_id, tenant_id, user_id)
    question = session.scalar(
        statement.with_for_update(key_share=True, of=(User, Question)).execution_options(
            populate_existing=True
        )
    )
    if question is None:
        raise NotFound("question", question_id)
    return question


def mark_revealed(session: Session, question: Question, *, now: datetime) -> None:
    """Close a locked question because its key was shown; a closed one stays as it is."""
    if question.state == "open":
        question.state = "revealed"
        question.closed_at = now
        session.flush()
