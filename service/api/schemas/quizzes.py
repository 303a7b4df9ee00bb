"""What quizzes take and answer."""

from __future__ import annotations

from typing import Final

from service.api.fields import (
    Choice,
    Flag,
    Identifier,
    ListOf,
    Moment,
    Number,
    ObjectOf,
    Text,
    WholeNumber,
)
from service.api.schemas.base import Request, Result
from service.api.schemas.decks import links_field
from service.api.schemas.questions import MAX_ATTEMPTS, QuestionSchema, TemplateName
from service.quiz.draw import MAX_SEED
from service.quiz.kinds import DIFFICULTIES
from service.quiz.templates import TEMPLATES
from service.store.quizzes import MODES, SCORE_RULES

__all__ = ["MAX_LENGTH", "QuizRequest", "QuizSchema"]

MAX_LENGTH: Final = 50
_DAY: Final = 86_400


class QuizRequest(Request):
    """What the quiz is to be made of."""

    deck = Identifier(
        allow_none=True, load_default=None, description="Only what practises this deck."
    )
    templates = ListOf(
        TemplateName(tuple(TEMPLATES)),
        MAX_LENGTH,
        shortest=1,
        allow_none=True,
        load_default=None,
        description="Who makes the questions, in turn; without it, all that fit.",
    )
    length = WholeNumber(1, MAX_LENGTH, required=True, description="How many questions.")
    mode = Choice(
        MODES,
        load_default="practice",
        description="practice: each answer teaches. exam: nothing is told before it is finished. "
        "review: what is due, cards and questions.",
    )
    difficulty = Choice(DIFFICULTIES, load_default="medium")
    seed = WholeNumber(
        0,
        MAX_SEED,
        allow_none=True,
        load_default=None,
        description="The same seed makes the same quiz; without it, a random one.",
    )
    attempts = WholeNumber(
        1, MAX_ATTEMPTS, load_default=1, description="How often each question may be answered."
    )
    partial_credit = Flag(
        load_default=False, description="A wrong shape is worth the share of sizes that are right."
    )
    score_rule = Choice(
        SCORE_RULES, load_default="best", description="Which attempt at a question counts."
    )
    time_limit_s = WholeNumber(
        10,
        _DAY,
        allow_none=True,
        load_default=None,
        description="Seconds after which no more answers are taken.",
    )


class QuizResultSchema(Result):
    """What one question of a finished quiz is worth."""

    question = Text(500, required=True, description="The address of the question.")
    answered = Flag(required=True)
    score = Number(
        0, 1, allow_none=True, required=True, description="Null for a card, which is rated."
    )


class QuizSchema(Result):
    """A quiz and its questions."""

    id = Text(36, required=True)
    mode = Choice(MODES, required=True)
    state = Choice(("open", "closed", "finished"), required=True)
    deck = Text(64, allow_none=True, required=True)
    difficulty = Choice(DIFFICULTIES, required=True)
    length = WholeNumber(0, MAX_LENGTH, required=True)
    answered = WholeNumber(0, MAX_LENGTH, required=True, description="How many have an answer.")
    score_rule = Choice(SCORE_RULES, required=True)
    started_at = Moment(required=True)
    closes_at = Moment(allow_none=True, required=True)
    finished_at = Moment(allow_none=True, required=True)
    score = Number(
        0,
        1,
        allow_none=True,
        required=True,
        description="The mean over its questions, once it is finished; null for cards alone.",
    )
    seed = WholeNumber(0, MAX_SEED, description="What made it, once it is finished.")
    questions = ListOf(ObjectOf(QuestionSchema), MAX_LENGTH, required=True)
    results = ListOf(
        ObjectOf(QuizResultSchema), MAX_LENGTH, description="By question, once it is finished."
    )
    links = links_field()
