"""Days, forecast and retention beside counts by hand; and that they are read from indexes alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from fsrs import Scheduler
from sqlalchemy import event, text

from answered import append
from service.store import Database, decks, memories, practice, progress, questions, users
from service.store.practice import Day, Retention

ZONE = ZoneInfo("Asia/Kathmandu")  # a quarter of an hour beside the hour
SUBJECTS = ("card:cnn-a", "card:cnn-b", "template:conv-output-size")
DECAY = -Scheduler().parameters[20]


def local_day(moment: datetime) -> Any:
    return (moment.astimezone(ZONE).replace(tzinfo=None) - timedelta(hours=4)).date()


def test_a_long_history(
    database: Database, ann: UUID, make_deck: Any, clock: Any, rng: Random
) -> None:
    """Four hundred reviews and answers; each expectation comes from the forgetting curve."""
    with database.write() as session:
        decks.load(session, make_deck("a", "b"), now=clock())
        person = memories.lock(session, ann)
        memories.set_schedule(person, timezone=ZONE.key)
    done: dict[Any, Counter[str]] = {}
    sums = {False: [0, 0, 0.0], True: [0, 0, 0.0]}
    for step in range(400):
        now = clock.advance(minutes=rng.choice([7, 55, 400, 5000, 20_000]))
        kind = rng.choice(["answers", "reviews", "reviews"])
        done.setdefault(local_day(now), Counter())[kind] += 1
        with database.write() as session:
            person = memories.lock(session, ann)
            if kind == "answers":
                question = issue_in(session, person.id, now, rng)
                append(session, question, response=step, now=now, rng=rng, correct=True)
                continue
            subject, rating = rng.choice(SUBJECTS), rng.choice(["again", "hard", "good", "easy"])
            before = memories.state(memories.get(session, ann, subject))
            memories.record(session, person, subject, rating, now=now, rng=rng)
            if before is None or before.state != "review":
                continue
            days = (local_day(now) - local_day(before.last_review)).days
            if days == 0:
                continue
            if rng.random() < 0.1:
                memories.undo(session, person, now=now, rng=rng)
                continue
            factor = 0.9 ** (1 / DECAY) - 1
            total = sums[(before.due - before.last_review) >= timedelta(days=21)]
            total[0] += 1
            total[1] += rating != "again"
            total[2] += (1 + factor * days / before.stability) ** DECAY
    with database.read() as session:
        person = users.get(session, "local", ann)
        found = practice.practice(session, person, now=now)
    assert found.days == tuple(
        Day(day, done[day]["answers"], done[day]["reviews"]) for day in sorted(done)
    )
    assert found.streak.practised_today
    for retention, (reviews, recalled, expected) in (
        (found.young, sums[False]),
        (found.mature, sums[True]),
    ):
        assert reviews > 20
        assert (retention.reviews, retention.recalled) == (reviews, recalled)
        assert retention.expected == pytest.approx(expected)


def issue_in(session: Any, user_id: UUID, now: datetime, rng: Random) -> Any:
    made = {"kind": "integer", "template": "conv-output-size", "template_version": 1}
    return questions.issue(
        session, user_id, engine_version="1", seed=1, difficulty="easy", now=now, rng=rng, **made
    )


def test_what_is_due_by_day_without_retired_cards(
    database: Database, ann: UUID, make_deck: Any, clock: Any
) -> None:
    with database.write() as session:
        decks.load(session, make_deck("a", "b", "c"), now=clock())
        person = memories.lock(session, ann)
        for subject in ("card:cnn-a", "card:cnn-b", "card:cnn-c", "template:conv-output-size"):
            rated = memories.record(
                session, person, subject, "easy", now=clock.advance(minutes=1), rng=SystemRandom()
            )
        memories.undo(session, person, now=clock(), rng=SystemRandom())
        decks.load(session, make_deck("a", "c"), now=clock())
    assert rated.memory is not None
    due = rated.memory.due_from
    for ahead, expected in ((0, 0), (3, 0), (60, 2)):
        with database.read() as session:
            person = users.get(session, "local", ann)
            found = practice.practice(session, person, now=clock.now + timedelta(days=ahead))
        assert found.forecast.overdue == expected
        days = dict(found.forecast.days)
        assert len(days) == practice.FORECAST_DAYS
        assert sum(days.values()) == 2 - expected
        if not expected:
            assert days[due.astimezone(UTC).date()] == 2


def test_nothing_yet(database: Database, ann: UUID, clock: Any) -> None:
    with database.read() as session:
        found = practice.practice(session, users.get(session, "local", ann), now=clock())
    assert (found.days, found.young, found.mature) == ((), Retention(), Retention())
    assert (found.streak.current, found.streak.longest, found.forecast.overdue) == (0, 0, 0)


def test_progress_is_read_from_one_stretch_of_each_index(
    database: Database, ann: UUID, issue: Any, make_deck: Any, clock: Any, rng: Random
) -> None:
    """No table of answers, questions, reviews or memories is looked into, on either database."""
    with database.write() as session:
        decks.load(session, make_deck("a"), now=clock())
        text_of_card = decks.page_of_cards(session, "cnn", limit=1).items[0].text
    for card in (text_of_card, None, None):
        question = issue(ann, card=card)
        with database.write() as session:
            locked = questions.lock(session, question.id, tenant_id="local")
            append(session, locked, response="x", now=clock(), rng=rng, correct=True)
            person = memories.lock(session, ann)
            memories.record(session, person, SUBJECTS[0], "easy", now=clock(), rng=rng)
    said: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: said.append(call[2:4]))
    with database.read() as session:
        progress.progress(session, ann)
        practice.practice(session, users.get(session, "local", ann), now=clock())
    statements = [one for one in said if one[0].startswith("SELECT")]
    assert len(statements) == 8
    plans = ""
    with database.engine.connect() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))
            connection.execute(text("SET enable_bitmapscan = off"))
        explain = "EXPLAIN QUERY PLAN " if database.dialect == "sqlite" else "EXPLAIN "
        for statement, parameters in statements:
            rows = connection.exec_driver_sql(explain + statement, parameters).all()
            plans += "\n".join(str(row[-1]) for row in rows) + "\n"
    lines = [line for line in plans.splitlines() if "_of_user" in line]
    if database.dialect == "sqlite":
        assert all("USING COVERING INDEX" in line and "(user_id=?" in line for line in lines), plans
        assert "SCAN " not in plans
    else:
        assert all("Index Only Scan using" in line for line in lines), plans
        assert "Seq Scan" not in plans
    for table in ("answers", "questions", "reviews", "memories"):
        assert any(f"ix_{table}_of_user" in line for line in lines), plans
