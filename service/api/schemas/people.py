"""What the resource of people answers: what they answered, and all that is kept of them."""

from __future__ import annotations

from service.api.fields import (
    Anything,
    Choice,
    Flag,
    ListOf,
    Moment,
    Number,
    Text,
    WholeNumber,
)
from service.api.schemas.base import Result
from service.quiz.kinds import RATINGS

__all__ = ["ExportSchema", "PastAnswerSchema"]

_COUNT = 2**53


class PastAnswerSchema(Result):
    """An answer in a person's history."""

    id = Text(36, required=True)
    question = Text(500, required=True, description="The address of the question.")
    template = Text(64, required=True)
    kind = Text(64, required=True)
    difficulty = Text(64, required=True)
    card = Text(
        500, allow_none=True, required=True, description="The address of the card it was about."
    )
    attempt = WholeNumber(1, required=True, description="Counted from 1 for each question.")
    response = Anything(required=True, description="What was sent.")
    read = Anything(required=True, description="How it was read; null for a rating.")
    correct = Flag(
        allow_none=True,
        required=True,
        description="Null for a rating, and in an exam till its end.",
    )
    score = Number(0, 1, allow_none=True, required=True)
    mistake = Text(
        64, allow_none=True, required=True, description="The code of the mistake behind it."
    )
    rating = Choice(RATINGS, allow_none=True, required=True)
    duration_ms = WholeNumber(0, _COUNT, allow_none=True, required=True)
    answered_at = Moment(required=True)


def _rows(what: str) -> ListOf:
    return ListOf(Anything(), 10_000_000, description=what)


class ExportSchema(Result):
    """Everything about a person, as it is stored: rows by table, columns by name."""

    users = _rows("The person: your id for them, time zone, schedule.")
    quizzes = _rows("Quizzes they were given.")
    questions = _rows("Questions they were asked.")
    answers = _rows("Their answers, as typed and as read.")
    unread_responses = _rows("What they typed that could not be read.")
    reviews = _rows("How well they remembered, each time.")
    memories = _rows("What follows from that.")
    idempotency_keys = _rows("Names of requests that may be repeated.")
    jobs = _rows("Long work that they are the subject of, without what it gave.")
