"""Jobs in the store: who gets one, who may end one, and what goes with whom."""

from collections.abc import Callable
from contextlib import nullcontext
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from service.store import (
    Database,
    Job,
    JobLost,
    NotFound,
    Tenant,
    TooManyJobs,
    jobs,
    tenants,
    users,
)
from service.store.jobs import MAX_LOST, MAX_WAITING, SILENT, Outcome, View

ALL = View("local", ("export",))
DONE = Outcome("text/plain", None, b"done")
BARE: dict[str, Any] = {
    "operation": "export",
    "request": {},
    "body": b"",
    "asked_by": "local",
    "user_id": None,
}
Add = Callable[..., Job]


@pytest.fixture
def add(database: Database, clock: Any, rng: Random) -> Add:
    """Puts a job into the queue, in a transaction of its own."""

    def add(**changes: Any) -> Job:
        values = BARE | {"now": clock(), "rng": rng} | changes
        with database.write() as session:
            tenants.ensure(session, "local", name="This machine", now=clock())
            job = jobs.add(session, "local", **values)
        clock.advance(seconds=1)
        return job

    return add


def claim(database: Database, clock: Any) -> Job | None:
    with database.write() as session:
        return jobs.claim(session, ALL.operations, now=clock())


def test_each_job_goes_to_one_worker_the_oldest_first(
    database: Database, add: Add, clock: Any, at_once: Any
) -> None:
    added = [add().id for _ in range(6)]
    add(operation="of a newer release")
    taken = [job.id for job in at_once(8, lambda _: claim(database, clock)) if job is not None]
    assert len(taken) == 6
    assert set(taken) == set(added)
    assert claim(database, clock) is None


def test_only_the_last_lease_can_end_a_job(database: Database, add: Add, clock: Any) -> None:
    add()
    slow = claim(database, clock)
    assert slow is not None
    with database.write() as session:
        assert jobs.report(session, slow, done=1, total=3, now=clock())
    clock.advance(seconds=SILENT.seconds)
    assert claim(database, clock) is None
    clock.advance(microseconds=1)
    quick = claim(database, clock)
    assert quick is not None
    with database.write() as session:
        assert not jobs.report(session, slow, done=2, total=3, now=clock())
    with database.together() as session:
        tenants.ensure(session, "of the quick", name="x", now=clock())
        jobs.finish(session, quick, DONE, done=3, total=3, now=clock())

    def end_slowly() -> None:
        with database.together() as session:
            with database.write() as inner:
                tenants.ensure(inner, "of the slow", name="x", now=clock())
            jobs.finish(session, slow, DONE, now=clock())

    with pytest.raises(JobLost):
        end_slowly()
    with database.read() as session:
        assert {*session.scalars(select(Tenant.id))} == {"local", "of the quick"}
        job = jobs.get(session, quick.id, ALL, result=True)
    assert (job.state, job.percent, job.done, job.result) == ("done", 100, 3, b"done")
    assert job.request is None


def test_a_job_that_loses_its_workers_fails(database: Database, add: Add, clock: Any) -> None:
    job, after = add(), add()
    for _ in range(MAX_LOST):
        held = claim(database, clock)
        assert held is not None
        assert held.id == job.id
        clock.advance(seconds=SILENT.seconds + 1)
    following = claim(database, clock)
    assert following is not None
    assert following.id == after.id
    with database.write() as session:
        jobs.give_back(session, following)
        assert jobs.get(session, job.id, ALL).state == "failed"
        assert jobs.get(session, after.id, ALL).lost == 0


def test_calling_off(database: Database, add: Add, clock: Any) -> None:
    job = add()
    held = claim(database, clock)
    assert held is not None
    with database.write() as session:
        called_off = jobs.cancel(session, job.id, ALL, now=clock())
        assert called_off is not None
        assert called_off.state == "running"
        assert not jobs.report(session, held, done=0, total=0, now=clock())
    with pytest.raises(JobLost), database.write() as session:
        jobs.finish(session, held, DONE, now=clock())
    with database.write() as session:
        jobs.stop(session, held, now=clock())
        assert jobs.cancel(session, job.id, ALL, now=clock()) is None
        with pytest.raises(NotFound):
            jobs.get(session, job.id, ALL)


def test_one_tenant_does_not_fill_the_queue(
    database: Database, add: Add, clock: Any, rng: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(body=b"x" * 60)
    half = claim(database, clock)
    assert half is not None
    with database.write() as session:
        jobs.finish(session, half, Outcome("text/plain", None, b"y" * 100), now=clock())
    add(body=b"x" * 60)
    for most, fits in ((160, False), (161, True)):
        monkeypatch.setattr(jobs, "MAX_BYTES", most)
        with nullcontext() if fits else pytest.raises(TooManyJobs), database.read() as session:
            jobs.check_room(session, "local")
    monkeypatch.undo()
    for _ in range(MAX_WAITING - 1):
        add()
    with database.write() as session:
        with pytest.raises(TooManyJobs):
            jobs.check_room(session, "local")
        jobs.check_room(session, "other")
        tenants.ensure(session, "other", name="x", now=clock())
        job = jobs.add(session, "other", now=clock(), rng=rng, **BARE)
        with pytest.raises(NotFound):
            jobs.get(session, job.id, ALL)


def test_whoever_is_erased_is_in_no_job(
    database: Database, ann: UUID, add: Add, clock: Any
) -> None:
    about, other = add(user_id=ann), add()
    running = claim(database, clock)
    assert running is not None
    assert running.id == about.id
    with database.write() as session:
        users.erase(session, ann, now=clock())
    with pytest.raises(JobLost), database.write() as session:
        jobs.finish(session, running, DONE, now=clock())
    with database.read() as session:
        assert {*session.scalars(select(Job.id))} == {other.id}


def test_an_inner_block_undoes_its_own_part(database: Database, clock: Any) -> None:
    def undo() -> None:
        with database.write() as inner:
            tenants.ensure(inner, "undone", name="x", now=clock())
            raise NotFound("thing", "x")

    with database.together() as session:
        tenants.ensure(session, "kept", name="x", now=clock())
        with pytest.raises(NotFound):
            undo()
        with database.read() as inner:
            assert inner.get(Tenant, "kept") is not None
    with database.read() as session:
        assert {*session.scalars(select(Tenant.id))} == {"kept"}
