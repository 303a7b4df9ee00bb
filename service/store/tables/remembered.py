"""What people remember, and the reviews that it follows from."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import (
    WHOLE,
    Base,
    BigNumber,
    Count,
    Json,
    Name,
    Ordinal,
    Subject,
)


class Memory(Base):
    """What a person remembers of a card or a template, as its reviews have left it.

    `subject` is "card:" or "template:" and an id. `events` counts its rows in `reviews`; without
    `state` all of them are undone. It follows from `reviews` and can be made again from them.
    """

    __tablename__ = "memories"
    __table_args__ = (
        CheckConstraint("state IN ('learning', 'review', 'relearning')", "state"),
        CheckConstraint("stability > 0", "stability"),
        CheckConstraint("difficulty >= 1 AND difficulty <= 10", "difficulty"),
        Index("ix_memories_of_user", "user_id", "due_from", "subject"),
        Index(None, "user_id", "deck_id", "due_from"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    subject: Mapped[Subject] = mapped_column(primary_key=True)
    deck_id: Mapped[Name | None] = mapped_column(ForeignKey("decks.id"))
    events: Mapped[Count]
    state: Mapped[Name | None]
    step: Mapped[Count | None]
    stability: Mapped[float | None]
    difficulty: Mapped[float | None]
    due: Mapped[datetime | None]
    due_from: Mapped[datetime | None]
    last_review: Mapped[datetime | None]


class Review(Base):
    """A rating, or the undoing of one, with the rules that it was counted by. Append-only.

    `event` counts the rows of one subject from 1. `day` is the learner's day (None where time was
    counted in steps of 24 hours); `answer_id` is the answer that the rating follows from. The
    first review of a day of a memory in state "review" has in `scheduled_days` how long it had been
    put off for, and in `retrievability` the chance foreseen that it would be known.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("user_id", "subject", "event", info=WHOLE),
        UniqueConstraint("undoes", info=WHOLE),
        ForeignKeyConstraint(["undoes"], ["reviews.id"], info=WHOLE),
        ForeignKeyConstraint(["answer_id"], ["answers.id"], info=WHOLE),
        CheckConstraint("event >= 1", "event"),
        CheckConstraint("rating IN ('again', 'hard', 'good', 'easy')", "rating"),
        CheckConstraint("(rating IS NULL) = (undoes IS NOT NULL)", "undoes"),
        CheckConstraint("duration_ms >= 0", "duration_ms"),
        CheckConstraint("scheduled_days >= 0", "scheduled_days"),
        CheckConstraint("retrievability >= 0 AND retrievability <= 1", "retrievability"),
        Index(
            "ix_reviews_of_user",
            "user_id",
            "id",
            "rating",
            "undoes",
            "answer_id",
            "reviewed_at",
            "scheduled_days",
            "retrievability",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    subject: Mapped[Subject]
    event: Mapped[Ordinal]
    rating: Mapped[Name | None]
    undoes: Mapped[UUID | None]
    answer_id: Mapped[UUID | None] = mapped_column(index=True)
    reviewed_at: Mapped[datetime]
    due_from: Mapped[datetime | None]
    day: Mapped[date | None]
    schedule: Mapped[Json | None]
    scheduled_days: Mapped[Count | None]
    retrievability: Mapped[float | None]
    duration_ms: Mapped[BigNumber | None]
    recorded_at: Mapped[datetime]
