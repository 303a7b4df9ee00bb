"""How a person is doing, drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from service.api.progress import in_percent, plain
from service.figures import Column, Drawing, Row, draw_columns, draw_rows

if TYPE_CHECKING:
    from datetime import date

    from service.api.progress import Doing

__all__ = ["PLOTS"]

_DAYS: Final = 30
_MOST_MISTAKES: Final = 15


def _forecast(doing: Doing) -> Drawing:
    ahead = doing.practice.forecast
    columns = [Column("overdue", (ahead.overdue, 0))]
    columns += [Column(_short(day), (0, due)) for day, due in ahead.days]
    counts = ", ".join(f"{day}: {due}" for day, due in ahead.days if due) or "nothing"
    return draw_columns(
        f"Due in the next {len(ahead.days)} days",
        f"Overdue: {ahead.overdue}. Due: {counts}.",
        columns,
        ("overdue", "due"),
        _whose_days(doing),
    )


def _days(doing: Doing) -> Drawing:
    done = {day.date: (day.answers, day.reviews) for day in doing.practice.days}
    shown = [doing.today - timedelta(days=ago) for ago in reversed(range(_DAYS))]
    columns = [Column(_short(day), done.get(day, (0, 0))) for day in shown]
    counts = ", ".join(f"{day}: {sum(done[day])}" for day in shown if day in done) or "nothing"
    streak = doing.practice.streak
    days = "day" if streak.current == 1 else "days"
    return draw_columns(
        f"What was done in the last {_DAYS} days",
        f"Answers and other reviews. {counts}.",
        columns,
        ("answers", "other reviews"),
        f"{streak.current} {days} on end, {streak.longest} at most. {_whose_days(doing)}",
    )


def _retention(doing: Doing) -> Drawing:
    rows, words = [], []
    for name, one in plain(doing)["retention"].items():
        true, expected = one["true_retention"], one["predicted_retention"]
        said = f"{one['recalled']} of {one['reviews']}"
        if true is not None:
            said = f"{in_percent(true)}, {said}; foreseen {in_percent(expected)}"
        words.append(f"{name}: {said}")
        rows.append(Row(name, true, said, one["interval"], expected))
    return draw_rows(
        "True against predicted retention",
        f"What was recalled of what was reviewed. {'. '.join(words)}.",
        rows,
        "Bar: the share recalled, and where the true one lies with 95 % confidence. Diamond: what "
        "was foreseen. Mature is what had been put off for 21 days or more.",
        shares=True,
    )


def _mistakes(doing: Doing) -> Drawing:
    counted = doing.progress.mistakes
    words = ", ".join(f"{code} {count} times" for code, count in counted) or "none yet"
    more = len(counted) - _MOST_MISTAKES
    caption = "How often each wrong rule was behind an answer."
    return draw_rows(
        "Mistakes",
        f"Wrong rules behind answers: {words}.",
        [Row(code, count, f"{count}×") for code, count in counted[:_MOST_MISTAKES]],
        f"{caption} {more} rarer ones are not shown." if more > 0 else caption,
    )


PLOTS: Final[Mapping[str, Callable[[Doing], Drawing]]] = {
    "forecast": _forecast,
    "retention": _retention,
    "days": _days,
    "mistakes": _mistakes,
}
"""The plots of a person's progress, by name."""


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]


def _whose_days(doing: Doing) -> str:
    return f"Days of {doing.schedule.timezone}, begun at {doing.schedule.day_start_hour}:00."
