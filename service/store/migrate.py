"""Bringing a database to the revision this code needs, and telling where it stands.

Every upgrade runs under a lock that makes a second upgrade wait and then find nothing left to do.
On SQLite it is one transaction. On PostgreSQL each revision has one or more of its own, so that no
table is locked for longer than a moment while the service goes on; one that failed half way is
begun again. The same revisions serve both. Alembic is imported only where
something is to be changed: telling the state of a database is part of serving, and must be cheap.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from service.resources import migrations_folder
from service.store.engine import Timeouts, database_url, make_engine
from service.store.errors import StoreError, StoreUnavailable, translate, translated
from service.store.partitions import compared
from service.store.tables import Base

State = Literal["missing", "behind", "current", "ahead"]

_ADVISORY_LOCK = 0x436F6E7643617264  # "ConvCard"
_PATIENCE_SECONDS = 60
_LOCK_SECONDS = 2
"""How long a migration may wait for a table, as everybody else then waits behind it."""
_NAMED = re.compile(r"""^(revision|down_revision) = (?:None|["'](\w+)["'])$""", re.MULTILINE)


def known() -> set[str]:
    """The revisions that this code has."""
    return set(_down_revisions(migrations_folder()))


def head() -> str:
    """The revision this code needs."""
    below = _down_revisions(migrations_folder())
    (top,) = below.keys() - set(below.values())
    return top


@cache
def _down_revisions(folder: Path) -> dict[str, str | None]:
    """Each revision and the one before it, read from the files without running them."""
    found: dict[str, str | None] = {}
    for path in (folder / "versions").glob("*.py"):
        names = {match[1]: match[2] for match in _NAMED.finditer(path.read_text())}
        found[names["revision"]] = names["down_revision"]
    return found


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to `revision`, making a SQLite file if there is none.

    Raises `BadDatabaseUrl`, `StoreUnavailable`, or `StoreError` if a revision is unknown.
    """
    with _locked(url) as connection:
        _run(connection, "upgrade", revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to `revision` ("base" for an empty one); errors as `upgrade`."""
    with _locked(url) as connection:
        _run(connection, "downgrade", revision)


def current(url: str) -> str | None:
    """The revision the database stands at, None if it was never migrated."""
    engine = make_engine(url)
    try:
        return revision_of(engine)
    finally:
        engine.dispose()


def revision_of(engine: Engine) -> str | None:
    """As `current`, on an engine that is already there."""
    with translated(), engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def state(engine: Engine) -> State:
    """Where the database stands: never migrated, behind this code, at it, or newer than it.

    Newer is told by a revision that this code doesn't know.
    """
    revision = revision_of(engine)
    if revision is None:
        return "missing"
    if revision == head():
        return "current"
    return "behind" if revision in known() else "ahead"


def differences(connection: Connection) -> list[Any]:
    """What the tables in the database lack against `tables`, as Alembic's autogenerate sees it."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    context = MigrationContext.configure(
        connection,
        opts={"render_as_batch": True, "include_object": compared(connection.dialect.name)},
    )
    return list(compare_metadata(context, Base.metadata))


def _run(connection: Connection, direction: Literal["upgrade", "downgrade"], to: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    action = command.upgrade if direction == "upgrade" else command.downgrade
    try:
        action(config, to)
    except CommandError as error:
        raise StoreError(f"the migration can't run: {error}") from None
    except SQLAlchemyError as error:
        raise translate(error) from error  # whoever migrates may and must see what it was


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    sqlite = database_url(url).drivername == "sqlite"
    waiting = _PATIENCE_SECONDS if sqlite else _LOCK_SECONDS
    engine = make_engine(url, timeouts=Timeouts(statement=0, lock=waiting))
    try:
        with translated(), (_lock_sqlite if sqlite else _lock_postgresql)(engine) as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _lock_sqlite(engine: Engine) -> Iterator[Connection]:
    """Hold the file for writing, in one transaction; references are checked at the end.

    Batch mode makes a table anew, drops the old one and renames: rows that refer to it must not be
    taken along, nor triggers that read it stand in the way while it is gone.
    """
    with engine.connect() as connection:
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("PRAGMA legacy_alter_table=ON")
        with connection.begin():
            yield connection
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise StoreError("after the migration some rows refer to nothing: rolled back")


@contextmanager
def _lock_postgresql(engine: Engine) -> Iterator[Connection]:
    """A connection for the transactions of revisions, while another holds the lock in its own.

    Whoever makes an index concurrently waits for all older snapshots. So the lock is asked for
    again and again, each time anew: a statement that waited for it would hold a snapshot, and the
    answer to the last one is put away by the statement after it.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with engine.connect() as holder:
        while not holder.scalar(text(f"SELECT pg_try_advisory_xact_lock({_ADVISORY_LOCK})")):
            holder.rollback()
            if time.monotonic() > deadline:
                raise StoreUnavailable("another process has been migrating for a minute")
            time.sleep(0.1)
        holder.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        with engine.connect() as connection:
            yield connection
