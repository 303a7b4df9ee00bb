"""Idempotency-Key: one effect, the same bytes again, nobody else's answer."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random, SystemRandom
from typing import Any
from uuid import UUID

import pytest

from service.store import (
    Conflict,
    Database,
    KeyInProgress,
    KeyReused,
    StoreUnavailable,
    Timeouts,
    answers,
    idempotency,
    questions,
    users,
)
from service.store.idempotency import Replay, fingerprint

REQUEST = fingerprint("POST", "/v1/questions/1/answers", b'{"response":"26"}')
JSON = "application/json"


def once(
    database: Database, user_id: UUID, now: Any, *, key: str = "k", body: bytes = b"{}"
) -> Replay | None:
    """Carries out a request that answers 201 with `body`, or replays it."""
    with database.write() as session:
        replay = idempotency.begin(session, user_id, key, REQUEST, now=now)
        if replay is None:
            idempotency.finish(session, user_id, key, status=201, media_type=JSON, body=body)
        return replay


def test_a_replay_gives_the_same_bytes(database: Database, ann: UUID, clock: Any) -> None:
    body = bytes(range(256))
    assert once(database, ann, clock(), body=body) is None
    for _ in range(3):
        assert once(database, ann, clock.advance(hours=8)) == Replay(201, JSON, body)


def test_another_request_with_the_same_key_is_refused(
    database: Database, ann: UUID, clock: Any
) -> None:
    once(database, ann, clock())
    other = fingerprint("POST", "/v1/questions/1/answers", b'{"response":"27"}')
    with pytest.raises(KeyReused), database.write() as session:
        idempotency.begin(session, ann, "k", other, now=clock())


def test_keys_of_different_people_do_not_meet(
    database: Database, ann: UUID, clock: Any, rng: Random
) -> None:
    with database.write() as session:
        bob = users.get_or_create(session, "local", "bob", now=clock(), rng=rng).id
    once(database, ann, clock(), body=b"ann's")
    assert once(database, bob, clock(), body=b"bob's") is None
    assert once(database, bob, clock()) == Replay(201, JSON, b"bob's")
    assert once(database, ann, clock()) == Replay(201, JSON, b"ann's")


def test_work_that_failed_leaves_the_key_free(database: Database, ann: UUID, clock: Any) -> None:
    def fail() -> None:
        with database.write() as session:
            idempotency.begin(session, ann, "k", REQUEST, now=clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert once(database, ann, clock()) is None


def test_a_key_without_a_person_is_refused(database: Database, clock: Any, rng: Random) -> None:
    with pytest.raises(Conflict):
        once(database, UUID(int=rng.getrandbits(128)), clock())


def test_a_key_that_was_never_finished_stays_in_progress(
    database: Database, ann: UUID, clock: Any
) -> None:
    with database.write() as session:
        idempotency.begin(session, ann, "k", REQUEST, now=clock())
    with pytest.raises(KeyInProgress):
        once(database, ann, clock())


def test_while_the_first_still_runs_the_second_is_told_so(
    database: Database, database_url: str, ann: UUID, clock: Any
) -> None:
    impatient = Database(database_url, timeouts=Timeouts(lock=0.1))
    error = KeyInProgress if database.dialect == "postgresql" else StoreUnavailable
    with database.write() as session:
        idempotency.begin(session, ann, "k", REQUEST, now=clock())
        with pytest.raises(error):
            once(impatient, ann, clock())
    impatient.close()


def test_a_second_that_waits_gets_the_first_ones_answer(
    database: Database, ann: UUID, clock: Any
) -> None:
    waiting = threading.Event()
    got = []

    def second() -> None:
        waiting.set()
        got.append(once(database, ann, clock()))

    thread = threading.Thread(target=second)
    with database.write() as session:
        idempotency.begin(session, ann, "k", REQUEST, now=clock())
        thread.start()
        waiting.wait()
        idempotency.finish(session, ann, "k", status=201, media_type=JSON, body=b"first")
    thread.join()
    assert got == [Replay(201, JSON, b"first")]


def test_many_at_once_with_one_key_have_one_effect(
    database: Database,
    ann: UUID,
    issue: Any,
    clock: Any,
    at_once: Callable[..., list[tuple[str, bytes]]],
) -> None:
    question_id = issue(ann, attempts_allowed=100).id

    def post(_index: int) -> tuple[str, bytes]:
        with database.write() as session:
            question = questions.get(session, question_id, tenant_id="local")
            replay = idempotency.begin(session, question.user_id, "k", REQUEST, now=clock())
            if replay is not None:
                return "replayed", replay.body
            question = questions.lock(session, question_id, tenant_id="local")
            answer = answers.append(
                session, question, response="27", correct=False, now=clock(), rng=SystemRandom()
            )
            body = str(answer.id).encode()
            idempotency.finish(
                session, question.user_id, "k", status=201, media_type=JSON, body=body
            )
            return "done", body

    outcomes = at_once(24, post)
    with database.read() as session:
        (kept,) = answers.of_question(session, question_id)
    assert Counter(outcomes) == {
        ("done", str(kept.id).encode()): 1,
        ("replayed", str(kept.id).encode()): 23,
    }


def test_keys_are_kept_a_day_and_then_forgotten_in_portions(
    database: Database, ann: UUID, clock: Any
) -> None:
    def prune() -> int:
        with database.write() as session:
            return idempotency.prune(session, now=clock(), limit=2)

    for number in range(5):
        once(database, ann, clock(), key=f"old-{number}")
    clock.advance(hours=24)
    once(database, ann, clock(), key="new")
    assert prune() == 0
    assert once(database, ann, clock(), key="old-0") is not None
    clock.now += timedelta(microseconds=1)
    assert [prune() for _ in range(4)] == [2, 2, 1, 0]
    assert once(database, ann, clock(), key="new") is not None


def test_fingerprints_differ_wherever_requests_do() -> None:
    parts = [
        ("POST", "/a", b"b"),
        ("PUT", "/a", b"b"),
        ("POST", "/ab", b""),
        ("POST", "/a?x", b"b"),
        ("POST", "/", b"ab"),
    ]
    assert len({fingerprint(*each) for each in parts}) == len(parts)
    assert fingerprint(*parts[0]) == fingerprint(*parts[0])
    assert len(REQUEST) == 32
