"""The tables, as typed ORM classes; `migrations/` builds them, and a test holds the two together.

Personal data (`external_id`, `timezone`) stands in `users` alone; everything else of a person hangs
on the random `users.id`. `answers`, `unread_responses` and `reviews` are append-only: triggers made
by the migrations refuse every UPDATE, and every DELETE unless the person is being erased. The
indexes named `of_user` hold all that a person's progress is counted from.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.store.columns import BoundedText, UtcDateTime, WholeNumber

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Name = Annotated[str, mapped_column(BoundedText(64))]
Title = Annotated[str, mapped_column(BoundedText(200))]
CardId = Annotated[str, mapped_column(BoundedText(129))]
Subject = Annotated[str, mapped_column(BoundedText(138))]
LongText = Annotated[str, mapped_column(BoundedText(10_000))]
CallersText = Annotated[str, mapped_column(BoundedText(255))]
Sha256 = Annotated[bytes, mapped_column(LargeBinary(32))]
Count = Annotated[int, mapped_column(WholeNumber(0, 2**31 - 1))]
Ordinal = Annotated[int, mapped_column(WholeNumber(1, 2**31 - 1))]
BigNumber = Annotated[int, mapped_column(WholeNumber(0, 2**63 - 1))]
Json = Annotated[Any, mapped_column(JSON(none_as_null=True))]


class Base(DeclarativeBase):
    """The base of all tables: how constraints are named, which column a Python type gets."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - the base class declares it, as an instance variable
        datetime: UtcDateTime(),
        date: Date(),
        UUID: Uuid(),
        bytes: LargeBinary(),
        float: Float(),
    }


class Tenant(Base):
    """An organisation; people, keys and decks of one are invisible to every other."""

    __tablename__ = "tenants"

    id: Mapped[Name] = mapped_column(primary_key=True)
    name: Mapped[Title]
    created_at: Mapped[datetime]


class User(Base):
    """A person: (tenant, the caller's own id for them) → a random id. All personal data is here.

    `schedule` holds what they set of their schedule beside the time zone; None is all defaults.
    `erased_at` is set for the length of the erasing transaction only: it opens the triggers.
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("tenant_id", "external_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[Name] = mapped_column(ForeignKey("tenants.id"))
    external_id: Mapped[CallersText]
    timezone: Mapped[Name | None]
    schedule: Mapped[Json | None]
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class ApiKey(Base):
    """A key of a tenant; the secret itself is nowhere, only its SHA-256."""

    __tablename__ = "api_keys"

    id: Mapped[Name] = mapped_column(primary_key=True)
    tenant_id: Mapped[Name] = mapped_column(ForeignKey("tenants.id"), index=True)
    name: Mapped[Title]
    secret_sha256: Mapped[Sha256]
    scopes: Mapped[Json]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class TokenKey(Base):
    """What learners' tokens are signed with; no longer taken from `retires_at` on."""

    __tablename__ = "token_keys"

    id: Mapped[Name] = mapped_column(primary_key=True)
    secret: Mapped[Sha256]
    created_at: Mapped[datetime]
    retires_at: Mapped[datetime | None]


class Issuer(Base):
    """Who else may say who a learner of a tenant is: an OpenID Connect issuer, for one audience."""

    __tablename__ = "issuers"

    issuer: Mapped[CallersText] = mapped_column(primary_key=True)
    audience: Mapped[CallersText] = mapped_column(primary_key=True)
    tenant_id: Mapped[Name] = mapped_column(ForeignKey("tenants.id"), index=True)
    jwks_uri: Mapped[CallersText]
    algorithms: Mapped[Json]
    created_at: Mapped[datetime]


class AuditEvent(Base):
    """What a key or an operator did. Append-only, and without personal data: see `audit`."""

    __tablename__ = "audit_events"
    __table_args__ = (Index(None, "tenant_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[Name] = mapped_column(ForeignKey("tenants.id"))
    at: Mapped[datetime]
    actor: Mapped[Title]
    action: Mapped[Name]
    subject: Mapped[CallersText | None]
    details: Mapped[Json | None]
    request_id: Mapped[Title | None]


class Deck(Base):
    """A deck of cards; `tenant_id` None means that everyone sees it, and that nobody changes it.

    `version` counts its changes, those of its cards included. A deleted deck keeps its id for ever.
    """

    __tablename__ = "decks"

    id: Mapped[Name] = mapped_column(primary_key=True)
    tenant_id: Mapped[Name | None] = mapped_column(ForeignKey("tenants.id"), index=True)
    title: Mapped[LongText]
    description: Mapped[LongText]
    content_hash: Mapped[Name]
    version: Mapped[Count] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Card(Base):
    """A card's lasting identity: its place in the deck and which version of its text is current."""

    __tablename__ = "cards"
    __table_args__ = (
        UniqueConstraint("deck_id", "key"),
        Index(None, "deck_id", "position"),
    )

    id: Mapped[CardId] = mapped_column(primary_key=True)
    deck_id: Mapped[Name] = mapped_column(ForeignKey("decks.id"))
    key: Mapped[Name]
    position: Mapped[Count]
    version: Mapped[Ordinal]
    retired_at: Mapped[datetime | None]


class CardVersion(Base):
    """A card's text as it stood at one version; kept for ever, for the questions asked with it."""

    __tablename__ = "card_versions"

    card_id: Mapped[CardId] = mapped_column(ForeignKey("cards.id"), primary_key=True)
    version: Mapped[Ordinal] = mapped_column(primary_key=True)
    content: Mapped[Json]
    content_hash: Mapped[Name]
    created_at: Mapped[datetime]


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
        UniqueConstraint("user_id", "subject", "event"),
        UniqueConstraint("undoes"),
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
    undoes: Mapped[UUID | None] = mapped_column(ForeignKey("reviews.id"))
    answer_id: Mapped[UUID | None] = mapped_column(ForeignKey("answers.id"), index=True)
    reviewed_at: Mapped[datetime]
    due_from: Mapped[datetime | None]
    day: Mapped[date | None]
    schedule: Mapped[Json | None]
    scheduled_days: Mapped[Count | None]
    retrievability: Mapped[float | None]
    duration_ms: Mapped[BigNumber | None]
    recorded_at: Mapped[datetime]


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
    request_id: Mapped[Annotated[str, mapped_column(BoundedText(128))]]
    created_at: Mapped[datetime] = mapped_column(index=True)
