"""Reviews and memories: the log, what follows from it, and who was faster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from service.quiz import scheduling
from service.quiz.kinds import RATINGS
from service.quiz.scheduling import Schedule
from service.store import (
    Conflict,
    Database,
    NotFound,
    Review,
    ReviewOutOfOrder,
    ReviewTaken,
    decks,
    memories,
)
from service.store.tables import Memory

CARDS = ("card:cnn-a", "card:cnn-b", "template:conv-output-size")


def rate(
    database: Database, user_id: UUID, subject: str, rating: Any, now: datetime, **more: Any
) -> memories.Reviewed:
    with database.write() as session:
        person = memories.lock(session, user_id)
        return memories.record(
            session, person, subject, rating, now=now, rng=SystemRandom(), **more
        )


def state(database: Database, user_id: UUID, subject: str) -> scheduling.Memory | None:
    with database.read() as session:
        return memories.state(memories.get(session, user_id, subject))


def test_a_memory_is_what_the_scheduler_makes_of_the_ratings(
    database: Database, ann: UUID, clock: Any
) -> None:
    expected = None
    for rating in ("again", "good", "good", "hard", "again", "easy"):
        now = clock.advance(hours=31)
        expected = scheduling.review(expected, rating, now, Schedule())
        review, after = rate(database, ann, CARDS[0], rating, now)
        assert after == expected == state(database, ann, CARDS[0])
        assert (review.rating, review.reviewed_at) == (rating, now)
    assert state(database, ann, CARDS[1]) is None


def test_undoing_steps_back_through_the_log(database: Database, ann: UUID, clock: Any) -> None:
    states: list[tuple[str, scheduling.Memory | None]] = []
    for index, rating in enumerate(("good", "good", "easy", "again", "good")):
        subject = CARDS[index % 2]
        states.append((subject, state(database, ann, subject)))
        rate(database, ann, subject, rating, clock.advance(days=2))
    for subject, before in reversed(states):
        with database.write() as session:
            person = memories.lock(session, ann)
            undone, left = memories.undo(
                session, person, now=clock.advance(minutes=1), rng=SystemRandom()
            )
        assert undone.subject == subject
        assert left == before == state(database, ann, subject)
    with pytest.raises(NotFound), database.write() as session:
        memories.undo(session, memories.lock(session, ann), now=clock(), rng=SystemRandom())
    with database.read() as session:
        assert len(session.scalars(select(Review)).all()) == 10


def test_the_log_makes_all_memories_again(
    database: Database, ann: UUID, clock: Any, rng: Random
) -> None:
    for number in range(60):
        zone, now = (
            ("Asia/Tokyo", "America/New_York")[number // 30],
            clock.advance(hours=rng.randrange(90)),
        )
        with database.write() as session:
            person = memories.lock(session, ann)
            memories.set_schedule(person, timezone=zone, desired_retention=0.8 + number / 600)
            memories.record(
                session, person, rng.choice(CARDS), rng.choice(RATINGS), now=now, rng=rng
            )
            if number % 7 == 3:
                memories.undo(session, person, now=now, rng=rng)
    before = {subject: state(database, ann, subject) for subject in CARDS}
    with database.write() as session:
        session.execute(text("UPDATE memories SET stability = 1, due = due_from, state = 'review'"))
        assert memories.rebuild(session, ann) == len(CARDS)
    assert {subject: state(database, ann, subject) for subject in CARDS} == before
    assert None not in before.values()


def test_reviews_cannot_be_changed(database: Database, ann: UUID, clock: Any) -> None:
    rate(database, ann, CARDS[0], "good", clock())
    for statement in ("UPDATE reviews SET rating = 'easy'", "DELETE FROM reviews"):
        with pytest.raises(Conflict), database.write() as session:
            session.execute(text(statement))


def test_reviews_made_elsewhere_come_in_their_order(
    database: Database, ann: UUID, clock: Any
) -> None:
    now = clock()
    for back in (9, 5, 5):
        at = now - timedelta(days=back)
        assert rate(database, ann, CARDS[0], "good", now, reviewed_at=at).review.reviewed_at == at
    for wrong in (now - timedelta(days=6), now + timedelta(seconds=1)):
        with pytest.raises(ReviewOutOfOrder):
            rate(database, ann, CARDS[0], "good", now, reviewed_at=wrong)
    rate(database, ann, CARDS[1], "good", now, reviewed_at=now - timedelta(days=6))


def test_of_those_who_mean_the_same_review_one_comes_first(
    database: Database, ann: UUID, clock: Any, at_once: Callable[..., list[Any]]
) -> None:
    for event in range(1, 8):
        now = clock.advance(days=1)

        def one(_index: int, event: int = event, now: datetime = now) -> bool:
            try:
                rate(database, ann, CARDS[0], "good", now, event=event)
            except ReviewTaken:
                return False
            return True

        assert sum(at_once(8, one)) == 1


def test_what_was_due_first_comes_first_then_what_is_new(
    database: Database, ann: UUID, clock: Any, make_deck: Any
) -> None:
    with database.write() as session:
        decks.load(session, make_deck("a", "b", "c"), now=clock())
        decks.load(session, make_deck("x", slug="other"), now=clock())
    base = datetime(2026, 11, 1, 12, tzinfo=UTC)
    rate(database, ann, "card:cnn-b", "easy", base, deck_id="cnn")
    rate(database, ann, "template:conv-output-size", "good", base + timedelta(hours=1))
    rate(database, ann, "card:other-x", "good", base + timedelta(hours=2), deck_id="other")

    def due(now: datetime, deck_id: str | None = None) -> str | None:
        with database.read() as session:
            row = memories.next_due(session, ann, now=now, deck_id=deck_id)
            return row.subject if row else None

    assert due(base) is None
    assert due(base + timedelta(hours=1, minutes=10)) == "template:conv-output-size"
    later = base + timedelta(days=20)
    assert due(later) == "template:conv-output-size"
    assert due(later, "other") == "card:other-x"
    assert due(later, "cnn") == "card:cnn-b"
    with database.read() as session:
        new = {"tenant_id": "local"}
        assert memories.next_new(session, ann, **new) == "cnn-a"
        assert memories.next_new(session, ann, **new, deck_id="other") is None
        assert memories.next_new(session, None, **new, deck_id="other") == "other-x"
    with database.write() as session:
        decks.load(session, make_deck("a", "c"), now=clock())
    assert due(later, "cnn") is None
    with database.read() as session:
        assert session.get(Memory, (ann, "card:cnn-b")) is not None
