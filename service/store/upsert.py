"""INSERT … ON CONFLICT DO NOTHING, in the words of either database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.store.tables import Base


def insert_if_absent(session: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert the row unless one with the same key stands there; tells whether it was inserted.

    On PostgreSQL it waits for a transaction that is inserting the same key at this moment.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    key = list(table.__mapper__.primary_key)
    statement = insert(table).values(values).on_conflict_do_nothing().returning(*key)
    return session.execute(statement).first() is not None
