"""Learner days counted one by one, by the clock of the place."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from service.quiz.calendar import Streak, forecast, forecast_end, streak
from service.quiz.scheduling import Schedule

DAY = timedelta(days=1)
TODAY = date(2026, 11, 23)


def days(*ago: int) -> list[date]:
    return [TODAY - number * DAY for number in ago]


def test_streaks() -> None:
    for ago, expected in (
        ((), Streak(0, 0, practised_today=False)),
        ((0,), Streak(1, 1, practised_today=True)),
        ((1,), Streak(1, 1, practised_today=False)),
        ((2,), Streak(0, 1, practised_today=False)),
        ((0, 1, 2), Streak(3, 3, practised_today=True)),
        ((1, 2, 4, 5, 6, 7), Streak(2, 4, practised_today=False)),
        ((-1, 0, 0, 1), Streak(2, 2, practised_today=True)),
    ):
        assert streak(days(*ago), TODAY) == expected, ago


def test_a_forecast_is_what_the_clocks_of_the_place_say() -> None:
    """Over the end of summer time in New York, with days that begin at four."""
    rules = Schedule(timezone="America/New_York")
    zone = ZoneInfo(rules.timezone)
    now = datetime(2026, 10, 30, 3, 59, tzinfo=zone).astimezone(UTC)  # still the 29th
    rng = Random(3)  # noqa: S311
    due = [(now + timedelta(minutes=rng.randrange(-3000, 9000)), 1) for _ in range(400)]
    counted = {}
    for moment, _ in due:
        local = moment.astimezone(zone)
        day = local.date() if local.hour >= 4 else local.date() - DAY
        counted[day] = counted.get(day, 0) + 1
    first = date(2026, 10, 29)
    found = forecast(due, now, rules, 5)
    assert found.days == tuple((first + n * DAY, counted.get(first + n * DAY, 0)) for n in range(5))
    assert found.overdue == sum(count for day, count in counted.items() if day < first)
    end = forecast_end(now, rules, 5)
    assert end == datetime(2026, 11, 3, 4, tzinfo=zone)
    assert sum(moment < end for moment, _ in due) == found.overdue + sum(n for _, n in found.days)
