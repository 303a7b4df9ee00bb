"""What reviews and a person's schedule take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from marshmallow import validates_schema

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
    fault,
    nearest,
)
from service.api.schemas.base import Request, Result
from service.api.schemas.decks import CardFrontSchema, links_field
from service.quiz.kinds import RATINGS

__all__ = [
    "DueQuery",
    "DueSchema",
    "PastReviewSchema",
    "PersonRequest",
    "PersonSchema",
    "ReviewRequest",
    "ReviewSchema",
    "UndoneSchema",
]

STATES: Final = ("learning", "review", "relearning")
_LONGEST_STEP: Final = 7 * 24 * 60  # minutes
_DAY_MS: Final = 86_400_000


class DueQuery(Request):
    """Where to look for what is due."""

    deck = Identifier(
        allow_none=True, load_default=None, description="Only what belongs to this deck."
    )


class IntervalSchema(Result):
    """When a thing comes back after one of the ratings."""

    seconds = WholeNumber(0, required=True, description="From now until it is due.")
    text = Text(64, required=True, description="The same in words: `10 min`, `3 d`.")
    due = Moment(required=True)


class IntervalsSchema(Result):
    """When a thing comes back, by the rating it gets now."""

    again = ObjectOf(IntervalSchema, required=True)
    hard = ObjectOf(IntervalSchema, required=True)
    good = ObjectOf(IntervalSchema, required=True)
    easy = ObjectOf(IntervalSchema, required=True)


class DueTemplateSchema(Result):
    """A template that is due: have it asked, and the answer is its review."""

    id = Text(64, required=True)
    title = Text(200, required=True)
    links = links_field()


class DueSchema(Result):
    """What to review next."""

    review_token = Text(500, required=True, description="Stands for this one review.")
    kind = Choice(("card", "template"), required=True)
    card = ObjectOf(CardFrontSchema, allow_none=True, required=True)
    template = ObjectOf(DueTemplateSchema, allow_none=True, required=True)
    state = Choice(("new", *STATES), required=True)
    due = Moment(allow_none=True, required=True, description="Null for what is new.")
    retrievability = Number(
        0,
        1,
        allow_none=True,
        required=True,
        description="The chance that it is still known; null for what is new.",
    )
    intervals = ObjectOf(IntervalsSchema, required=True)


class ReviewRequest(Request):
    """A rating, of what a token stands for, or of a card that was reviewed elsewhere."""

    review_token = Text(
        500,
        shortest=1,
        allow_none=True,
        load_default=None,
        description="From GET /v1/users/{user}/reviews/next; used once.",
    )
    card = Identifier(
        allow_none=True,
        load_default=None,
        description="The card, in place of a token; then `reviewed_at` is needed.",
    )
    rating = Choice(RATINGS, required=True)
    reviewed_at = Moment(
        allow_none=True,
        load_default=None,
        description="When it was reviewed elsewhere: after the card's last review.",
    )
    duration_ms = WholeNumber(0, _DAY_MS, allow_none=True, load_default=None)

    @validates_schema
    def _either(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        token, card, moment = (data.get(n) for n in ("review_token", "card", "reviewed_at"))
        if token is not None and card is None and moment is None:
            return
        if token is None and card is not None and moment is not None:
            return
        raise fault(
            "A review has a `review_token`, or a `card` and the moment `reviewed_at`.",
            "GET /v1/users/{user}/reviews/next gives a token",
        )


class _MemorySchema(Result):
    state = Choice(STATES, allow_none=True, required=True, description="Null if it is new again.")
    stability = Number(
        allow_none=True,
        required=True,
        description="In days: after that long the chance of knowing it is 90 %.",
    )
    difficulty = Number(1, 10, allow_none=True, required=True)
    due = Moment(allow_none=True, required=True)
    due_from = Moment(
        allow_none=True,
        required=True,
        description="When it is asked: at once, or from the beginning of the learner's day.",
    )


class ReviewSchema(_MemorySchema):
    """A review, and the memory after it."""

    id = Text(36, required=True)
    card = Text(500, allow_none=True, required=True, description="The address of the card.")
    template = Text(64, allow_none=True, required=True)
    rating = Choice(RATINGS, required=True)
    reviewed_at = Moment(required=True)


class PastReviewSchema(Result):
    """A review in a person's history."""

    id = Text(36, required=True)
    card = Text(500, allow_none=True, required=True, description="The address of the card.")
    template = Text(64, allow_none=True, required=True)
    rating = Choice(RATINGS, required=True)
    answer = Text(
        36, allow_none=True, required=True, description="The answer that it followed from."
    )
    duration_ms = WholeNumber(0, _DAY_MS, allow_none=True, required=True)
    scheduled_days = WholeNumber(
        0,
        allow_none=True,
        required=True,
        description="How long it had been put off for, in days; null while it was being learned, "
        "and for a second look on one day.",
    )
    retrievability = Number(
        0,
        1,
        allow_none=True,
        required=True,
        description="The chance foreseen that it would be known; null with `scheduled_days`.",
    )
    reviewed_at = Moment(required=True)
    recorded_at = Moment(required=True, description="Later, for a review made elsewhere.")
    undone = Flag(required=True, description="Whether it was taken back.")


class UndoneSchema(_MemorySchema):
    """A review that was taken back, and the memory as it was before."""

    undone = Text(36, required=True, description="The id of the review.")
    card = Text(500, allow_none=True, required=True)
    template = Text(64, allow_none=True, required=True)
    rating = Choice(RATINGS, required=True)
    reviewed_at = Moment(required=True)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


class TimeZone(Text):
    """The name of a time zone, as IANA has it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            64,
            shortest=1,
            wanted="the IANA name of a time zone, such as Europe/Berlin",
            **kwargs,
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, *args, **kwargs)
        if name not in _zones():
            raise fault("There is no such time zone.", nearest(name, sorted(_zones())))
        return name


def _steps(what: str) -> ListOf:
    return ListOf(
        Number(0.1, _LONGEST_STEP), 10, description=f"Minutes until a card that was {what} returns."
    )


class PersonRequest(Request):
    """What to change of a person's schedule; what is left out stays."""

    timezone = TimeZone(description="Where the learner's days are; UTC at first.")
    day_start_hour = WholeNumber(0, 23, description="When the learner's days begin; 4 at first.")
    desired_retention = Number(
        0.7, 0.99, description="The chance of knowing a card at which it comes back; 0.9 at first."
    )
    learning_steps = _steps("just learned")
    relearning_steps = _steps("forgotten")
    maximum_interval = WholeNumber(1, 36_500, description="In days.")
    learner_days = Flag(
        description="Count the learner's days, as Anki does; false counts steps of 24 hours."
    )


class PersonSchema(Result):
    """A person, and how they are scheduled."""

    user = Text(200, required=True, description="Your own id for the person.")
    timezone = Text(64, required=True)
    day_start_hour = WholeNumber(0, 23, required=True)
    desired_retention = Number(0, 1, required=True)
    learning_steps = ListOf(Number(0, _LONGEST_STEP), 10, required=True)
    relearning_steps = ListOf(Number(0, _LONGEST_STEP), 10, required=True)
    maximum_interval = WholeNumber(1, 36_500, required=True)
    learner_days = Flag(required=True)
    created_at = Moment(required=True)
    links = links_field()
