"""When a person practised, what comes due, and how well it was foreseen what they would know.

Each query reads one person's stretch of one index (see `tables`), so that it costs as much however
many others there are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from service.quiz.calendar import Forecast, Streak, forecast, forecast_end, streak
from service.quiz.scheduling import learner_day
from service.store.columns import QUARTER, quarter_of
from service.store.memories import is_standing, schedule_of
from service.store.tables import Answer, Memory, Review

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from service.quiz.scheduling import Schedule
    from service.store.tables import User

FORECAST_DAYS: Final = 30
MATURE_DAYS: Final = 21
"""A memory that was put off for as many days is mature, as Anki has it; others are young."""


@dataclass(frozen=True, slots=True)
class Day:
    """How much was done on one of a learner's days: answers, and reviews that were none."""

    date: date
    answers: int
    reviews: int


@dataclass(frozen=True, slots=True)
class Retention:
    """Reviews of memories past their learning steps, and in how many the thing was recalled.

    Of several reviews on one day the first counts. `expected` is the sum of what was foreseen: each
    review's retrievability.
    """

    reviews: int = 0
    recalled: int = 0
    expected: float = 0.0

    def __add__(self, other: Retention) -> Retention:
        """Both together."""
        return Retention(
            self.reviews + other.reviews,
            self.recalled + other.recalled,
            self.expected + other.expected,
        )


@dataclass(frozen=True, slots=True)
class Practice:
    """A person's days, oldest first, and what follows from them."""

    days: tuple[Day, ...]
    streak: Streak
    forecast: Forecast
    young: Retention
    mature: Retention


def practice(session: Session, person: User, *, now: datetime) -> Practice:
    """What a person did and what awaits them, in their own days as they are now."""
    rules = schedule_of(person)
    days = _days(session, person.id, rules)
    retention = _retention(session, person.id)
    return Practice(
        days=tuple(days),
        streak=streak([day.date for day in days], learner_day(now, rules)),
        forecast=_forecast(session, person.id, now, rules),
        young=retention[False],
        mature=retention[True],
    )


def _days(session: Session, user_id: UUID, rules: Schedule) -> list[Day]:
    counts: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    answered = select(quarter_of(Answer.answered_at), func.count()).where(Answer.user_id == user_id)
    reviewed = select(quarter_of(Review.reviewed_at), func.count()).where(
        Review.user_id == user_id, Review.rating.is_not(None), Review.answer_id.is_(None)
    )
    for kind, statement in enumerate((answered, reviewed)):
        for quarter, number in session.execute(statement.group_by(statement.selected_columns[0])):
            moment = datetime.fromtimestamp(quarter * QUARTER, UTC)
            counts[learner_day(moment, rules)][kind] += number
    return [Day(day, *counts[day]) for day in sorted(counts)]


def _forecast(session: Session, user_id: UUID, now: datetime, rules: Schedule) -> Forecast:
    """Due things by the day; retired cards, which are not asked, are left out."""
    due = session.execute(
        select(Memory.due_from, func.count())
        .where(Memory.user_id == user_id, is_standing())
        .where(Memory.due_from < forecast_end(now, rules, FORECAST_DAYS))
        .group_by(Memory.due_from)
    )
    return forecast(
        ((moment, number) for moment, number in due if moment is not None),
        now,
        rules,
        FORECAST_DAYS,
    )


def _retention(session: Session, user_id: UUID) -> dict[bool, Retention]:
    """By whether the memories were mature; reviews that were undone are left out."""
    mature = case((Review.scheduled_days >= MATURE_DAYS, 1), else_=0)
    found = session.execute(
        select(
            mature,
            func.count(),
            func.sum(case((Review.rating != "again", 1), else_=0)),
            func.sum(Review.retrievability),
        )
        .where(Review.user_id == user_id, Review.scheduled_days.is_not(None), _stands(user_id))
        .group_by(mature)
    )
    retention = {False: Retention(), True: Retention()}
    for is_mature, reviews, recalled, expected in found:
        # PostgreSQL's sum of integers is a Decimal
        retention[bool(is_mature)] = Retention(reviews, int(recalled), float(expected))
    return retention


def _stands(user_id: UUID) -> ColumnElement[bool]:
    """Whether nothing undoes a review of a person."""
    later = aliased(Review)
    return ~select(later.id).where(later.user_id == user_id, later.undoes == Review.id).exists()
