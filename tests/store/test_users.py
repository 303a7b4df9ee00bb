"""Tenants and people: made on first use, kept apart, erased without a trace."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random, SystemRandom
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from answered import append, keep_unread
from service.store import (
    Conflict,
    Database,
    IdempotencyKey,
    NotFound,
    memories,
    personal,
    questions,
    recording,
    tenants,
    users,
    uuid7,
)
from service.store.tables import Base, ErasedAnswers, User


def rows(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    with database.read() as session:
        return {
            name: session.scalars(select(func.count()).select_from(table)).one()
            for name, table in Base.metadata.tables.items()
        }


def test_a_tenant_is_made_once(database: Database, clock: Any) -> None:
    for name in ("First name", "Second name"):
        with database.write() as session:
            assert tenants.ensure(session, "acme", name=name, now=clock()).name == "First name"


def test_an_unknown_tenant(database: Database, clock: Any, rng: Random) -> None:
    with pytest.raises(NotFound, match="no tenant nobody"), database.read() as session:
        tenants.get(session, "nobody")
    with pytest.raises(Conflict), database.write() as session:
        users.get_or_create(session, "nobody", "ann", now=clock(), rng=rng)


def test_a_person_is_made_on_first_use(
    database: Database, ann: UUID, clock: Any, rng: Random
) -> None:
    with database.write() as session:
        again = users.get_or_create(session, "local", "ann", now=clock.advance(days=1), rng=rng)
        other = users.get_or_create(session, "local", "Ann", now=clock(), rng=rng)
    assert again.id == ann
    assert again.created_at < clock()
    assert other.id != ann
    assert ann.version == 4


@pytest.mark.parametrize("external_id", ["a" * 255, "ünï/cødé ✓ 漢字", "'; --", " ", "%_"])
def test_external_ids_are_kept_as_they_are(
    database: Database, ann: UUID, clock: Any, rng: Random, external_id: str
) -> None:
    with database.write() as session:
        made = users.get_or_create(session, "local", external_id, now=clock(), rng=rng)
    with database.read() as session:
        found = users.find(session, "local", external_id)
    assert found is not None
    assert (found.id, found.external_id) == (made.id, external_id)
    assert found.id != ann


def test_the_same_name_in_another_tenant_is_another_person(
    database: Database, ann: UUID, clock: Any, rng: Random
) -> None:
    with database.write() as session:
        tenants.ensure(session, "acme", name="Acme", now=clock())
        other = users.get_or_create(session, "acme", "ann", now=clock(), rng=rng)
    assert other.id != ann
    with database.read() as session:
        assert users.get(session, "local", ann).id == ann
        with pytest.raises(NotFound):
            users.get(session, "acme", ann)
        assert users.find(session, "acme", "bob") is None


def test_callers_at_the_same_moment_get_the_same_person(
    database: Database, ann: UUID, clock: Any, at_once: Callable[..., list[UUID]]
) -> None:
    def create(_index: int) -> UUID:
        with database.write() as session:
            rng = SystemRandom()
            return users.get_or_create(session, "local", "bob", now=clock(), rng=rng).id

    for _ in range(5):
        ids = at_once(8, create)
        assert len(set(ids)) == 1
        assert ids[0] != ann
        with database.write() as session:
            users.erase(session, ids[0], now=clock())


def live(database: Database, user_id: UUID, issue: Any, clock: Any, rng: Random) -> None:
    """Gives a person one row in every table that is about people."""
    question = issue(user_id, attempts_allowed=3)
    with database.write() as session:
        locked = questions.lock(session, question.id, tenant_id="local")
        for response in ("my secret answer", "another"):
            append(session, locked, response=response, correct=False, now=clock(), rng=rng)
        keep_unread(
            session, locked, response="my scribble", reason="not_a_number", now=clock(), rng=rng
        )
        person = memories.lock(session, user_id)
        memories.record(session, person, "card:cnn-a", "good", now=clock(), rng=rng)
        memories.undo(session, person, now=clock(), rng=rng)
        answered = IdempotencyKey(
            user_id=user_id,
            key="key-1",
            fingerprint=bytes(32),
            status=201,
            media_type="application/json",
            body=b"mine",
            created_at=clock(),
        )
        recording.write(session, recording.Changes(keys=[answered]))


def test_erasure_removes_everything_of_a_person_and_nothing_else(
    database: Database, ann: UUID, issue: Any, clock: Any, rng: Random
) -> None:
    live(database, ann, issue, clock, rng)
    before = rows(database)
    with database.write() as session:
        bob = users.get_or_create(session, "local", "bob-the-person", now=clock(), rng=rng).id
    live(database, bob, issue, clock, rng)
    with database.write() as session:
        erased = users.erase(session, bob, now=clock())
    assert erased == users.Erased(questions=1, answers=2, unread_responses=1, reviews=2)
    assert rows(database) == before | {"erased_answers": 1}
    with pytest.raises(NotFound), database.write() as session:
        users.erase(session, bob, now=clock())


def test_erased_words_are_in_no_file(sqlite_url: str, clock: Any, rng: Random) -> None:
    database = Database(sqlite_url)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    words = [b"bob-the-person", b"my secret answer", b"my scribble"]

    def found() -> list[bytes]:
        files = [file.read_bytes() for file in path.parent.glob(f"{path.name}*")]
        return [word for word in words if any(word in content for content in files)]

    with database.write() as session:
        tenants.ensure(session, "local", name="This machine", now=clock())
        bob = users.get_or_create(session, "local", "bob-the-person", now=clock(), rng=rng).id
    for _ in range(30):
        clock.advance(seconds=1)
        with database.write() as session:
            made = questions.issue(
                session,
                bob,
                kind="shape",
                template="conv2d-output",
                template_version=1,
                engine_version="1",
                seed=7,
                difficulty="medium",
                attempts_allowed=3,
                now=clock(),
                rng=rng,
            )
            append(session, made, response="my secret answer", now=clock(), rng=rng)
            keep_unread(session, made, response="my scribble", reason="x", now=clock(), rng=rng)
    database.scrub()
    assert found() == words
    with database.write() as session:
        users.erase(session, bob, now=clock())
    database.scrub()
    assert found() == []
    database.close()


@pytest.mark.usefixtures("ann")
def test_counts_outlast_the_person(database: Database, issue: Any, clock: Any, rng: Random) -> None:
    for _ in range(2):
        with database.write() as session:
            bob = users.get_or_create(session, "local", "bob", now=clock(), rng=rng).id
        live(database, bob, issue, clock, rng)
        with database.write() as session:
            users.erase(session, bob, now=clock())
    with database.read() as session:
        (left,) = session.scalars(select(ErasedAnswers)).all()
    found = (left.tenant_id, left.template, left.card_id, left.outcome, left.mistake)
    assert found == ("local", "conv2d-output", "", "wrong", "")
    assert left.answers == 4


def test_an_export_has_every_table_that_is_about_people(
    database: Database, ann: UUID, issue: Any, clock: Any, rng: Random
) -> None:
    live(database, ann, issue, clock, rng)
    with database.read() as session:
        about = personal.export(session, ann)
    tables = {name for name, table in Base.metadata.tables.items() if "user_id" in table.columns}
    assert set(about) == {"users", *tables}
    assert {name: len(rows) for name, rows in about.items()} == {
        **{name: count for name, count in rows(database).items() if name in about},
    }
    assert about["users"][0]["external_id"] == "ann"
    assert [answer["response"] for answer in about["answers"]] == ["my secret answer", "another"]
    assert about["questions"][0]["seed"] is None
    json.dumps(about)
    with pytest.raises(NotFound), database.read() as session:
        personal.export(session, UUID(int=1))


def test_a_person_who_answers_while_being_erased_is_gone_or_whole(
    database: Database,
    issue: Any,
    clock: Any,
    rng: Random,
    at_once: Callable[..., list[str]],
) -> None:
    with database.write() as session:
        tenants.ensure(session, "local", name="This machine", now=clock())
    empty = rows(database)
    for _ in range(5):
        with database.write() as session:
            bob = users.get_or_create(session, "local", "bob", now=clock(), rng=rng).id
        question = issue(bob, attempts_allowed=100)

        def act(index: int, bob: UUID = bob, question_id: UUID = question.id) -> str:
            with database.write() as session:
                if index == 0:
                    users.erase(session, bob, now=clock())
                    return "erased"
                locked = questions.lock(session, question_id, tenant_id="local")
                append(session, locked, response="1", now=clock(), rng=SystemRandom())
                return "answered"

        def outcome(index: int) -> str:
            try:
                return act(index)
            except NotFound:
                return "gone"

        assert set(at_once(6, outcome)) <= {"erased", "answered", "gone"}
        assert rows(database) | {"erased_answers": 0} == empty


def test_ids_of_people_do_not_tell_when_they_came(
    database: Database, ann: UUID, clock: Any, rng: Random
) -> None:
    with database.write() as session:
        ids = [
            users.get_or_create(session, "local", str(n), now=clock.advance(days=1), rng=rng).id
            for n in range(20)
        ]
    assert ids != sorted(ids)
    assert all(abs(one.int - uuid7(clock(), rng).int) >> 80 for one in ids)
    with database.read() as session:
        assert session.scalar(select(User.timezone).where(User.id == ann)) is None
