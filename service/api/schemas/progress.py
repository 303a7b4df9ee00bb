"""How a person is doing, in JSON."""

from __future__ import annotations

from service.api.fields import Choice, Day, Flag, ListOf, MapOf, Number, ObjectOf, Text, WholeNumber
from service.api.plots import PLOTS
from service.api.schemas.base import Result
from service.api.schemas.decks import FigureQuery
from service.store.practice import FORECAST_DAYS

__all__ = ["MistakeCountSchema", "PlotQuery", "ProgressSchema", "interval_field"]

_COUNT = 2**53


class TallySchema(Result):
    """How questions of one sort went."""

    name = Text(
        200, required=True, description="The topic, the id of the template, or of the card."
    )
    asked = WholeNumber(0, _COUNT, required=True)
    answered = WholeNumber(0, _COUNT, required=True, description="How many have an answer.")
    answers = WholeNumber(0, _COUNT, required=True, description="All attempts together.")
    correct = WholeNumber(0, _COUNT, required=True, description="How many have a right answer.")
    ratings = MapOf(WholeNumber(0, _COUNT), required=True, description="How often each was given.")


class MistakeCountSchema(Result):
    """How often one wrong rule was behind an answer."""

    code = Text(64, required=True)
    count = WholeNumber(1, _COUNT, required=True)


class StreakSchema(Result):
    """Days of practice on end."""

    current = WholeNumber(
        0, required=True, description="Up to today, or to yesterday while today is not over."
    )
    longest = WholeNumber(0, required=True)
    practised_today = Flag(required=True)


class DaySchema(Result):
    """What was done on one of the learner's days."""

    date = Day(required=True)
    answers = WholeNumber(0, _COUNT, required=True, description="All attempts together.")
    reviews = WholeNumber(
        0, _COUNT, required=True, description="Reviews that no answer to a question made."
    )


class DueDaySchema(Result):
    """How much is due on a day."""

    date = Day(required=True)
    due = WholeNumber(0, _COUNT, required=True)


class ForecastSchema(Result):
    """What is due, if all is reviewed when it is."""

    overdue = WholeNumber(0, _COUNT, required=True, description="Due since before today.")
    days = ListOf(
        ObjectOf(DueDaySchema), FORECAST_DAYS, required=True, description="From today on."
    )


def interval_field() -> ListOf:
    """How sure a share is."""
    return ListOf(
        Number(0, 1),
        2,
        allow_none=True,
        required=True,
        description="Between which shares the true one lies, with 95 % confidence (Wilson).",
    )


class RetentionSchema(Result):
    """How much was recalled of what was reviewed, and how much was foreseen."""

    reviews = WholeNumber(
        0,
        _COUNT,
        required=True,
        description="The first of each day; learning steps don't count.",
    )
    recalled = WholeNumber(0, _COUNT, required=True, description="Rated hard, good or easy.")
    true_retention = Number(
        0, 1, allow_none=True, required=True, description="The share that was recalled."
    )
    interval = interval_field()
    predicted_retention = Number(
        0,
        1,
        allow_none=True,
        required=True,
        description="The mean of the retrievabilities at the moments of the reviews.",
    )


class RetentionsSchema(Result):
    """True against predicted retention; mature is what was put off for 21 days or more."""

    young = ObjectOf(RetentionSchema, required=True)
    mature = ObjectOf(RetentionSchema, required=True)
    all = ObjectOf(RetentionSchema, required=True)


class ProgressSchema(Result):
    """How a person is doing."""

    asked = WholeNumber(0, _COUNT, required=True)
    answered = WholeNumber(0, _COUNT, required=True)
    correct = WholeNumber(0, _COUNT, required=True)
    topics = ListOf(
        ObjectOf(TallySchema),
        10_000,
        required=True,
        description="What has several topics counts for each.",
    )
    templates = ListOf(ObjectOf(TallySchema), 10_000, required=True)
    cards = ListOf(ObjectOf(TallySchema), 100_000, required=True)
    mistakes = ListOf(
        ObjectOf(MistakeCountSchema), 1000, required=True, description="Commonest first."
    )
    timezone = Text(64, required=True, description="Whose days these are.")
    day_start_hour = WholeNumber(0, 23, required=True)
    streak = ObjectOf(StreakSchema, required=True)
    days = ListOf(
        ObjectOf(DaySchema),
        366,
        required=True,
        description="The days of the last year on which something was done, oldest first.",
    )
    forecast = ObjectOf(ForecastSchema, required=True)
    retention = ObjectOf(RetentionsSchema, required=True)


class PlotQuery(FigureQuery):
    """Which plot, and how it is drawn."""

    plot = Choice([*PLOTS], load_default="forecast", description="What it shows.")
