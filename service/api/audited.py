"""The audit log, written: what the caller does is recorded in the transaction that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g

from service.api.context import caller, now, services
from service.api.people import ensure_tenant, tenant
from service.store import audit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["record"]


def record(session: Session, action: str, subject: str | None = None, **details: Any) -> None:
    """Record that the caller does ``action``; ``details`` must say nothing about a person."""
    key = caller().key
    ensure_tenant(session)
    audit.append(
        session,
        tenant(),
        actor="local" if key is None else f"key:{key}",
        action=action,
        subject=subject,
        details=details or None,
        request_id=g.request_id,
        now=now(),
        rng=services().rng,
    )
