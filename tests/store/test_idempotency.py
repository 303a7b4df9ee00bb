"""Idempotency-Key: one effect, the same bytes again, nobody else's answer."""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest

from service.store import (
    Conflict,
    Database,
    IdempotencyKey,
    KeyInProgress,
    KeyReused,
    StoreUnavailable,
    Timeouts,
    idempotency,
    memories,
    recording,
    users,
)
from service.store.idempotency import Replay, fingerprint

REQUEST = fingerprint("POST", "/v1/questions/1/answers", b'{"response":"26"}')
JSON = "application/json"


def once(
    database: Database, user_id: UUID, now: Any, *, key: str = "k", body: bytes = b"{}"
) -> Replay | None:
    """Carries out a request that is answered with `body`, or replays it."""
    with database.write() as session:
        memories.lock(session, user_id)
        found = idempotency.kept(session, [(user_id, key)])
        if found:
            return idempotency.replay(found[user_id, key], REQUEST)
        record = IdempotencyKey(
            user_id=user_id,
            key=key,
            fingerprint=REQUEST,
            status=201,
            media_type=JSON,
            body=body,
            created_at=now,
        )
        recording.write(session, recording.Changes(keys=[record]))
        return None


def claim(database: Database, now: Any, request: bytes = REQUEST, key: str = "k") -> str | None:
    with database.write() as session:
        return idempotency.claim(session, "local", key, request, request_id="first", now=now)


def test_a_replay_gives_the_same_bytes(database: Database, ann: UUID, clock: Any) -> None:
    body = bytes(range(256))
    assert once(database, ann, clock(), body=body) is None
    for _ in range(3):
        assert once(database, ann, clock.advance(hours=8)) == Replay(JSON, body)


def test_another_request_with_the_same_key_is_refused(
    database: Database, ann: UUID, clock: Any
) -> None:
    once(database, ann, clock())
    other = fingerprint("POST", "/v1/questions/1/answers", b'{"response":"27"}')
    with database.read() as session:
        found = idempotency.kept(session, [(ann, "k"), (ann, "l")])
    assert [*found] == [(ann, "k")]
    with pytest.raises(KeyReused):
        idempotency.replay(found[ann, "k"], other)
    assert claim(database, clock()) is None
    with pytest.raises(KeyReused):
        claim(database, clock(), other)


def test_keys_of_different_people_do_not_meet(
    database: Database, ann: UUID, clock: Any, rng: Random
) -> None:
    with database.write() as session:
        bob = users.get_or_create(session, "local", "bob", now=clock(), rng=rng).id
    once(database, ann, clock(), body=b"ann's")
    assert once(database, bob, clock(), body=b"bob's") is None
    assert once(database, bob, clock()) == Replay(JSON, b"bob's")
    assert once(database, ann, clock()) == Replay(JSON, b"ann's")


@pytest.mark.usefixtures("ann")
def test_a_batch_that_failed_leaves_its_key_free(database: Database, clock: Any) -> None:
    def fail() -> None:
        with database.write() as session:
            idempotency.claim(session, "local", "k", REQUEST, request_id="lost", now=clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert claim(database, clock()) is None
    assert claim(database, clock()) == "first"


def test_a_key_without_an_owner_is_refused(database: Database, clock: Any) -> None:
    with pytest.raises(Conflict):
        claim(database, clock())


@pytest.mark.usefixtures("ann")
def test_while_the_first_batch_still_runs_the_second_is_told_so(
    database: Database, database_url: str, clock: Any
) -> None:
    impatient = Database(database_url, timeouts=Timeouts(lock=0.1))
    error = KeyInProgress if database.dialect == "postgresql" else StoreUnavailable
    with database.write() as session:
        idempotency.claim(session, "local", "k", REQUEST, request_id="first", now=clock())
        with pytest.raises(error):
            claim(impatient, clock())
    impatient.close()


def test_many_at_once_with_one_key_have_one_effect(
    database: Database, ann: UUID, clock: Any, at_once: Callable[..., list[Any]]
) -> None:
    requests = Counter(at_once(12, lambda _index: once(database, ann, clock())))
    assert requests == {None: 1, Replay(JSON, b"{}"): 11}
    batches = Counter(at_once(12, lambda _index: claim(database, clock())))
    assert batches == {None: 1, "first": 11}


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
