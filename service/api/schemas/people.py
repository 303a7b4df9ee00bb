"""What the resource of people answers: what they answered, and how they are doing."""

from __future__ import annotations

from service.api.fields import (
    Anything,
    Choice,
    Flag,
    ListOf,
    MapOf,
    Moment,
    Number,
    ObjectOf,
    Text,
    WholeNumber,
)
from service.api.schemas.base import Result
from service.quiz.kinds import RATINGS

__all__ = ["ExportSchema", "PastAnswerSchema", "ProgressSchema"]

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


class TallySchema(Result):
    """How questions of one sort went."""

    name = Text(129, required=True, description="The id of the template, or of the card.")
    asked = WholeNumber(0, _COUNT, required=True)
    answered = WholeNumber(0, _COUNT, required=True, description="How many have an answer.")
    answers = WholeNumber(0, _COUNT, required=True, description="All attempts together.")
    correct = WholeNumber(0, _COUNT, required=True, description="How many have a right answer.")
    ratings = MapOf(WholeNumber(0, _COUNT), required=True, description="How often each was given.")


class MistakeCountSchema(Result):
    """How often one wrong rule was behind an answer."""

    code = Text(64, required=True)
    count = WholeNumber(1, _COUNT, required=True)


class ProgressSchema(Result):
    """How a person is doing."""

    asked = WholeNumber(0, _COUNT, required=True)
    answered = WholeNumber(0, _COUNT, required=True)
    correct = WholeNumber(0, _COUNT, required=True)
    templates = ListOf(ObjectOf(TallySchema), 10_000, required=True)
    cards = ListOf(ObjectOf(TallySchema), 100_000, required=True)
    mistakes = ListOf(
        ObjectOf(MistakeCountSchema), 1000, required=True, description="Commonest first."
    )


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
