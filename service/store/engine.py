"""Engines for the two databases, set so that what was acknowledged is on disk.

SQLite runs in WAL mode with synchronous=FULL. One connection writes, all others are read-only: the
pool of that one connection is the process-wide write lock, and BEGIN IMMEDIATE with a busy timeout
is the lock between processes. PostgreSQL is spoken to through psycopg 3, with the timeouts of
`Timeouts`, and only if it acknowledges commits after they are written. Where PgBouncer stands
between, each transaction may find another session: then each of them is set, not the session, and
no statement is prepared.
"""

from __future__ import annotations

import json
import os
import select
import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from service.store.errors import BadDatabaseUrl, StoreUnavailable, UnsafeDatabase

if TYPE_CHECKING:
    from sqlalchemy.pool import ConnectionPoolEntry

_POSTGRESQL = ("postgres", "postgresql", "postgresql+psycopg")
_WRITTEN_FIRST = ("on", "remote_apply")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds, before the caller is told to come back (503).

    `idle` is how long PostgreSQL lets a transaction do nothing before it ends it.
    """

    connect: float = 2.0
    pool: float = 2.0
    statement: float = 2.0
    lock: float = 1.0
    idle: float = 10.0


@dataclass(frozen=True, slots=True)
class Engines:
    """One for transactions that only read, one for those that write; the same on PostgreSQL."""

    read: Engine
    write: Engine


def database_url(text: str) -> URL:
    """The address, checked and complete: driver named, path of a file absolute.

    Raises `BadDatabaseUrl` for anything but a SQLite file or PostgreSQL; the error never repeats
    the address, which may hold a password.
    """
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError):
        raise BadDatabaseUrl(
            "the database address is not a URL such as sqlite:////var/lib/convcards/convcards.db"
            " or postgresql://user:password@host:5432/name"
        ) from None
    if url.drivername in _POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise BadDatabaseUrl("the database must be sqlite:///… or postgresql://…")
    if url.host or url.query or not url.database or url.database == ":memory:":
        raise BadDatabaseUrl(
            "SQLite needs the path of a file, sqlite:///relative.db or sqlite:////absolute.db"
        )
    return url.set(drivername="sqlite", database=str(Path(url.database).expanduser().absolute()))


def make_engines(
    text: str,
    *,
    timeouts: Timeouts | None = None,
    pool_size: int = 8,
) -> Engines:
    """Engines for a database address; nothing is connected yet, a SQLite file's folder is made.

    `pool_size` is the number of connections (readers on SQLite) a process may hold.
    Raises `BadDatabaseUrl`, and `StoreUnavailable` if the folder or file can't be made.
    """
    url = database_url(text)
    limits = timeouts or Timeouts()
    if url.drivername == "sqlite":
        return _sqlite_engines(url, limits, pool_size)
    return _postgresql_engines(url, limits, pool_size)


def make_engine(text: str, *, timeouts: Timeouts | None = None) -> Engine:
    """One engine that may write, for migrations and tools; see `make_engines`."""
    return make_engines(text, timeouts=timeouts).write


def _create(url: URL, limits: Timeouts, pool_size: int, arguments: dict[str, Any]) -> Engine:
    try:
        return create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=limits.pool,
            hide_parameters=True,
            json_serializer=partial(json.dumps, allow_nan=False, separators=(",", ":")),
            connect_args=arguments,
        )
    except ModuleNotFoundError:
        raise BadDatabaseUrl(
            "PostgreSQL needs its driver: pip install 'convcards[postgres]'"
        ) from None


# SQLite


def _sqlite_engines(url: URL, limits: Timeouts, pool_size: int) -> Engines:
    make_private_file(Path(cast("str", url.database)))
    arguments = {
        "timeout": limits.lock,
        "isolation_level": None,
        "check_same_thread": False,
    }
    reader = _create(url, limits, pool_size, arguments)
    writer = _create(url, limits, 1, arguments)
    for engine in (reader, writer):
        event.listen(engine, "connect", _set_sqlite)
    event.listen(reader, "connect", _only_read_sqlite)
    event.listen(reader, "begin", _begin_deferred)
    event.listen(writer, "begin", _begin_immediate)
    return Engines(reader, writer)


def make_private_file(path: Path) -> None:
    """Make the folder, and an empty database file that only its owner may read.

    SQLite gives its -wal and -shm files the permissions of this one. An existing file is left as
    it is. Raises `StoreUnavailable` naming the path and the system's reason.
    """
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreUnavailable(
            f"the database file {path} can't be opened: {error.strerror}"
        ) from None


def _set_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else REPLACE would delete answers past their trigger
        "secure_delete=ON",  # what is erased is overwritten
    ):
        connection.execute(f"PRAGMA {pragma}")


def _only_read_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


# PostgreSQL


_SEEN_BEFORE: Final = 5
"""How often a statement comes before it is prepared: planning it costs as much as running it."""

_EACH: Final = "each transaction"
"""Where a connection through a pooler keeps what each of its transactions is set to."""


class _Psycopg(Protocol):
    read_only: bool | None

    def fileno(self) -> int: ...


def _postgresql_engines(url: URL, limits: Timeouts, pool_size: int) -> Engines:
    arguments: dict[str, Any] = {
        "connect_timeout": max(1, round(limits.connect)),
        "application_name": "convcards",
        "keepalives_idle": 10,
        "tcp_user_timeout": round(limits.connect * 1000),
        "prepare_threshold": None,
    }
    engine = _create(url, limits, pool_size, arguments)
    event.listen(engine, "connect", partial(_set_postgresql, limits))
    event.listen(engine, "checkout", _refuse_dead)
    event.listen(engine, "begin", _begin_pooled)
    return Engines(engine.execution_options(postgresql_readonly=True), engine)


def _set_postgresql(limits: Timeouts, connection: Any, record: ConnectionPoolEntry) -> None:
    """Set the session with plain SET: poolers refuse the same as startup parameters.

    A pooler is known by another process answering than the one that let us in. It keeps the time
    zone with the client by itself, and nothing else of a session. What others may have left in the
    session counts for nothing, only what the server was set to.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute(
            "SELECT pg_backend_pid(), reset_val FROM pg_settings WHERE name = 'synchronous_commit'"
        )
        process, level = cursor.fetchone()
        timeouts = {
            "statement_timeout": round(limits.statement * 1000),
            "lock_timeout": round(limits.lock * 1000),
            "idle_in_transaction_session_timeout": round(limits.idle * 1000),
        }
        if process == connection.info.backend_pid:
            cursor.execute("".join(f"SET {name} = {value};" for name, value in timeouts.items()))
            connection.prepare_threshold = _SEEN_BEFORE
        else:
            each = timeouts | {"synchronous_commit": level}
            record.info[_EACH] = "".join(f"SET LOCAL {n} = {value};" for n, value in each.items())
    connection.commit()
    if level not in _WRITTEN_FIRST:
        connection.close()
        raise UnsafeDatabase(
            f"PostgreSQL's synchronous_commit is {level}: it must be on, so that an answer is on"
            " disk before it is acknowledged"
        )
    connection.autocommit = _EACH in record.info


def _begin_pooled(connection: Connection) -> None:
    """Begin and set a transaction in one message, where psycopg leaves that to us."""
    each = connection.info.get(_EACH)
    if each is None or connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return
    driver = cast("_Psycopg", connection.connection.driver_connection)
    connection.exec_driver_sql(f"BEGIN{' READ ONLY' if driver.read_only else ''};{each}")


def _refuse_dead(connection: _Psycopg, _record: object, _proxy: object) -> None:
    """Tell the pool to reconnect where the server has hung up; costs no round trip.

    An idle connection has nothing to read, unless the server has said goodbye or closed it.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise exc.DisconnectionError("the server has hung up")
