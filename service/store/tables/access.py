"""Who is known here: tenants, people, keys, issuers of tokens, and what was done with them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, CallersText, Json, Name, Sha256, Title


class Tenant(Base):
    """An organisation; people, keys and decks of one are invisible to every other."""

    __tablename__ = "tenants"

    id: Mapped[Name] = mapped_column(primary_key=True)
    name: Mapped[Title]
    created_at: Mapped[datetime]


class User(Base):
    """A person: (tenant, the caller's own id for them) → a random id. All personal data is here.

    `schedule` holds what they set of their schedule beside the time zone; None is all defaults.
    `erased_at` is set for the length of the erasing transaction only: it opens the triggers.
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("tenant_id", "external_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[Name] = mapped_column(ForeignKey("tenants.id"))
    external_id: Mapped[CallersText]
    timezone: Mapped[Name | None]
    schedule: Mapped[Json | None]
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class ApiKey(Base):
    """A key of a tenant; the secret itself is nowhere, only its SHA-256."""

    __tablename__ = "api_keys"

    id: Mapped[Name] = mapped_column(primary_key=True)
    tenant_id: Mapped[Name] = mapped_column(ForeignKey("tenants.id"), index=True)
    name: Mapped[Title]
    secret_sha256: Mapped[Sha256]
    scopes: Mapped[Json]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class TokenKey(Base):
    """What learners' tokens are signed with; no longer taken from `retires_at` on."""

    __tablename__ = "token_keys"

    id: Mapped[Name] = mapped_column(primary_key=True)
    secret: Mapped[Sha256]
    created_at: Mapped[datetime]
    retires_at: Mapped[datetime | None]


class Issuer(Base):
    """Who else may say who a learner of a tenant is: an OpenID Connect issuer, for one audience."""

    __tablename__ = "issuers"

    issuer: Mapped[CallersText] = mapped_column(primary_key=True)
    audience: Mapped[CallersText] = mapped_column(primary_key=True)
    tenant_id: Mapped[Name] = mapped_column(ForeignKey("tenants.id"), index=True)
    jwks_uri: Mapped[CallersText]
    algorithms: Mapped[Json]
    created_at: Mapped[datetime]


class AuditEvent(Base):
    """What a key or an operator did. Append-only, and without personal data: see `audit`."""

    __tablename__ = "audit_events"
    __table_args__ = (Index(None, "tenant_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[Name] = mapped_column(ForeignKey("tenants.id"))
    at: Mapped[datetime]
    actor: Mapped[Title]
    action: Mapped[Name]
    subject: Mapped[CallersText | None]
    details: Mapped[Json | None]
    request_id: Mapped[Title | None]
