"""When a card comes back: FSRS as the package ``fsrs`` has it, counted in the learner's own days.

``fsrs`` counts the time between two reviews in steps of 24 hours. Anki counts learner days: local
dates that begin at 4 in the morning, so that a card seen late at night and again next morning was a
day apart. With that rule, and stability held to 36,500 days, the states are Anki's own.

::

    memory = review(None, "good", now, Schedule(timezone="Europe/Berlin"))
    memory.due, preview(memory, later, schedule)["easy"].due
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from fsrs import Card, Scheduler, State
from fsrs import Rating as FsrsRating

from service.quiz.kinds import RATINGS, Rating

__all__ = [
    "DEFAULT_SCHEDULE",
    "MAX_STABILITY",
    "Memory",
    "MemoryState",
    "Review",
    "Schedule",
    "day_start",
    "elapsed_days",
    "learner_day",
    "preview",
    "rebuild",
    "retrievability",
    "review",
]

MemoryState = Literal["learning", "review", "relearning"]

MAX_STABILITY: Final = 36_500.0
"""Days; as much as Anki lets a memory last."""

_DAY: Final = timedelta(days=1)
_RATINGS: Final = {
    "again": FsrsRating.Again,
    "hard": FsrsRating.Hard,
    "good": FsrsRating.Good,
    "easy": FsrsRating.Easy,
}
_STATES: Final[dict[State, MemoryState]] = {
    State.Learning: "learning",
    State.Review: "review",
    State.Relearning: "relearning",
}
_FSRS_STATES: Final = {name: state for state, name in _STATES.items()}


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a person is scheduled.

    ``timezone`` is an IANA name; a learner day begins at ``day_start_hour`` of it. A review comes
    when the chance of still knowing the card has fallen to ``desired_retention``. Steps are the
    minutes until a card that was just learned, or forgotten, is shown again; ``maximum_interval``
    is in days. Without ``learner_days`` all is as ``fsrs`` has it: time in steps of 24 hours, and
    no bound on stability.
    """

    timezone: str = "UTC"
    day_start_hour: int = 4
    desired_retention: float = 0.9
    learning_steps: tuple[float, ...] = (1, 10)
    relearning_steps: tuple[float, ...] = (10,)
    maximum_interval: int = 36_500
    learner_days: bool = True


DEFAULT_SCHEDULE: Final = Schedule()
"""FSRS' and Anki's own defaults, in UTC."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of a person's memory of one thing.

    ``stability`` is in days: after that long the chance of knowing it is 90 %. ``difficulty`` goes
    from 1 to 10, ``step`` counts the learning steps (None in state "review"). ``due`` is the moment
    that FSRS names; ``due_from`` is when it is asked: at once for a step of minutes, else from the
    beginning of the learner day on which it falls.
    """

    state: MemoryState
    step: int | None
    stability: float
    difficulty: float
    due: datetime
    due_from: datetime
    last_review: datetime


class Review(NamedTuple):
    """One entry of a log: the rating, when it was given, and by which rules.

    Where ``day`` and ``due_from`` are given, they were counted when it was written, in the time
    zone that held then.
    """

    rating: Rating
    reviewed_at: datetime
    schedule: Schedule = DEFAULT_SCHEDULE
    day: date | None = None
    due_from: datetime | None = None


def learner_day(moment: datetime, schedule: Schedule) -> date:
    """The learner's date at ``moment``: local, and begun at ``day_start_hour``."""
    local = moment.astimezone(_zone(schedule.timezone)).replace(tzinfo=None)
    return (local - timedelta(hours=schedule.day_start_hour)).date()


def day_start(day: date, schedule: Schedule) -> datetime:
    """When a learner day begins, in UTC.

    An hour that the clocks leave out in spring is taken as they would have shown it; of one that
    comes twice in autumn it is the first.
    """
    start = datetime.combine(day, time(schedule.day_start_hour), _zone(schedule.timezone))
    return start.astimezone(UTC)


def elapsed_days(memory: Memory, moment: datetime, schedule: Schedule) -> int:
    """Days since the last review, as ``schedule`` counts them; 0 if the clock stepped back."""
    if schedule.learner_days:
        passed = learner_day(moment, schedule) - learner_day(memory.last_review, schedule)
    else:
        passed = moment - memory.last_review
    return max(passed.days, 0)


def review(
    memory: Memory | None,
    rating: Rating,
    moment: datetime,
    schedule: Schedule,
    days: int | None = None,
) -> Memory:
    """What a memory becomes when its owner rates it at ``moment``; None is a thing never seen.

    ``days`` are those since the last review, where they were counted already. A moment before the
    last review (a clock that stepped back) counts as that review's.
    """
    if memory is None:
        card = Card(card_id=0, due=_utc(moment))
        now = _utc(moment)
    else:
        now = _utc(max(moment, memory.last_review))
        passed = elapsed_days(memory, now, schedule) if days is None else days
        card = _card(memory, now - passed * _DAY)
    after, _ = _scheduler(schedule).review_card(card, _RATINGS[rating], now)
    if after.stability is None or after.difficulty is None:
        raise AssertionError("fsrs gives every reviewed card a stability and a difficulty")
    return Memory(
        state=_STATES[after.state],
        step=after.step,
        stability=min(after.stability, MAX_STABILITY) if schedule.learner_days else after.stability,
        difficulty=after.difficulty,
        due=after.due,
        due_from=_due_from(now, after.due, schedule),
        last_review=now,
    )


def preview(memory: Memory | None, moment: datetime, schedule: Schedule) -> Mapping[Rating, Memory]:
    """What each of the four ratings would make of a memory."""
    return {rating: review(memory, rating, moment, schedule) for rating in RATINGS}


def retrievability(memory: Memory, moment: datetime, schedule: Schedule) -> float:
    """The chance, from 0 to 1, that its owner still knows it at ``moment``."""
    now = _utc(moment)
    days = elapsed_days(memory, now, schedule)
    return float(
        _scheduler(schedule).get_card_retrievability(_card(memory, now - days * _DAY), now)
    )


def rebuild(log: Iterable[Review]) -> Memory | None:
    """The memory that a log of reviews, oldest first, leads to; None for an empty one."""
    memory, last = None, None
    for entry in log:
        days = None
        if last is not None and last.day is not None and entry.day is not None:
            days = max((entry.day - last.day).days, 0)
        memory = review(memory, entry.rating, entry.reviewed_at, entry.schedule, days)
        if entry.due_from is not None:
            memory = replace(memory, due_from=entry.due_from)
        last = entry
    return memory


def _due_from(now: datetime, due: datetime, schedule: Schedule) -> datetime:
    wait = due - now
    if wait < _DAY or not schedule.learner_days:
        return due
    return day_start(learner_day(now, schedule) + timedelta(days=wait.days), schedule)


def _card(memory: Memory, last_review: datetime) -> Card:
    return Card(
        card_id=0,  # without one, fsrs waits a millisecond to make it
        state=_FSRS_STATES[memory.state],
        step=memory.step,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=_utc(memory.due),
        last_review=last_review,
    )


def _utc(moment: datetime) -> datetime:
    """``moment`` with the one time zone object that ``fsrs`` takes."""
    return moment.astimezone(UTC)


@lru_cache(maxsize=64)
def _scheduler(schedule: Schedule) -> Scheduler:
    return Scheduler(
        desired_retention=schedule.desired_retention,
        learning_steps=[timedelta(minutes=step) for step in schedule.learning_steps],
        relearning_steps=[timedelta(minutes=step) for step in schedule.relearning_steps],
        maximum_interval=schedule.maximum_interval,
        enable_fuzzing=False,
    )


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
