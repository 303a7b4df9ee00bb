"""Answering any number of questions in one transaction: a lock, a look, and one writing of it all.

::

    held = recording.hold(session, question_ids, tenant_id=tenant_id)   # nobody else answers them
    ...                                                   # `answers.made`, `memories.made`, ...
    recording.write(session, changes)

What `hold` gives belongs to no session: changing it is free, and only `write` makes it last. So the
number of statements does not grow with the number of answers.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import bindparam, select, tuple_

from service.store.bulk import Write, write_all
from service.store.memories import CARD, TEMPLATE
from service.store.plain import Plain
from service.store.tables import (
    Answer,
    IdempotencyKey,
    Memory,
    Question,
    Quiz,
    Review,
    UnreadResponse,
    User,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Remembered = tuple[UUID, str]
"""A person and the subject of a memory."""


@dataclass(slots=True)
class Held:
    """Locked questions by their ids, and what answering them needs.

    A memory that was never reviewed is not there.
    """

    questions: dict[UUID, Question] = field(default_factory=dict)
    users: dict[UUID, User] = field(default_factory=dict)
    quizzes: dict[UUID, Quiz] = field(default_factory=dict)
    memories: dict[Remembered, Memory] = field(default_factory=dict)

    def quiz_of(self, question: Question) -> Quiz | None:
        """The quiz that a question belongs to, None if to none."""
        return None if question.quiz_id is None else self.quizzes[question.quiz_id]


@dataclass(slots=True)
class Changes:
    """What is to be written: rows that are new, and rows that have changed, each once."""

    questions: dict[UUID, Question] = field(default_factory=dict)
    memories: dict[Remembered, Memory] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    unread: list[UnreadResponse] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    keys: list[IdempotencyKey] = field(default_factory=list)


def subject_of(question: Question) -> str:
    """What a question is a review of: its card, or its template."""
    return f"{CARD}{question.card_id}" if question.card_id else f"{TEMPLATE}{question.template}"


def hold(session: Session, question_ids: Collection[UUID], *, tenant_id: str) -> Held:
    """Lock questions of a tenant; those that aren't there, or are another's, are left out.

    PostgreSQL locks people before their questions, and both in the order of their ids, so that two
    requests never wait for each other. On SQLite the transaction holds the write lock already.
    """
    held = Held()
    if not question_ids:
        return held
    connection, width = session.connection(), len(_USER.columns)
    for row in connection.execute(_LOCK, {"ids": [*question_ids], "tenant": tenant_id}):
        question = _QUESTION.made(row[width:])
        held.questions[question.id] = question
        if question.user_id not in held.users:
            held.users[question.user_id] = _USER.made(row[:width])
    # A second statement, for it has to see what was committed while the first one waited.
    known = {(one.user_id, subject_of(one)) for one in held.questions.values()}
    for row in connection.execute(_MEMORIES, {"known": [*known]}):
        memory = _MEMORY.made(row)
        held.memories[memory.user_id, memory.subject] = memory
    quiz_ids = {one.quiz_id for one in held.questions.values()} - {None}
    if quiz_ids:
        for row in connection.execute(_QUIZZES, {"ids": [*quiz_ids]}):
            quiz = _QUIZ.made(row)
            held.quizzes[quiz.id] = quiz
    return held


def write(session: Session, changes: Changes) -> None:
    """Write it all. Raises `Conflict` if it stands against what was written since it was read."""
    write_all(
        session,
        (
            (_QUESTIONS, [*changes.questions.values()]),
            (Write(Answer), changes.answers),
            (Write(UnreadResponse), changes.unread),
            (Write(Memory, "put"), [*changes.memories.values()]),
            (Write(Review), changes.reviews),
            (Write(IdempotencyKey), changes.keys),
        ),
    )


_USER, _QUESTION, _MEMORY, _QUIZ = Plain(User), Plain(Question), Plain(Memory), Plain(Quiz)

# Made once: making a statement takes longer than finding its compiled form.
_LOCK: Final = (
    select(*_USER.columns, *_QUESTION.columns)
    .join_from(User, Question, Question.user_id == User.id)
    .where(Question.id.in_(bindparam("ids", expanding=True)), User.tenant_id == bindparam("tenant"))
    .order_by(User.id, Question.id)
    .with_for_update(key_share=True, of=(User, Question))
)
_MEMORIES: Final = select(*_MEMORY.columns).where(
    tuple_(Memory.user_id, Memory.subject).in_(bindparam("known", expanding=True))
)
_QUIZZES: Final = select(*_QUIZ.columns).where(Quiz.id.in_(bindparam("ids", expanding=True)))
_QUESTIONS: Final = Write(Question, "update", ("attempts_used", "state", "closed_at"))
