"""What need not be kept goes in portions, and nothing else."""

import logging
import time
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select

from service import upkeep
from service.config import Settings
from service.store import AuditEvent, Conflict, Database, IdempotencyKey, Job, audit, keys, signing
from service.store.retention import Retention, due, prune
from service.store.tables import ApiKey, BatchKey, TokenKey

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
MICRO = timedelta(microseconds=1)


def fill(database: Database, ann: UUID, rng: Random) -> None:
    """Of everything some that is over and some that isn't, to the microsecond."""
    with database.write() as session:
        for number, at in enumerate([NOW - DAY - MICRO] * 5 + [NOW - DAY, NOW]):
            record = IdempotencyKey(user_id=ann, key=f"k{number}", fingerprint=b"f" * 32)
            record.created_at = at
            batch = BatchKey(tenant_id="local", key=f"k{number}", fingerprint=b"f" * 32)
            batch.created_at, batch.request_id = at, "r"
            job = Job(id=UUID(int=number), tenant_id="local", asked_by="local", operation="o")
            job.state, job.created_at, job.finished_at = "done", at, at
            session.add_all([record, batch, job])
        for name, revoked, expires in (
            ("good", None, None),
            ("expires", None, NOW),
            ("expired", None, NOW - 91 * DAY),
            ("revoked", NOW - 91 * DAY, None),
            ("just revoked", NOW - DAY, NOW + DAY),
        ):
            key, _ = keys.create(
                session, "local", name=name, scopes=[], now=NOW, rng=rng, expires_at=expires
            )
            key.revoked_at = revoked
        signing.create(session, now=NOW, rng=rng)
        signing.rotate(session, overlap=timedelta(0), now=NOW - MICRO, rng=rng)
        for age in (400, 366, 364, 1):
            audit.append(
                session, "local", actor="x", action=f"a{age}", now=NOW - age * DAY, rng=rng
            )


def test_what_is_over_goes_and_nothing_else(database: Database, ann: UUID, rng: Random) -> None:
    fill(database, ann, rng)
    rules = Retention(audit=365 * DAY)
    over = {
        "idempotency_keys": 5,
        "batch_keys": 5,
        "jobs": 5,
        "api_keys": 2,
        "token_keys": 1,
        "audit_events": 2,
    }
    assert due(database, rules, now=NOW) == over
    assert prune(database, rules, now=NOW, portion=2) == over
    assert not any(due(database, rules, now=NOW).values())
    with database.read() as session:
        assert {*session.scalars(select(ApiKey.name))} == {"good", "expires", "just revoked"}
        assert {*session.scalars(select(AuditEvent.action))} == {"a364", "a1"}
        for table in (IdempotencyKey, BatchKey):
            assert {*session.scalars(select(table.key))} == {"k5", "k6"}
        assert session.scalar(select(func.count()).select_from(TokenKey)) == 1
        assert signing.current(session) is not None
    assert "audit_events" not in prune(database, Retention(), now=NOW)


def test_the_database_gives_up_no_young_entry_of_the_log(
    database: Database, ann: UUID, rng: Random
) -> None:
    fill(database, ann, rng)
    with pytest.raises(Conflict):
        prune(database, Retention(audit=89 * DAY), now=NOW + 89 * DAY)
    with pytest.raises(Conflict), database.write() as session:
        session.execute(delete(AuditEvent).where(AuditEvent.action == "a1"))
    with database.write() as session:
        session.execute(delete(AuditEvent).where(AuditEvent.action == "a364"))


def test_the_service_does_it_by_itself(
    database_url: str, database: Database, ann: UUID, rng: Random, caplog: pytest.LogCaptureFixture
) -> None:
    fill(database, ann, rng)
    settings = Settings(database_url=database_url, keep_audit_days=365)
    caplog.set_level(logging.INFO, "convcards.upkeep")
    over = upkeep.start(settings, every=timedelta(milliseconds=20))
    deadline = time.monotonic() + 30
    while any(due(database, upkeep.retention(settings), now=NOW).values()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    over.set()
    assert any(record.message == "pruned" for record in caplog.records)
