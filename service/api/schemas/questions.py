"""What the quiz resources take and answer: templates, questions, answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from service.api.fields import (
    Anything,
    Choice,
    Flag,
    Identifier,
    ListOf,
    Moment,
    Number,
    ObjectOf,
    ResponseValue,
    Strict,
    Text,
    WholeNumber,
    fault,
)
from service.api.idempotency import KEY_FORM
from service.api.schemas.base import Request, Result
from service.api.schemas.decks import FigureSchema, RequestSchema, links_field
from service.api.schemas.problems import ProblemSchema
from service.api.schemas.shapes import StepSchema
from service.quiz.deck_reading import MAX_ID
from service.quiz.deck_table import MAX_NAME, SLUG
from service.quiz.draw import MAX_SEED
from service.quiz.kinds import DIFFICULTIES, RATINGS
from service.quiz.templates import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.api.fields.base import JSONSchema, Writer

__all__ = [
    "CARD_TEMPLATE",
    "KINDS",
    "MAX_ATTEMPTS",
    "MOST_ANSWERS",
    "AnswerRequest",
    "AnswerSchema",
    "AnswersSchema",
    "BatchAnswerRequest",
    "QuestionRequest",
    "QuestionSchema",
    "TemplateName",
    "TemplatesQuery",
    "TemplatesSchema",
    "UuidField",
]

CARD_TEMPLATE: Final = "card"
"""The template of questions that are the cards themselves."""

MAX_ATTEMPTS: Final = 10

MOST_ANSWERS: Final = 500
"""How many answers may come in one request."""

KINDS: Final = ("shape", "integer", "choice", "card")

_LONG = 10_000
_FAR = 10**400
_DAY_MS = 86_400_000


class UuidField(Strict):
    """The id of a question or a quiz, a UUID."""

    wanted = "a UUID"

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> UUID:
        if type(value) is not str:
            self.refuse(value)
        try:
            found = UUID(value)
        except ValueError:
            found = None
        if found is None or str(found) != value.lower():
            raise fault("It is no UUID.")
        return found

    def json_schema(self, _writer: object) -> dict[str, Any]:
        """A string of the format uuid."""
        return {"type": "string", "format": "uuid"}


_OWN_ID: Final = re.compile(rf"{SLUG}\.{SLUG}")


class TemplateParameterSchema(Result):
    """Something that a template can be told in the request for a question."""

    name = Text(64, required=True)
    choices = ListOf(Text(64), 100, allow_none=True, required=True)
    default = Text(64, allow_none=True, required=True)


class TemplateName(Choice):
    """A template of the service, or the id of a question of one's own."""

    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        super().__init__(choices, **kwargs)
        self.wanted += ", or the id of a question of a deck (kernels.camera)"

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if type(value) is str and len(value) <= MAX_ID and _OWN_ID.fullmatch(value):
            return value
        return super()._deserialize(value, *args, **kwargs)

    def json_schema(self, writer: Writer) -> JSONSchema:
        """A string out of a list, or one with a dot."""
        own = {"type": "string", "pattern": f"^{_OWN_ID.pattern}$", "maxLength": MAX_ID}
        return {"anyOf": [super().json_schema(writer), own]}


class NumberSchema(Result):
    """One of the numbers that a question of one's own gives a template."""

    name = Text(64, required=True)
    description = Text(MAX_NAME, required=True)
    minimum = WholeNumber(0, allow_none=True, required=True, description="Null: it is no number.")
    maximum = WholeNumber(0, allow_none=True, required=True)
    words = Anything(required=True, description="Other values that it may have.")
    default = Anything(required=True, description="What it is if left out; null: it must be given.")
    like = Text(
        64, allow_none=True, required=True, description="Left out, it is what this number is."
    )


