"""Answers and responses that could not be read: appended (by `recording`), never changed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from service.store.errors import QuestionClosed
from service.store.ids import RandomBits, uuid7
from service.store.paging import Page, page
from service.store.tables import Answer, Question, Quiz, UnreadResponse

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Entry(NamedTuple):
    """One line of a person's history; ``sealed`` if what it is worth may not be told yet."""

    answer: Answer
    question: Question
    sealed: bool = False


def made(
    question: Question,
    *,
    response: Any,
    now: datetime,
    rng: RandomBits,
    read: Any = None,
    correct: bool | None = None,
    score: float | None = None,
    mistake: str | None = None,
    rating: str | None = None,
    duration_ms: int | None = None,
    close_if_right: bool = True,
) -> Answer:
    """An answer to a locked question, of which it uses one attempt; neither is written yet.

    `response` is what was typed and `read` what was understood, both as JSON values. The question
    closes when the answer was the last, a rating, or right (unless that may not be told). Raises
    `QuestionClosed` if no attempt is left.
    """
    if not question.attempts_left:
        raise QuestionClosed(question.state)
    question.attempts_used += 1
    last = rating is not None or question.attempts_used == question.attempts_allowed
    if last or (correct and close_if_right):
        question.state = "answered"
        question.closed_at = now
    return Answer(
        id=uuid7(now, rng),
        question_id=question.id,
        user_id=question.user_id,
        attempt=question.attempts_used,
        response=response,
        read=read,
        correct=correct,
        score=score,
        mistake=mistake,
        rating=rating,
        duration_ms=duration_ms,
        answered_at=now,
    )


def unread(
    question: Question, *, response: str, reason: str, now: datetime, rng: RandomBits
) -> UnreadResponse:
    """A response that could not be read, to be kept; it costs no attempt."""
    return UnreadResponse(
        id=uuid7(now, rng),
        question_id=question.id,
        user_id=question.user_id,
        response=response,
        reason=reason,
        received_at=now,
    )


def newest(
    session: Session, user_id: UUID, *, limit: int, before: UUID | None = None
) -> Page[Entry, UUID]:
    """A person's answers, newest first; `before` is the `next` of the page before."""
    statement = (
        select(Answer, Question, Quiz)
        .join(Question, Question.id == Answer.question_id)
        .outerjoin(Quiz, Quiz.id == Question.quiz_id)
        .where(Answer.user_id == user_id)
        .order_by(Answer.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(Answer.id < before)
    rows = [
        Entry(answer, question, sealed=quiz is not None and quiz.is_sealed)
        for answer, question, quiz in session.execute(statement)
    ]
    return page(rows, limit, lambda entry: entry.answer.id)


def of_question(session: Session, question_id: UUID) -> list[Answer]:
    """All answers to one question, in the order of their attempts."""
    statement = select(Answer).where(Answer.question_id == question_id).order_by(Answer.attempt)
    return list(session.scalars(statement))
