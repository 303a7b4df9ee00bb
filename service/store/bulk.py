"""Writing many rows with few statements, in the words of either database.

SQLite takes a statement a table. PostgreSQL takes all tables in one, each row as JSON, so that
neither the text of it nor the number of its parameters grows with the rows: it crosses the wire
once, and is the same statement for one answer and for a batch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from sqlalchemy import bindparam, insert, text, update
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.store.tables import Base


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table to be inserted; put in place of what has the same key; or updated.

    Of rows that are updated only ``columns`` are written.
    """

    table: type[Base]
    rows: Sequence[Base]
    how: Literal["insert", "put", "update"] = "insert"
    columns: tuple[str, ...] = ()


def write_all(session: Session, portions: Iterable[Rows]) -> None:
    """Write the portions in their order; each refers only to those before it."""
    filled = [portion for portion in portions if portion.rows]
    if not filled:
        return
    if session.get_bind().dialect.name == "postgresql":
        _write_postgresql(session, filled)
    else:
        for portion in filled:
            _write_sqlite(session, portion)


def _names(table: type[Base]) -> list[str]:
    return [column.name for column in table.__table__.columns]


def _key(table: type[Base]) -> list[str]:
    return [column.name for column in table.__mapper__.primary_key]


def _write_sqlite(session: Session, portion: Rows) -> None:
    table, names, key = portion.table.__table__, _names(portion.table), _key(portion.table)
    if portion.how == "update":
        columns = {name: bindparam(f"new_{name}") for name in portion.columns}
        which = [table.c[name] == bindparam(f"old_{name}") for name in key]
        values = [
            {f"new_{name}": getattr(row, name) for name in columns}
            | {f"old_{name}": getattr(row, name) for name in key}
            for row in portion.rows
        ]
        session.connection().execute(update(table).where(*which).values(columns), values)
        return
    rows = [{name: getattr(row, name) for name in names} for row in portion.rows]
    if portion.how == "insert":
        session.connection().execute(insert(table), rows)
        return
    put = sqlite.insert(table)
    put = put.on_conflict_do_update(
        index_elements=key, set_={name: put.excluded[name] for name in names if name not in key}
    )
    session.connection().execute(put, rows)


def _write_postgresql(session: Session, portions: Sequence[Rows]) -> None:
    """One statement; foreign keys and unique constraints are checked at its end."""
    steps = [_step(portion) for portion in portions]
    *first, last = steps
    parts = [f"{portion.table.__tablename__}_ AS ({step})" for portion, step in zip(portions, first, strict=False)]
    statement = f"WITH {', '.join(parts)} {last}" if parts else last
    values = {portion.table.__tablename__: _json(portion) for portion in portions}
    session.execute(text(statement), values)


def _step(portion: Rows) -> str:
    name, key = portion.table.__tablename__, _key(portion.table)
    given = f"json_populate_recordset(NULL::{name}, CAST(:{name} AS json)) AS given"
    if portion.how == "update":
        sets = ", ".join(f"{column} = given.{column}" for column in portion.columns)
        same = " AND ".join(f"{name}.{column} = given.{column}" for column in key)
        return f"UPDATE {name} SET {sets} FROM {given} WHERE {same}"
    columns = _names(portion.table)
    listed = ", ".join(columns)
    step = f"INSERT INTO {name} ({listed}) SELECT {listed} FROM {given}"
    if portion.how == "put":
        sets = ", ".join(f"{one} = excluded.{one}" for one in columns if one not in key)
        step += f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}"
    return step


def _json(portion: Rows) -> str:
    names = _names(portion.table)
    if portion.how == "update":
        names = [*_key(portion.table), *portion.columns]
    rows = [{name: getattr(row, name) for name in names} for row in portion.rows]
    return _WRITER.encode(rows)


def _plain(value: Any) -> str:
    """A value that JSON has no word for, as PostgreSQL reads it."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(type(value).__name__)


_WRITER = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=_plain)
