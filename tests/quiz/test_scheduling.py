"""Memories as py-fsrs and Anki keep them, and the learner's days through clocks that change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.quiz.kinds import RATINGS
from service.quiz.scheduling import (
    DEFAULT_SCHEDULE,
    MAX_STABILITY,
    Memory,
    Review,
    Schedule,
    day_start,
    elapsed_days,
    learner_day,
    preview,
    rebuild,
    retrievability,
    review,
)

ORACLE = Path(__file__).parents[1] / "oracle"
STATES = {1: "learning", 2: "review", 3: "relearning"}
BERLIN = Schedule(timezone="Europe/Berlin")


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ORACLE / name).read_text().splitlines()]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _rating(number: int) -> Any:
    return RATINGS[number - 1]


@pytest.mark.parametrize("history", _lines("fsrs.jsonl"), ids=lambda line: line["id"])
def test_py_fsrs_histories(history: dict[str, Any]) -> None:
    settings = history["scheduler"]
    schedule = Schedule(
        desired_retention=settings["desired_retention"],
        learning_steps=tuple(step / 60 for step in settings["learning_steps"]),
        relearning_steps=tuple(step / 60 for step in settings["relearning_steps"]),
        maximum_interval=settings["maximum_interval"],
        learner_days=False,
    )
    memory: Memory | None = None
    for step in history["reviews"]:
        moment = _moment(step["reviewed_at"])
        if memory is not None:
            expected = step["retrievability_before"]
            assert retrievability(memory, moment, schedule) == pytest.approx(expected, abs=1e-6)
        memory = review(memory, _rating(step["rating"]), moment, schedule)
        assert (memory.state, memory.step) == (STATES[step["state"]], step["step"])
        assert memory.stability == pytest.approx(step["stability"], rel=1e-6)
        assert memory.difficulty == pytest.approx(step["difficulty"], rel=1e-6)
        assert memory.due == memory.due_from == _moment(step["due"])


@pytest.mark.parametrize("history", _lines("anki.jsonl"), ids=lambda line: line["id"])
def test_anki_histories(history: dict[str, Any]) -> None:
    schedule = Schedule(history["tz"], history["rollover_hour"])
    moments = [_moment(text) for text in history["reviewed_at"]]
    memory: Memory | None = None
    for rating, moment, days in zip(
        history["ratings"], moments, history["elapsed_days"], strict=True
    ):
        if memory is not None:
            assert elapsed_days(memory, moment, schedule) == days
        memory = review(memory, _rating(rating), moment, schedule)
    assert memory is not None
    assert memory.stability == pytest.approx(history["stability"], rel=1e-3)
    assert memory.difficulty == pytest.approx(history["difficulty"], abs=1e-3)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-28T02:59:59+00:00", date(2026, 3, 27)),  # 03:59 in Berlin
        ("2026-03-28T03:00:00+00:00", date(2026, 3, 28)),
        ("2026-03-29T01:59:59+00:00", date(2026, 3, 28)),  # the clocks went forward at 01:00 UTC
        ("2026-03-29T02:00:00+00:00", date(2026, 3, 29)),
        ("2026-10-25T02:59:59+00:00", date(2026, 10, 24)),  # and back at 01:00 UTC
        ("2026-10-25T03:00:00+00:00", date(2026, 10, 25)),
    ],
)
def test_a_learner_day_begins_at_four_by_the_local_clock(moment: str, day: date) -> None:
    assert learner_day(_moment(moment), BERLIN) == day


ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia")


@given(
    moment=st.integers(946_684_800, 2_114_380_800).map(lambda at: datetime.fromtimestamp(at, UTC)),
    schedule=st.builds(
        Schedule, timezone=st.sampled_from(ZONES), day_start_hour=st.integers(0, 23)
    ),
)
def test_days_follow_one_another_without_gap(moment: datetime, schedule: Schedule) -> None:
    day = learner_day(moment, schedule)
    start = day_start(day, schedule)
    following = day_start(day + timedelta(days=1), schedule)
    assert start - timedelta(hours=1) <= moment < following + timedelta(hours=1)
    assert timedelta(0) <= following - start <= timedelta(hours=48)


def test_a_night_between_two_learner_days_is_a_day() -> None:
    evening, morning = _moment("2026-05-01T21:00:00+00:00"), _moment("2026-05-02T05:00:00+00:00")
    memory = review(None, "easy", evening, BERLIN)
    assert elapsed_days(memory, morning, BERLIN) == 1
    assert elapsed_days(memory, morning, replace(BERLIN, learner_days=False)) == 0


def test_a_card_is_asked_from_the_beginning_of_the_day_on_which_it_falls() -> None:
    evening = _moment("2026-10-20T21:00:00+00:00")
    memory = review(None, "easy", evening, BERLIN)
    days = (memory.due - evening).days
    assert days == 8
    assert memory.due_from == _moment("2026-10-28T03:00:00+00:00")  # 04:00 by winter time
    again = review(memory, "again", memory.due_from, BERLIN)
    assert again.due_from == again.due == memory.due_from + timedelta(minutes=10)


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(days=400)])
def test_a_clock_that_steps_back_counts_as_no_time_at_all(back: timedelta) -> None:
    now = _moment("2026-05-01T12:00:00+00:00")
    memory = review(None, "good", now, DEFAULT_SCHEDULE)
    assert review(memory, "good", now - back, DEFAULT_SCHEDULE) == review(
        memory, "good", now, DEFAULT_SCHEDULE
    )
    assert retrievability(memory, now - back, DEFAULT_SCHEDULE) == 1


HISTORIES = st.lists(
    st.tuples(st.sampled_from(RATINGS), st.integers(0, 400 * 86_400)), min_size=1, max_size=12
)


@given(HISTORIES, st.sampled_from(ZONES))
def test_a_log_rebuilds_the_memory_it_was_kept_for(steps: list[tuple[Any, int]], zone: str) -> None:
    schedule, moment, memory = Schedule(zone), datetime(2020, 1, 1, tzinfo=UTC), None
    log = []
    for rating, seconds in steps:
        moment += timedelta(seconds=seconds)
        forecast = preview(memory, moment, schedule)
        memory = review(memory, rating, moment, schedule)
        assert forecast[rating] == memory
        assert forecast["again"].due <= forecast["hard"].due
        assert forecast["hard"].due <= forecast["good"].due <= forecast["easy"].due
        assert 0 < memory.stability <= MAX_STABILITY
        assert 1 <= memory.difficulty <= 10
        # an hour later at most, where the clocks went back in between
        assert moment <= memory.due_from <= memory.due + timedelta(hours=1)
        log.append(Review(rating, moment, schedule))
    assert rebuild(log) == memory
    assert rebuild([]) is None
