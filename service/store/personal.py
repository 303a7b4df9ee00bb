"""Everything that is kept about one person, to be handed over."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from service.steps import Tell, tell_nobody
from service.store.errors import NotFound
from service.store.tables import Base, User
from service.store.users import OF_A_PERSON

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Rows = list[dict[str, Any]]


def export(session: Session, user_id: UUID, *, tell: Tell = tell_nobody) -> dict[str, Rows]:
    """Every row that is about a person, by table, as plain data; raises `NotFound`.

    What would tell the key of a question that still counts, its seed and that of its quiz, is
    None; so is what an answer in an exam is worth before the exam is finished. The bodies that are
    kept for a repeated Idempotency-Key, and what jobs gave, say nothing else and are left out.
    """
    person = session.get(User, user_id)
    if person is None:
        raise NotFound("user", user_id)
    about: dict[str, Rows] = {"users": [_plain(person)]}
    for step, table in enumerate(OF_A_PERSON):
        tell(step, len(OF_A_PERSON))
        key = list(table.__mapper__.primary_key)
        rows = session.scalars(select(table).where(table.user_id == user_id).order_by(*key))
        about[table.__tablename__] = [_plain(row) for row in rows]
    _seal(about)
    for kept in about["idempotency_keys"]:
        del kept["body"]
    return about


def _seal(about: dict[str, Rows]) -> None:
    """Blank what may not be told yet."""
    unfinished = {quiz["id"] for quiz in about["quizzes"] if quiz["finished_at"] is None}
    exams = {quiz["id"] for quiz in about["quizzes"] if quiz["mode"] == "exam"} & unfinished
    for quiz in about["quizzes"]:
        if quiz["id"] in unfinished:
            quiz["seed"] = None
    in_exam = set()
    for question in about["questions"]:
        if question["state"] == "open" or question["quiz_id"] in exams:
            question["seed"] = None
        if question["quiz_id"] in exams:
            in_exam.add(question["id"])
    for answer in about["answers"]:
        if answer["question_id"] in in_exam:
            answer.update(correct=None, score=None, mistake=None)


def _plain(row: Base) -> dict[str, Any]:
    return {
        column.key: _json(getattr(row, column.key))
        for column in row.__mapper__.column_attrs
        if not column.deferred
    }


def _json(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value
