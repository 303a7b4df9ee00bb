"""Quizzes: questions asked together, and what they are worth together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from sqlalchemy import select

from service.store.errors import NotFound, QuizFinished
from service.store.ids import RandomBits, uuid7
from service.store.memories import lock as lock_person
from service.store.tables import Answer, Question, Quiz, User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Mode = Literal["practice", "exam", "review"]
ScoreRule = Literal["best", "last", "first"]

MODES: Final[tuple[Mode, ...]] = ("practice", "exam", "review")
SCORE_RULES: Final[tuple[ScoreRule, ...]] = ("best", "last", "first")


def start(
    session: Session,
    user_id: UUID,
    *,
    mode: Mode,
    seed: int,
    difficulty: str,
    now: datetime,
    rng: RandomBits,
    deck_id: str | None = None,
    score_rule: ScoreRule = "best",
    time_limit: timedelta | None = None,
) -> Quiz:
    """Begin a quiz; its questions are issued into it by `questions.issue`."""
    quiz = Quiz(
        id=uuid7(now, rng),
        user_id=user_id,
        mode=mode,
        deck_id=deck_id,
        difficulty=difficulty,
        score_rule=score_rule,
        seed=seed,
        started_at=now,
        closes_at=None if time_limit is None else now + time_limit,
    )
    session.add(quiz)
    session.flush()
    return quiz


def get(session: Session, quiz_id: UUID, *, tenant_id: str) -> Quiz:
    """The quiz, if it is this tenant's; else `NotFound`."""
    quiz = session.scalar(
        select(Quiz)
        .join(User, User.id == Quiz.user_id)
        .where(Quiz.id == quiz_id, User.tenant_id == tenant_id)
        .execution_options(populate_existing=True)
    )
    if quiz is None:
        raise NotFound("quiz", quiz_id)
    return quiz


def lock(session: Session, quiz_id: UUID, *, tenant_id: str) -> Quiz:
    """As `get`, and the person answers nothing before this transaction ends."""
    lock_person(session, get(session, quiz_id, tenant_id=tenant_id).user_id)
    return get(session, quiz_id, tenant_id=tenant_id)


def of_question(session: Session, question: Question) -> Quiz | None:
    """The quiz that a question belongs to, None if to none."""
    return None if question.quiz_id is None else session.get_one(Quiz, question.quiz_id)


def check_open(quiz: Quiz | None, now: datetime) -> None:
    """Raise `QuizFinished` if a quiz takes no more answers."""
    if quiz is not None and not quiz.is_open(now):
        raise QuizFinished


def check_unfinished(quiz: Quiz) -> None:
    """Raise `QuizFinished` if a quiz was handed in."""
    if quiz.finished_at is not None:
        raise QuizFinished


def questions_of(session: Session, quiz_id: UUID) -> list[Question]:
    """The questions of a quiz, in their order."""
    statement = select(Question).where(Question.quiz_id == quiz_id).order_by(Question.position)
    return list(session.scalars(statement))


def next_open(session: Session, quiz_id: UUID, *, but: UUID) -> Question | None:
    """The first question of a quiz, but this one, that was neither answered nor revealed."""
    statement = select(Question).where(
        Question.quiz_id == quiz_id,
        Question.id != but,
        Question.state == "open",
        Question.attempts_used == 0,
    )
    return session.scalar(statement.order_by(Question.position).limit(1))


def answers_of(session: Session, quiz_id: UUID) -> dict[UUID, list[Answer]]:
    """The answers to the questions of a quiz, in the order of their attempts."""
    statement = (
        select(Answer)
        .join(Question, Question.id == Answer.question_id)
        .where(Question.quiz_id == quiz_id)
        .order_by(Answer.attempt)
    )
    found: dict[UUID, list[Answer]] = {}
    for answer in session.scalars(statement):
        found.setdefault(answer.question_id, []).append(answer)
    return found


def finish(session: Session, quiz: Quiz, *, now: datetime) -> bool:
    """Hand in a locked quiz and score it; False if it was finished before.

    The score is the mean over its questions, of which an unanswered one is worth 0; cards, which
    are rated by the learner, are left out. A quiz of cards alone has none.
    """
    if quiz.finished_at is not None:
        return False
    answers = answers_of(session, quiz.id)
    scores = [
        worth(answers.get(question.id, ()), quiz.score_rule)
        for question in questions_of(session, quiz.id)
        if question.kind != "card"
    ]
    quiz.finished_at = now if quiz.closes_at is None else min(now, quiz.closes_at)
    quiz.score = sum(scores) / len(scores) if scores else None
    session.flush()
    return True


def worth(answers: Iterable[Answer], rule: str) -> float:
    """What the attempts at one question are worth by a rule; 0 without any."""
    scores = [answer.score for answer in answers if answer.score is not None]
    if not scores:
        return 0.0
    return {"best": max(scores), "last": scores[-1], "first": scores[0]}[rule]
