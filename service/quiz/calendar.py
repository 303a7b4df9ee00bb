"""A learner's calendar: which days were practised on, and what the days to come bring."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from service.quiz.scheduling import day_start, learner_day

if TYPE_CHECKING:
    from service.quiz.scheduling import Schedule

__all__ = ["Forecast", "Streak", "forecast", "forecast_end", "streak"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Streak:
    """Days on end: up to today, or to yesterday while today is not over; and the most ever."""

    current: int
    longest: int
    practised_today: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is due: how much since before today, and on each day from today on."""

    overdue: int
    days: tuple[tuple[date, int], ...]


def streak(days: Collection[date], today: date) -> Streak:
    """The streak of somebody who practised on ``days``; days after ``today`` don't count."""
    past = sorted({day for day in days if day <= today})
    current = longest = run = 0
    for before, day in pairwise([date.min, *past]):
        run = run + 1 if day - before == _DAY else 1
        longest = max(longest, run)
    if past and today - past[-1] <= _DAY:
        current = run
    return Streak(current, longest, bool(past) and past[-1] == today)


def forecast_end(now: datetime, schedule: Schedule, days: int) -> datetime:
    """Before when something is due within so many learner days, today's included."""
    return day_start(learner_day(now, schedule) + days * _DAY, schedule)


def forecast(
    due: Iterable[tuple[datetime, int]], now: datetime, schedule: Schedule, days: int
) -> Forecast:
    """Put what is due, as moments with how many things, into so many learner days from today's."""
    today = learner_day(now, schedule)
    overdue, counts = 0, [0] * days
    for moment, number in due:
        ahead = (learner_day(moment, schedule) - today).days
        if ahead < 0:
            overdue += number
        elif ahead < days:
            counts[ahead] += number
    return Forecast(overdue, tuple((today + i * _DAY, count) for i, count in enumerate(counts)))
