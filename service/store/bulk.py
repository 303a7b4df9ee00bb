"""Writing many rows with few statements, in the words of either database.

SQLite takes a statement a table. PostgreSQL takes all tables in one, the rows of each as JSON, so
that neither its text nor the number of its parameters grows with the rows: it crosses the wire
once, and is the same statement for one answer and for a batch.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import (
    JSON,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    update,
)

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Insert, Update
    from sqlalchemy.orm import Session

    from service.store.tables import Base


class Write(NamedTuple):
    """Inserts rows; puts them in place of those with the same key; or updates some columns."""

    kind: type[Base]
    how: Literal["insert", "put", "update"] = "insert"
    only: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        """The table that it writes to."""
        return typing.cast("Table", self.kind.__table__)

    @property
    def key(self) -> list[str]:
        """The names of the primary key's columns."""
        return [column.name for column in self.table.primary_key]

    @property
    def columns(self) -> list[str]:
        """The names of the columns that are sent."""
        return [*self.key, *self.only] if self.only else [one.name for one in self.table.columns]


def write_all(session: Session, writes: Iterable[tuple[Write, Sequence[Base]]]) -> None:
    """Carry out the writes, each with its rows; each refers only to rows of those before it."""
    filled = [(write, rows) for write, rows in writes if rows]
    values = [_values(write, rows) for write, rows in filled]
    if not filled:
        return
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        wanted = tuple(write for write, _ in filled)
        sent = {
            write.table.name: _WRITER.encode(rows)
            for write, rows in zip(wanted, values, strict=True)
        }
        connection.exec_driver_sql(_together(wanted, connection.dialect), sent)
        return
    for (write, _), rows in zip(filled, values, strict=True):
        named = [{_SENT + name: value for name, value in row.items()} for row in rows]
        connection.execute(_alone(write), named)


def _values(write: Write, rows: Sequence[Base]) -> list[dict[str, object]]:
    """What the rows hold; a column that none has set is NULL."""
    names = write.columns
    return [{name: held.get(name) for name in names} for held in map(vars, rows)]


_SENT: Final = "sent_"
"""Before the names of parameters: SQLAlchemy keeps those of columns for itself."""


@lru_cache
def _alone(write: Write) -> Insert | Update:
    """The statement of a write on SQLite, for a list of rows."""
    table, key = write.table, write.key
    sent: dict[str, Any] = {name: bindparam(_SENT + name) for name in write.columns}
    if write.how == "update":
        which = [table.c[name] == sent[name] for name in key]
        return update(table).where(*which).values({name: sent[name] for name in write.only})
    from sqlalchemy.dialects import sqlite  # only what the database at hand needs is loaded

    put = sqlite.insert(table).values(sent)
    if write.how == "insert":
        return put
    changed = {name: put.excluded[name] for name in write.columns if name not in key}
    return put.on_conflict_do_update(index_elements=key, set_=changed)


@lru_cache
def _together(writes: tuple[Write, ...], dialect: Dialect) -> str:
    """All writes as one statement of PostgreSQL, in the driver's words.

    What refers to what, and what has to be unique, is checked at its end.
    """
    *first, last = [_of_json(write) for write in writes]
    for write, step in zip(writes, first, strict=False):
        last = last.add_cte(step.cte(f"written_{write.table.name}"))
    return str(last.compile(dialect=dialect))


def _of_json(write: Write) -> Insert | Update:
    table, key, names = write.table, write.key, write.columns
    rows = cast(bindparam(table.name, type_=Text()), JSON())
    sent = func.json_populate_recordset(literal_column(f"NULL::{table.name}"), rows)
    given = sent.table_valued(*[column(name) for name in names], name=f"given_{table.name}")
    if write.how == "update":
        which = [table.c[name] == given.c[name] for name in key]
        return update(table).where(*which).values({name: given.c[name] for name in write.only})
    from sqlalchemy.dialects import postgresql  # only what the database at hand needs is loaded

    put = postgresql.insert(table).from_select(names, select(*given.c))
    if write.how == "insert":
        return put
    changed = {name: put.excluded[name] for name in names if name not in key}
    return put.on_conflict_do_update(index_elements=key, set_=changed)


def _plain(value: object) -> str:
    """A value that JSON has no word for, as PostgreSQL reads it."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(type(value).__name__)


_WRITER = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=_plain)
