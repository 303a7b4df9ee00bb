"""How a person is doing, as plain data, as a few lines of text, and as a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from service.quiz.kinds import RATINGS
from service.quiz.statistics import share, wilson
from service.spreadsheet import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from service.quiz.scheduling import Schedule
    from service.store.practice import Practice, Retention
    from service.store.progress import Progress, Tally

__all__ = ["Doing", "as_csv", "as_text", "in_percent", "plain"]

_YEAR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Doing:
    """All there is to say of how a person is doing; ``today`` is their own."""

    schedule: Schedule
    today: date
    progress: Progress
    practice: Practice

    @property
    def retention(self) -> Mapping[str, Retention]:
        """By how well a thing was known before."""
        young, mature = self.practice.young, self.practice.mature
        return {"young": young, "mature": mature, "all": young + mature}


def plain(doing: Doing) -> dict[str, Any]:
    """The members of the answer."""
    counted, practice = doing.progress, doing.practice
    return {
        "asked": counted.asked,
        "answered": counted.answered,
        "correct": counted.correct,
        "topics": counted.topics,
        "templates": counted.templates,
        "cards": counted.cards,
        "mistakes": [{"code": code, "count": count} for code, count in counted.mistakes],
        "timezone": doing.schedule.timezone,
        "day_start_hour": doing.schedule.day_start_hour,
        "streak": asdict(practice.streak),
        "days": [asdict(day) for day in practice.days if day.date > doing.today - _YEAR],
        "forecast": {
            "overdue": practice.forecast.overdue,
            "days": [{"date": day, "due": due} for day, due in practice.forecast.days],
        },
        "retention": {name: _retention(one) for name, one in doing.retention.items()},
    }


def _retention(one: Retention) -> dict[str, Any]:
    return {
        "reviews": one.reviews,
        "recalled": one.recalled,
        "true_retention": share(one.recalled, one.reviews),
        "interval": wilson(one.recalled, one.reviews),
        "predicted_retention": one.expected / one.reviews if one.reviews else None,
    }


def as_text(doing: Doing) -> str:
    """A few lines for a chat or a terminal."""
    counted, practice = doing.progress, doing.practice
    lines = [f"{counted.asked} asked, {counted.answered} answered, {counted.correct} right"]
    lines += [_tally_line(tally) for tally in (*counted.templates, *counted.cards)]
    if counted.mistakes:
        told = ", ".join(f"{code} {count}×" for code, count in counted.mistakes)
        lines.append(f"mistakes: {told}")
    streak, due = practice.streak, practice.forecast
    lines.append(f"streak: {_days(streak.current)}, the longest {_days(streak.longest)}")
    week = sum(number for _, number in due.days[:7])
    lines.append(f"due: {due.overdue} overdue, {due.days[0][1]} today, {week} within 7 days")
    everything = _retention(doing.retention["all"])
    if everything["reviews"]:
        lines.append(
            f"recalled: {in_percent(everything['true_retention'])} of {everything['reviews']} "
            f"reviews, {in_percent(everything['predicted_retention'])} foreseen"
        )
    return "\n".join(lines)


def in_percent(part: float) -> str:
    """A share as people write it: 93 %."""
    return f"{100 * part:.0f} %"


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def _tally_line(tally: Tally) -> str:
    rated = ", ".join(f"{rating} {count}×" for rating, count in tally.ratings.items())
    return f"{tally.name}: " + (rated or f"{tally.correct} of {tally.answered} right")


_TALLIED: Final = ("asked", "answered", "answers", "correct")
_REVIEWED: Final = ("reviews", "recalled", "true_retention", "predicted_retention")
_COLUMNS: Final = ("about", "name", *_TALLIED, *RATINGS, *_REVIEWED, "due")


def as_csv(doing: Doing) -> str:
    """A line for each topic, template, card, mistake, day, day to come, and kind of memory.

    ``about`` says which; what a line has no number for is empty.
    """
    return csv_text(_COLUMNS, _rows(doing))


def _rows(doing: Doing) -> Iterator[Sequence[object]]:
    view = plain(doing)
    for about, tallies in (
        ("topic", doing.progress.topics),
        ("template", doing.progress.templates),
        ("card", doing.progress.cards),
    ):
        for tally in tallies:
            yield _row(about, tally.name, asdict(tally) | tally.ratings)
    for mistake in view["mistakes"]:
        yield _row("mistake", mistake["code"], {"answers": mistake["count"]})
    for day in view["days"]:
        yield _row("day", day["date"].isoformat(), day)
    yield _row("forecast", "overdue", {"due": view["forecast"]["overdue"]})
    for day in view["forecast"]["days"]:
        yield _row("forecast", day["date"].isoformat(), day)
    for name, retention in view["retention"].items():
        yield _row("retention", name, retention)


def _row(about: str, name: str, values: Mapping[str, object]) -> Sequence[object]:
    return [about, name, *(values.get(column) for column in _COLUMNS[2:])]
