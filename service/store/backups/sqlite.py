"""SQLite: its own online copy, one snapshot of the file however much is written meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from service.store.backups.manifest import Rows
from service.store.errors import BackupRefused, StoreUnavailable

if TYPE_CHECKING:
    from sqlalchemy import URL

_VERSIONS: Final = "alembic_version"
_PATIENCE: Final = 10.0
"""Seconds to wait for whoever holds a file."""


def copy(source: URL, path: Path) -> tuple[str, dict[str, Rows]]:
    """Copy the database into the empty file `path`; returns its revision and its rows.

    All pages are taken in one step, so that they are of one moment: in WAL mode writers go on
    meanwhile, and no writer makes the copy start again.
    """
    database = _file(source)
    if not database.exists():
        raise BackupRefused(f"there is no database {database}")
    with _opened(database) as original, _opened(path) as made:
        original.execute("PRAGMA query_only=ON")
        original.backup(made)
        made.execute("PRAGMA journal_mode=DELETE")  # the copy is one file, without a log beside it
    return inspect(path)


def inspect(path: Path) -> tuple[str, dict[str, Rows]]:
    """The revision and the rows of a database file; raises `BackupRefused` if it isn't sound."""
    with _opened(path) as database:
        (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok" or database.execute("PRAGMA foreign_key_check").fetchone():
            raise BackupRefused(f"{path} is damaged")
        tables = {name: Rows(_count(database, name)) for name in _tables(database)}
        if _VERSIONS not in tables:
            raise BackupRefused("it was never migrated: there is nothing in it")
        (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return revision, tables


def filled(target: URL) -> bool:
    """Whether anything is kept in the database."""
    path = _file(target)
    if not path.exists():
        return False
    with _opened(path) as database:
        return any(_count(database, name) for name in _tables(database) if name != _VERSIONS)


def put(target: URL, part: Path) -> None:
    """Put the copy `part` in the place of the database; nobody may have it open."""
    path = _file(target)
    if path.exists():
        with _opened(path, patience=0) as database:
            try:  # this empties the write-ahead log, and can't be done while others are there
                database.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.OperationalError:
                raise BackupRefused(f"{path} is in use: stop the service first") from None
    part.replace(path)


def _file(url: URL) -> Path:
    return Path(cast("str", url.database))


def _tables(database: sqlite3.Connection) -> list[str]:
    found = database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " ORDER BY name"
    )
    return [name for (name,) in found]


def _count(database: sqlite3.Connection, table: str) -> int:
    (rows,) = database.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608
    return cast("int", rows)


@contextmanager
def _opened(path: Path, *, patience: float = _PATIENCE) -> Iterator[sqlite3.Connection]:
    """A connection in autocommit; SQLite's errors leave it as the store's, without their text."""
    try:
        with closing(sqlite3.connect(path, timeout=patience, isolation_level=None)) as database:
            yield database
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorname", None)
        if code in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
            raise BackupRefused(f"{path} is damaged, or no SQLite database") from None
        raise StoreUnavailable(f"{path} can't be read or written", driver_code=code) from None