class TemplateSchema(Result):
    """A maker of questions."""

    id = Text(64, required=True)
    version = WholeNumber(1, required=True)
    title = Text(200, required=True)
    kind = Choice(KINDS, required=True, description="What kind of answer its questions want.")
    parameters = ListOf(ObjectOf(TemplateParameterSchema), 100, required=True)
    topics = ListOf(Text(64), 100, required=True)
    cards = ListOf(Text(129), 100, required=True, description="Ids of the cards that explain it.")
    deck = Text(64, allow_none=True, required=True, description="The deck that asks it, if one.")
    numbers = ListOf(
        ObjectOf(NumberSchema),
        100,
        required=True,
        description="What a question of one's own that is built on it may choose.",
    )
    placeholders = ListOf(
        Text(64), 100, required=True, description="What its wording may have in braces."
    )


class TemplatesSchema(Result):
    """Every template."""

    items = ListOf(ObjectOf(TemplateSchema), 1000, required=True)


class TemplatesQuery(Request):
    """Which templates."""

    deck = Identifier(
        allow_none=True,
        load_default=None,
        description="Those that the author of this deck wrote, too.",
    )


class QuestionRequest(Request):
    """What to ask; everything may be left out."""

    template = TemplateName(
        (*TEMPLATES, CARD_TEMPLATE),
        allow_none=True,
        load_default=None,
        description="Who makes the question; without it, one of those that fit.",
    )
    deck = Identifier(
        allow_none=True,
        load_default=None,
        description="Only what practises this deck, or a card of it.",
    )
    card = Identifier(allow_none=True, load_default=None, description="Ask this card.")
    kind = Choice(
        KINDS,
        allow_none=True,
        load_default=None,
        description="Only questions that want this kind of answer; `card` is rated by the "
        "learner. Without it, one that can be graded, if there is one.",
    )
    difficulty = Choice(DIFFICULTIES, load_default="medium", description="How hard it may be.")
    seed = WholeNumber(
        0,
        MAX_SEED,
        allow_none=True,
        load_default=None,
        description="The same seed makes the same question; without it, a random one.",
    )
    attempts = WholeNumber(
        1, MAX_ATTEMPTS, load_default=1, description="How often it may be answered."
    )
    partial_credit = Flag(
        load_default=False, description="A wrong shape is worth the share of sizes that are right."
    )


class _AnswerSent(Request):
    response = ResponseValue(
        required=True,
        description="What the learner answers, as typed or as numbers; the letter or the text of "
        "an option; for a card: again, hard, good or easy, and before that, if it has a rubric, "
        "the answer in one's own words.",
    )
    duration_ms = WholeNumber(
        0,
        _DAY_MS,
        allow_none=True,
        load_default=None,
        description="How long it took, in milliseconds.",
    )


class AnswerRequest(_AnswerSent):
    """An answer to a question."""

    next = Flag(
        load_default=False,
        description="Ask another question like this one in the answer, once this one is closed; "
        "in a quiz the next one is there anyway.",
    )


class BatchAnswerRequest(_AnswerSent):
    """One answer of a batch."""

    question = UuidField(required=True, description="The question's id.")
    idempotency_key = Text(
        **KEY_FORM,
        allow_none=True,
        load_default=None,
        description="As the header Idempotency-Key of this answer alone: sent again, in a batch or "
        "by itself, it gets the same answer.",
    )


class MistakeSchema(Result):
    """The wrong rule that gives what was answered."""

    code = Text(64, required=True)
    explanation = Text(_LONG, required=True)


class CheckSchema(Result):
    """How to have the right answer computed."""

    request = ObjectOf(RequestSchema, required=True)
    curl = Text(2 * _LONG, required=True)


class ExpectedField(Anything):
    """A shape, a whole number, the id of an option, or the back of a card."""

    def json_schema(self, _writer: object) -> dict[str, object]:
        """An array of integers, an integer or a string."""
        number = {"type": "integer"}
        return {
            "oneOf": [
                {"type": "array", "items": number, "maxItems": 5},
                number,
                {"type": "string", "maxLength": _LONG},
            ]
        }


class SolutionSchema(Result):
    """The right answer; left out as long as the question can be answered for credit."""

    expected = ExpectedField(
        description="The right answer; of a choice the option's id, of a card its back."
    )
    explanation = Text(_LONG, lines=True, description="Why that is right.")
    derivation = ListOf(ObjectOf(StepSchema), 64, description="How it comes about, step by step.")
    check = ObjectOf(CheckSchema, description="The request that computes it.")
    card = Text(500, description="The address of the card to read.")


