"""The audit log: what keys and operators did. Append-only: the database refuses any change.

An event says who (`key:<id>`, `local`, or `command line`), what, to which key, issuer or deck, when
and in which request. A person is told by :func:`pseudonym`, which holds no id, so that nothing is
left to erase here when they are erased; whoever knows the random id can still find their events.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import select

from service.store.ids import RandomBits, uuid7
from service.store.paging import Page, page
from service.store.tables import AuditEvent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

COMMAND_LINE: Final = "command line"


def pseudonym(user_id: UUID) -> str:
    """What stands for a person in the log."""
    return f"person:{sha256(user_id.bytes).hexdigest()[:16]}"


def append(
    session: Session,
    tenant_id: str,
    *,
    actor: str,
    action: str,
    now: datetime,
    rng: RandomBits,
    subject: str | None = None,
    details: Mapping[str, Any] | None = None,
    request_id: str | None = None,
) -> AuditEvent:
    """Record what was done, in the transaction that does it."""
    event = AuditEvent(
        id=uuid7(now, rng),
        tenant_id=tenant_id,
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        details=None if details is None else dict(details),
        request_id=request_id,
    )
    session.add(event)
    session.flush()
    return event


def newest(
    session: Session, tenant_id: str, *, limit: int, before: UUID | None = None
) -> Page[AuditEvent, UUID]:
    """What was done in a tenant, newest first."""
    statement = select(AuditEvent).where(AuditEvent.tenant_id == tenant_id)
    if before is not None:
        statement = statement.where(AuditEvent.id < before)
    rows = session.scalars(statement.order_by(AuditEvent.id.desc()).limit(limit + 1)).all()
    return page(rows, limit, lambda event: event.id)
