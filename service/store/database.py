"""The database as the service uses it: transactions for reading, transactions for writing.

A transaction is the unit of work: it is committed when its block ends and rolled back when the
block raises. Driver errors leave it as the small tree of `errors`. `Database.together` makes one of
several.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

from service.store.engine import Timeouts, make_engines
from service.store.errors import StoreError, StoreUnavailable, translated

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import ExceptionContext
    from sqlalchemy.pool import ConnectionPoolEntry

_SMALL_FILE = 64 * 2**20
_LEFT_ALONE: Final = 30.0
"""Seconds for which a replica that failed is not asked again."""

_together: Final[ContextVar[Session | None]] = ContextVar("together", default=None)
"""The session of the `Database.together` that this thread is in."""


class Database:
    """One database address and its connections; safe to share between threads, and to fork."""

    def __init__(
        self,
        url: str,
        *,
        timeouts: Timeouts | None = None,
        pool_size: int = 8,
        replica: str = "",
    ) -> None:
        """Arguments and errors as `make_engines`; connects only when first used.

        `replica` is the address of one that follows this database, for `read_replica`.
        """
        self._engines = make_engines(url, timeouts=timeouts, pool_size=pool_size)
        self._replica = Database(replica, timeouts=timeouts, pool_size=2) if replica else None
        self._away_until = 0.0
        self._inherited: list[object] = []
        _databases.add(self)

    @property
    def engine(self) -> Engine:
        """The engine that reads, for looking at the schema; all else uses `read` and `write`."""
        return self._engines.read

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @property
    def address(self) -> str:
        """The address without its password, fit for a banner or a log."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that can't write, on one snapshot per statement (per block on SQLite)."""
        if _together.get() is not None:
            with self.write() as session:
                yield session
            return
        with translated(), Session(self._engines.read, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def read_replica(self) -> Iterator[Session]:
        """As `read`, from the replica: for what takes long and may be some moments old.

        From the database itself where there is no replica, or it was away within half a minute.
        """
        try:
            with self._replica_at_hand().read() as session:
                yield session
        except StoreUnavailable:
            self._away_until = time.monotonic() + _LEFT_ALONE
            raise

    def _replica_at_hand(self) -> Database:
        if self._replica is None or time.monotonic() < self._away_until:
            return self
        try:
            self._replica.ping()
        except StoreError:
            self._away_until = time.monotonic() + _LEFT_ALONE
            return self
        return self._replica

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose work is committed at the end of the block, all of it or nothing.

        On SQLite one block at a time writes. After a `StoreUnavailable` out of the commit itself
        the work may or may not have been done: retrying with the same Idempotency-Key finds out.
        """
        together = _together.get()
        if together is not None:
            with translated(), together.begin_nested():
                yield together
            return
        with (
            translated(),
            Session(self._engines.write, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def together(self) -> Iterator[Session]:
        """One transaction for all that this thread reads and writes until the end of the block.

        It is committed, or rolled back, as that of `write`. A block of `write` in it that raises
        undoes its own part, and no more.
        """
        with self.write() as session:
            token = _together.set(session)
            try:
                yield session
            finally:
                _together.reset(token)

    @staticmethod
    def interrupter(session: Session) -> Callable[[], None]:
        """What ends, from another thread, the statement that runs in the session at the moment.

        The statement raises `StoreUnavailable`. PostgreSQL only.
        """
        drivers: list[Any] = []

        def begun(_session: Session, _transaction: object, connection: Connection) -> None:
            drivers.append(connection.connection.driver_connection)

        def interrupt() -> None:
            errors: Any = session.get_bind().dialect.dbapi
            with suppress(errors.Error):  # it has ended, or can't be reached: nothing to end
                for driver in drivers[-1:]:
                    driver.cancel_safe(timeout=2)

        event.listen(session, "after_begin", begun)
        return interrupt

    def scrub(self) -> None:
        """Let no file keep what was just erased.

        SQLite overwrites it in the database; here the write-ahead log is emptied, and a file of up
        to 64 MB is written anew, so that nothing stands between its rows either. While others read,
        the log stays until the next call. PostgreSQL's autovacuum frees what was erased there.
        """
        if self.dialect != "sqlite":
            return
        with translated(), self._engines.write.connect() as connection:
            driver = connection.connection.driver_connection
            if driver is None:
                return
            path = self._engines.write.url.database or ""
            if os.path.getsize(path) <= _SMALL_FILE:
                driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def watch(self, note: Callable[[int], None]) -> None:
        """Have `note` told 1 whenever a connection is taken and -1 when it is given back."""

        def taken(_connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
            record.info["watched"] = True
            note(1)

        def given_back(_connection: object, record: ConnectionPoolEntry) -> None:
            if record.info.pop("watched", False):
                note(-1)

        for pool in {self._engines.read.pool, self._engines.write.pool}:
            event.listen(pool, "checkout", taken)
            event.listen(pool, "checkin", given_back)

    def trace(self, begin: Callable[[str, str], Callable[[], None]]) -> None:
        """Have `begin` told each statement, with the dialect, and what it returns called after."""
        engines = {engine.pool: engine for engine in (self._engines.read, self._engines.write)}
        dialect = self.dialect

        def before(connection: Connection, _cursor: object, sql: str, *_: object) -> None:
            connection.info.setdefault("traced", []).append(begin(dialect, sql))

        def after(connection: Connection, *_: object) -> None:
            connection.info["traced"].pop()()

        def failed(context: ExceptionContext) -> None:
            if context.connection is not None and context.connection.info.get("traced"):
                after(context.connection)

        for engine in engines.values():  # on PostgreSQL there is one, which does both
            event.listen(engine, "before_cursor_execute", before)
            event.listen(engine, "after_cursor_execute", after)
            event.listen(engine, "handle_error", failed)

    def ping(self) -> None:
        """Ask the database for a sign of life; raises `StoreUnavailable` if there is none."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close all idle connections; the next use opens new ones."""
        for engine in (self._engines.read, self._engines.write):
            engine.dispose()
        if self._replica is not None:
            self._replica.close()

    def forget_connections(self) -> None:
        """In a forked child: leave the parent's connections alone and make new ones when needed.

        They are kept referenced, for collecting them would close them under the parent.
        """
        for engine in (self._engines.read, self._engines.write):
            self._inherited.append(engine.pool)
            engine.dispose(close=False)


_databases: weakref.WeakSet[Database] = weakref.WeakSet()


def _after_fork() -> None:
    for database in list(_databases):
        database.forget_connections()


os.register_at_fork(after_in_child=_after_fork)
