"""Tenants: whose people, keys and decks are kept apart."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from service.store.errors import Conflict, NotFound
from service.store.paging import Page, page
from service.store.tables import Tenant
from service.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LOCAL = "local"


def ensure(session: Session, tenant_id: str, *, name: str, now: datetime) -> Tenant:
    """The tenant, made if it isn't there; an existing one keeps its name."""
    insert_if_absent(session, Tenant, {"id": tenant_id, "name": name, "created_at": now})
    return get(session, tenant_id)


def create(session: Session, tenant_id: str, *, name: str, now: datetime) -> Tenant:
    """A new tenant; raises `Conflict` if there is one of this id."""
    values = {"id": tenant_id, "name": name, "created_at": now}
    if not insert_if_absent(session, Tenant, values):
        raise Conflict(f"there is a tenant {tenant_id} already")
    return get(session, tenant_id)


def every(session: Session, *, limit: int, after: str | None = None) -> Page[Tenant, str]:
    """All tenants, in the order of their ids."""
    statement = select(Tenant).order_by(Tenant.id).limit(limit + 1)
    if after is not None:
        statement = statement.where(Tenant.id > after)
    return page(session.scalars(statement).all(), limit, lambda tenant: tenant.id)


def get(session: Session, tenant_id: str) -> Tenant:
    """The tenant; raises `NotFound`."""
    tenant = session.get(Tenant, tenant_id)
    if tenant is None:
        raise NotFound("tenant", tenant_id)
    return tenant
