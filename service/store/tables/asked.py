"""Quizzes, questions and answers, and the answers of requests that may be repeated."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import (
    Base,
    BigNumber,
    CallersText,
    CardId,
    Count,
    Json,
    LongText,
    Name,
    Ordinal,
    RequestId,
    Sha256,
    Title,
)


class Quiz(Base):
    """Questions asked of a person together; in an exam nothing is told before it is finished."""

    __tablename__ = "quizzes"
    __table_args__ = (
        CheckConstraint("mode IN ('practice', 'exam', 'review')", "mode"),
        CheckConstraint("score_rule IN ('best', 'last', 'first')", "score_rule"),
        CheckConstraint("score >= 0 AND score <= 1", "score"),
        Index(None, "user_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    mode: Mapped[Name]
    deck_id: Mapped[Name | None] = mapped_column(ForeignKey("decks.id"))
    difficulty: Mapped[Name]
    score_rule: Mapped[Name]
    seed: Mapped[BigNumber]
    started_at: Mapped[datetime]
    closes_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    score: Mapped[float | None]

    def is_open(self, now: datetime) -> bool:
        """Whether it still takes answers."""
        return self.finished_at is None and (self.closes_at is None or now < self.closes_at)

    @property
    def is_sealed(self) -> bool:
        """Whether nothing may be told yet of what is right."""
        return self.mode == "exam" and self.finished_at is None


class Question(Base):
    """One issued question: enough to make it again (template, version, seed), never its key."""

    __tablename__ = "questions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["card_id", "card_version"], ["card_versions.card_id", "card_versions.version"]
        ),
        CheckConstraint("state IN ('open', 'answered', 'revealed')", "state"),
        CheckConstraint("(card_id IS NULL) = (card_version IS NULL)", "card"),
        CheckConstraint("attempts_used >= 0 AND attempts_used <= attempts_allowed", "attempts"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", "closed"),
        Index("ix_questions_of_user", "user_id", "id", "template", "card_id", "quiz_id"),
        Index(None, "quiz_id", "position", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    quiz_id: Mapped[UUID | None] = mapped_column(ForeignKey("quizzes.id"))
    position: Mapped[Count | None]
    kind: Mapped[Name]
    template: Mapped[Name]
    template_version: Mapped[Count]
    engine_version: Mapped[Name]
    seed: Mapped[BigNumber]
    difficulty: Mapped[Name]
    card_id: Mapped[CardId | None]
    card_version: Mapped[Ordinal | None]
    attempts_allowed: Mapped[Ordinal]
    attempts_used: Mapped[Count]
    partial_credit: Mapped[bool] = mapped_column(server_default=false())
    state: Mapped[Name]
    issued_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    @property
    def attempts_left(self) -> int:
        """How many more answers the question takes: 0 once it is closed.

        A card whose back was shown still takes the rating: that is what it is shown for. It takes
        no typed answer any more.
        """
        closed = self.state == "answered" or (self.state == "revealed" and self.kind != "card")
        left = 0 if closed else self.attempts_allowed - self.attempts_used
        return min(left, 1) if self.state == "revealed" else left


class Answer(Base):
    """One answer, as it was typed and as it was read. Append-only."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("question_id", "attempt"),
        CheckConstraint("attempt >= 1", "attempt"),
        CheckConstraint("score >= 0 AND score <= 1", "score"),
        CheckConstraint("rating IN ('again', 'hard', 'good', 'easy')", "rating"),
        CheckConstraint("duration_ms >= 0", "duration_ms"),
        Index(
            "ix_answers_of_user",
            "user_id",
            "id",
            "question_id",
            "attempt",
            "answered_at",
            "correct",
            "mistake",
            "rating",
            "duration_ms",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[UUID] = mapped_column(ForeignKey("questions.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    attempt: Mapped[Ordinal]
    response: Mapped[Json]
    read: Mapped[Json | None]
    correct: Mapped[bool | None]
    score: Mapped[float | None]
    mistake: Mapped[Name | None]
    rating: Mapped[Name | None]
    duration_ms: Mapped[BigNumber | None]
    answered_at: Mapped[datetime]


class UnreadResponse(Base):
    """A response that could not be read: kept, but it cost no attempt. Append-only."""

    __tablename__ = "unread_responses"
    __table_args__ = (Index(None, "user_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[UUID] = mapped_column(ForeignKey("questions.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    response: Mapped[LongText]
    reason: Mapped[Name]
    received_at: Mapped[datetime]


class ErasedAnswers(Base):
    """How many answers of people who were erased; `card_id` and `mistake` are "" for none.

    `outcome` is right, wrong, or the rating of a card.
    """

    __tablename__ = "erased_answers"

    tenant_id: Mapped[Name] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    template: Mapped[Name] = mapped_column(primary_key=True)
    card_id: Mapped[CardId] = mapped_column(primary_key=True)
    outcome: Mapped[Name] = mapped_column(primary_key=True)
    mistake: Mapped[Name] = mapped_column(primary_key=True)
    answers: Mapped[Count]


class IdempotencyKey(Base):
    """The answer once given to a request of one person."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        CheckConstraint("(status IS NULL) = (body IS NULL)", "answer"),
        CheckConstraint("(status IS NULL) = (media_type IS NULL)", "media_type"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[CallersText] = mapped_column(primary_key=True)
    fingerprint: Mapped[Sha256]
    status: Mapped[Count | None]
    media_type: Mapped[Title | None]
    body: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class BatchKey(Base):
    """A batch that was carried out: that it was, and as which request; nothing of what is in it."""

    __tablename__ = "batch_keys"

    tenant_id: Mapped[Name] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    key: Mapped[CallersText] = mapped_column(primary_key=True)
    fingerprint: Mapped[Sha256]
    request_id: Mapped[RequestId]
    created_at: Mapped[datetime] = mapped_column(index=True)
