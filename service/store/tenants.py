"""Tenants: whose people, keys and decks are kept apart."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from service.store.errors import NotFound
from service.store.tables import Tenant
from service.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LOCAL = "local"


def ensure(session: Session, tenant_id: str, *, name: str, now: datetime) -> Tenant:
    """The tenant, made if it isn't there; an existing one keeps its name."""
    insert_if_absent(session, Tenant, {"id": tenant_id, "name": name, "created_at": now})
    return get(session, tenant_id)


def get(session: Session, tenant_id: str) -> Tenant:
    """The tenant; raises `NotFound`."""
    tenant = session.get(Tenant, tenant_id)
    if tenant is None:
        raise NotFound("tenant", tenant_id)
    return tenant