class FindingSchema(Result):
    """Something of a rubric, and the words that it was seen in."""

    name = Text(200, required=True)
    words = Text(_LONG, required=True)


class RubricSchema(Result):
    """What of a card's rubric was found in a typed answer: a help and no grade."""

    provisional = Flag(required=True, description="Always true: words were looked for, no sense.")
    found = ListOf(ObjectOf(FindingSchema), 20, required=True, description="Concepts seen.")
    missing = ListOf(Text(200), 20, required=True, description="Concepts not seen.")
    forbidden = ListOf(
        ObjectOf(FindingSchema), 20, required=True, description="Statements that are wrong."
    )


class _AnswerHead(Result):
    id = Text(36, required=True)
    question = Text(500, required=True, description="The address of the question.")
    attempt = WholeNumber(1, required=True)
    response = Anything(required=True, description="What was sent.")
    read = Anything(required=True, description="How it was read; null for a rating.")
    correct = Flag(
        allow_none=True,
        required=True,
        description="Null for a rating, and in an exam till its end.",
    )
    score = Number(
        0,
        1,
        allow_none=True,
        required=True,
        description="From 0 to 1; null for a rating, and in an exam till its end.",
    )
    rating = Choice(RATINGS, allow_none=True, required=True, description="Null but for a card.")
    attempts_left = WholeNumber(0, required=True)
    rubric = ObjectOf(
        RubricSchema, description="Only for what was typed to a card that has a rubric."
    )
    answered_at = Moment(required=True)
    mistake = ObjectOf(
        MistakeSchema,
        allow_none=True,
        description="The one wrong rule that gives this answer; null where none or several do.",
    )
    mistakes = ListOf(
        ObjectOf(MistakeSchema),
        100,
        description="Every wrong rule that gives this answer, likeliest first.",
    )


class OptionSchema(Result):
    """One of the answers to choose from."""

    id = Text(8, required=True)
    text = Text(_LONG, required=True)


class _QuestionHead(Result):
    id = Text(36, required=True)
    template = Text(64, required=True)
    kind = Choice(KINDS, required=True)
    difficulty = Text(64, required=True)
    prompt = Text(_LONG, lines=True, required=True)
    response_hint = Text(_LONG, required=True, description="How to write the answer.")
    options = ListOf(
        ObjectOf(OptionSchema), 8, description="The answers to choose from; only for a choice."
    )
    figure = ObjectOf(
        FigureSchema,
        allow_none=True,
        required=True,
        description="A picture of what is asked; without the answer, as long as that may not be "
        "told.",
    )
    state = Choice(("open", "answered", "revealed"), required=True)
    attempts_left = WholeNumber(0, required=True)
    asked_at = Moment(required=True)
    links = links_field()
    quiz = Text(500, description="The address of the quiz that it belongs to.")
    seed = WholeNumber(
        0, MAX_SEED, description="What made it, once it is closed: with it, it can be asked again."
    )


class QuestionSchema(SolutionSchema, _QuestionHead):
    """A question asked of a person; with its answer once that may be shown."""


class AnswerSchema(SolutionSchema, _AnswerHead):
    """An answer that counts, and what to learn from it."""

    figure = ObjectOf(
        FigureSchema, allow_none=True, description="The picture with the output in it."
    )

    next = ObjectOf(
        QuestionSchema,
        allow_none=True,
        description="The next question: of the quiz, null at its end, or the one asked for.",
    )


class AnswerItemSchema(Result):
    """What one answer of a batch would have been answered alone."""

    status = WholeNumber(200, 599, required=True, description="201, or the problem's status.")
    answer = ObjectOf(AnswerSchema, description="If the status is 201; without `next`.")
    problem = ObjectOf(ProblemSchema, description="If it is not; pointers start at the item.")


class AnswersSchema(Result):
    """What comes of each answer, in the order of the items."""

    items = ListOf(ObjectOf(AnswerItemSchema), MOST_ANSWERS, required=True)
