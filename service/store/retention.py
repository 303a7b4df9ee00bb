"""What need not be kept any longer, given up in portions.

Each portion is a transaction of its own, so that nobody waits long behind one: a few hundred rows,
the oldest first. Several processes may do it at once; on PostgreSQL each leaves alone what another
is at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from sqlalchemy import CursorResult, and_, delete, func, or_, select, tuple_

from service.store.ids import first_of
from service.store.patience import be_patient
from service.store.tables import ApiKey, AuditEvent, BatchKey, IdempotencyKey, Job, TokenKey

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from service.store.database import Database
    from service.store.tables import Base

PORTION: Final = 500


@dataclass(frozen=True, slots=True)
class Retention:
    """How long it is kept: answers to repeated requests, jobs and keys that ended, the audit log.

    The audit log is kept for ever with None; its youngest 90 days the database won't give up.
    """

    idempotency: timedelta = timedelta(hours=24)
    jobs: timedelta = timedelta(hours=24)
    ended_keys: timedelta = timedelta(days=90)
    audit: timedelta | None = None


class _Over(NamedTuple):
    """The rows of a table whose time is over, and in which order they go."""

    table: type[Base]
    which: ColumnElement[bool]
    order: Any


def _over(rules: Retention, now: datetime) -> Iterator[_Over]:
    for table in (IdempotencyKey, BatchKey):
        yield _Over(table, table.created_at < now - rules.idempotency, table.created_at)
    yield _Over(Job, Job.finished_at < now - rules.jobs, Job.finished_at)
    ended = now - rules.ended_keys
    yield _Over(ApiKey, or_(ApiKey.revoked_at < ended, ApiKey.expires_at < ended), ApiKey.id)
    yield _Over(TokenKey, TokenKey.retires_at < now, TokenKey.id)
    if rules.audit is not None:
        before = now - rules.audit
        old = and_(AuditEvent.id < first_of(before), AuditEvent.at < before)
        yield _Over(AuditEvent, old, AuditEvent.id)


def due(database: Database, rules: Retention, *, now: datetime) -> dict[str, int]:
    """How many rows of each table `prune` would give up."""
    with database.read() as session:
        return {
            one.table.__tablename__: session.scalar(
                select(func.count()).select_from(one.table).where(one.which)
            )
            or 0
            for one in _over(rules, now)
        }


def prune(
    database: Database, rules: Retention, *, now: datetime, portion: int = PORTION
) -> dict[str, int]:
    """Give up what is over, and return how many rows of each table that were."""
    given_up = {}
    for one in _over(rules, now):
        key = one.table.__mapper__.primary_key
        oldest = select(*key).where(one.which).order_by(one.order).limit(portion)
        statement = delete(one.table).where(
            tuple_(*key).in_(oldest.with_for_update(skip_locked=True))
        )
        rows, last = 0, portion
        while last == portion:
            with database.write() as session:
                be_patient(session)  # results of jobs may be large
                last = cast("CursorResult[Any]", session.execute(statement)).rowcount
            rows += last
        given_up[one.table.__tablename__] = rows
    return given_up
