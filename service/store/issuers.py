"""OpenID Connect issuers whose word counts for who a learner is, each for one audience."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from service.store.errors import NotFound
from service.store.tables import Issuer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def put(
    session: Session,
    tenant_id: str,
    *,
    issuer: str,
    audience: str,
    jwks_uri: str,
    algorithms: Sequence[str],
    now: datetime,
) -> Issuer:
    """Register an issuer for an audience, or change what is registered.

    Raises `Conflict` if there is no such tenant.
    """
    row = session.get(Issuer, (issuer, audience), with_for_update=True)
    if row is None:
        row = Issuer(issuer=issuer, audience=audience, created_at=now)
        session.add(row)
    row.tenant_id, row.jwks_uri, row.algorithms = tenant_id, jwks_uri, [*algorithms]
    session.flush()
    return row


def named(session: Session, issuer: str) -> Sequence[Issuer]:
    """What is registered of an issuer, for one audience after the other."""
    statement = select(Issuer).where(Issuer.issuer == issuer).order_by(Issuer.audience)
    return session.scalars(statement).all()


def every(session: Session) -> Sequence[Issuer]:
    """All that is registered."""
    return session.scalars(select(Issuer).order_by(Issuer.issuer, Issuer.audience)).all()


def remove(session: Session, *, issuer: str, audience: str) -> Issuer:
    """Take an issuer's word no more; raises `NotFound`."""
    row = session.get(Issuer, (issuer, audience), with_for_update=True)
    if row is None:
        raise NotFound("issuer", f"{issuer} for {audience}")
    session.delete(row)
    session.flush()
    return row
