"""People: (tenant, the caller's own id) → a random id, made on first use, erased on demand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from sqlalchemy import CursorResult, case, delete, func, or_, select, update

from service.steps import Tell, tell_nobody
from service.store.errors import NotFound
from service.store.ids import RandomBits, random_id
from service.store.tables import (
    Answer,
    ErasedAnswers,
    IdempotencyKey,
    Job,
    Memory,
    Question,
    Quiz,
    Review,
    UnreadResponse,
    User,
)
from service.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


OF_A_PERSON: Final[tuple[Any, ...]] = (
    Quiz,
    Question,
    Answer,
    UnreadResponse,
    Review,
    Memory,
    IdempotencyKey,
    Job,
)
"""The tables whose rows belong to one person; each refers only to those before it."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed, as counts."""

    questions: int
    answers: int
    unread_responses: int
    reviews: int


def find(session: Session, tenant_id: str, external_id: str) -> User | None:
    """The person, or None if they were never seen."""
    return session.scalar(
        select(User).where(User.tenant_id == tenant_id, User.external_id == external_id)
    )


def get_or_create(
    session: Session, tenant_id: str, external_id: str, *, now: datetime, rng: RandomBits
) -> User:
    """The person, made now if they were never seen; needs a session that writes.

    Callers that come at the same moment get the same person. Raises `Conflict` if there is no such
    tenant, `NotFound` if the person was erased meanwhile.
    """
    user = find(session, tenant_id, external_id)
    if user is None:
        values = {
            "id": random_id(rng),
            "tenant_id": tenant_id,
            "external_id": external_id,
            "created_at": now,
        }
        insert_if_absent(session, User, values)
        user = find(session, tenant_id, external_id)
    if user is None:
        raise NotFound("user", external_id)
    return user


def get(session: Session, tenant_id: str, user_id: UUID) -> User:
    """The person by their random id, within a tenant; raises `NotFound`."""
    user = session.scalar(select(User).where(User.id == user_id, User.tenant_id == tenant_id))
    if user is None:
        raise NotFound("user", user_id)
    return user


def erase(session: Session, user_id: UUID, *, now: datetime, tell: Tell = tell_nobody) -> Erased:
    """Remove a person and all that hangs on them, but for counts; raises `NotFound`.

    Whoever is writing for this person at the moment is waited for. Marking the row first opens the
    triggers that keep answers from being deleted; the row itself goes last.
    """
    locked = session.scalar(select(User.id).where(User.id == user_id).with_for_update())
    if locked is None:
        raise NotFound("user", user_id)
    _keep_counts(session, user_id)
    session.execute(update(User).where(User.id == user_id).values(erased_at=now))
    counts = {}
    for step, table in enumerate(reversed(OF_A_PERSON)):
        tell(step, len(OF_A_PERSON))
        deleted = session.execute(delete(table).where(table.user_id == user_id))
        counts[table] = cast("CursorResult[Any]", deleted).rowcount
    session.execute(delete(User).where(User.id == user_id))
    return Erased(counts[Question], counts[Answer], counts[UnreadResponse], counts[Review])


def _keep_counts(session: Session, user_id: UUID) -> None:
    """Add a person's answers to what is counted of erased people."""
    outcome = case(
        (Answer.rating.is_not(None), Answer.rating),
        (Answer.correct.is_(True), "right"),
        else_="wrong",
    )
    columns = (
        User.tenant_id,
        Question.template,
        func.coalesce(Question.card_id, ""),
        outcome,
        func.coalesce(Answer.mistake, ""),
    )
    counted = session.execute(
        select(*columns, func.count())
        .select_from(Answer)
        .join(Question, Question.id == Answer.question_id)
        .join(User, User.id == Answer.user_id)
        .where(Answer.user_id == user_id)
        .where(or_(Answer.rating.is_not(None), Answer.correct.is_not(None)))  # no typed ones
        .group_by(*columns)
        .order_by(*columns)  # who else is erased takes the rows in the same order
    )
    names = ("tenant_id", "template", "card_id", "outcome", "mistake")
    for *key, number in counted.all():
        values = dict(zip(names, key, strict=True))
        insert_if_absent(session, ErasedAnswers, values | {"answers": 0})
        session.execute(
            update(ErasedAnswers)
            .filter_by(**values)
            .values(answers=ErasedAnswers.answers + number)
            .execution_options(synchronize_session=False)
        )
