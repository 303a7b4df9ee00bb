"""INSERT … ON CONFLICT DO NOTHING, in the words of either database."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.store.tables import Base


def insert_if_absent(session: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert the row unless one with the same key stands there; tells whether it was inserted.

    On PostgreSQL it waits for a transaction that is inserting the same key at this moment.
    """
    # Only the dialect of the database at hand is loaded: PostgreSQL's takes 5 % of the start.
    dialect = import_module(f"sqlalchemy.dialects.{session.get_bind().dialect.name}")
    key = list(table.__mapper__.primary_key)
    statement = dialect.insert(table).values(values).on_conflict_do_nothing().returning(*key)
    return session.execute(statement).first() is not None
