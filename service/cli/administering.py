"""What the commands that administer a service share: its database, and the audit log."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from service import startup
from service.cli.options import Options
from service.store import audit, tenants

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.store.database import Database

__all__ = ["changing", "of_a_tenant", "opened", "present", "record"]


def present() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@contextmanager
def opened() -> Iterator[Database]:
    """The database of CONVCARDS_DATABASE_URL."""
    with startup.connected(startup.read_settings(os.environ)) as database:
        yield database


@contextmanager
def changing() -> Iterator[Session]:
    """One transaction on the database of CONVCARDS_DATABASE_URL."""
    with opened() as database, database.write() as session:
        yield session


def record(
    session: Session, tenant_id: str, action: str, subject: str | None = None, **details: Any
) -> None:
    """Write into the audit log what is done on the command line."""
    audit.append(
        session,
        tenant_id,
        actor=audit.COMMAND_LINE,
        action=action,
        subject=subject,
        details=details or None,
        now=present(),
        rng=SystemRandom(),
    )


def of_a_tenant(command: str, description: str, examples: Sequence[str], whose: str) -> Options:
    """Options of a command about one tenant; ``whose`` says what is the tenant's."""
    options = Options(command, description, examples)
    options.add_argument(
        "--tenant",
        default=tenants.LOCAL,
        metavar="ID",
        help=f"whose {whose}; tenants' people and results are kept apart (default: %(default)s)",
    )
    return options
