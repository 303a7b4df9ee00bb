"""PostgreSQL: `pg_dump` and `pg_restore`, with what they copied counted in the same snapshot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, text

from service.store.backups.manifest import Rows
from service.store.engine import Timeouts, make_engine
from service.store.errors import BackupRefused, translated

if TYPE_CHECKING:
    from sqlalchemy import URL

_PATIENCE: Final = Timeouts(connect=5, pool=5, statement=0, lock=10)
_VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)")
_TABLES: Final = text(
    "SELECT relname FROM pg_class AS one WHERE relnamespace = current_schema()::regnamespace"
    " AND relkind IN ('r', 'p') AND NOT relispartition"
    " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = one.oid AND deptype = 'e')"  # extensions'
    " ORDER BY relname"
)
_FUNCTIONS: Final = text(
    "SELECT oid::regprocedure::text FROM pg_proc AS one"
    " WHERE pronamespace = current_schema()::regnamespace"
    " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = one.oid AND deptype = 'e')"
)
_OTHERS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND application_name = 'convcards'"
)
_VERSIONS: Final = "alembic_version"


def copy(source: URL, path: Path) -> tuple[str, dict[str, Rows]]:
    """Have `pg_dump` write an archive into `path`; returns the revision and the rows in it.

    Both see one snapshot, so that what is counted is what is copied. Reading locks nobody out.
    """
    with _connected(source) as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        dump = tool("pg_dump", connection)
        tables = _tables(connection)
        if _VERSIONS not in tables:
            raise BackupRefused("the database was never migrated: there is nothing in it")
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        options = ["--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges"]
        _run([dump, *options, f"--file={path}"], source)
        return _revision(connection), _contents(connection, tables)


def filled(target: URL) -> bool:
    """Whether anything is kept in the database."""
    with _connected(target) as connection:
        tables = [name for name in _tables(connection) if name != _VERSIONS]
        return any(_any(connection, name) for name in tables)


def put(target: URL, backup: Path) -> tuple[str, dict[str, Rows]]:
    """Have `pg_restore` put an archive into an empty database, all of it or nothing.

    Returns the revision and the rows that are there now.
    """
    with _connected(target) as connection:
        restore = tool("pg_restore", connection)
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    _run([restore, *options, str(backup)], target)
    with _connected(target) as connection:
        connection.execute(text("ANALYZE"))
        found = _revision(connection), _contents(connection, _tables(connection))
        connection.commit()
    return found


def clear(target: URL) -> None:
    """Drop every table and function; nobody else may be connected as the service is."""
    with _connected(target) as connection:
        if connection.scalar(_OTHERS):
            raise BackupRefused("the database is in use: stop the service first")
        for table in _tables(connection):
            connection.execute(text(f'DROP TABLE "{table}" CASCADE'))
        for function in connection.scalars(_FUNCTIONS).all():
            connection.execute(text(f"DROP FUNCTION {function} CASCADE"))
        connection.commit()


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    engine = make_engine(url.render_as_string(hide_password=False), timeouts=_PATIENCE)
    try:
        with translated(), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def tool(name: str, connection: Connection) -> str:
    """The path of one of PostgreSQL's programs, no older than the server."""
    server = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
    path = shutil.which(name)
    need = f"{name} of PostgreSQL {server} or newer"
    if path is None:
        raise BackupRefused(f"{need} is needed, and there is none in PATH")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = _VERSION.search(said.stdout)
    if found is None or int(found[1]) < server:
        has = said.stdout.strip() or "something else"
        raise BackupRefused(f"{need} is needed; {path} is {has}")
    return path


def _run(command: list[str], url: URL) -> None:
    """Run a program on the database of `url`, whose password it gets where no one else sees it."""
    plain = url.set(drivername="postgresql", password=None)
    environment = dict(os.environ)
    if url.password is not None:
        environment["PGPASSWORD"] = str(url.password)
    database = f"--dbname={plain.render_as_string()}"
    done = subprocess.run(  # noqa: S603 - the program was found by its name, its options are ours
        [*command, database], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise BackupRefused(f"{Path(command[0]).name} failed: {said[0] if said else 'no word'}")


def _tables(connection: Connection) -> list[str]:
    return [*connection.scalars(_TABLES)]


def _revision(connection: Connection) -> str:
    return str(connection.scalar(text(f"SELECT version_num FROM {_VERSIONS}")))  # noqa: S608


def _any(connection: Connection, table: str) -> bool:
    return bool(connection.scalar(text(f'SELECT EXISTS (SELECT FROM "{table}")')))  # noqa: S608


def _contents(connection: Connection, tables: list[str]) -> dict[str, Rows]:
    """The rows of each table, and the sum of their hashes, which no order changes."""
    found = {}
    for name in tables:
        row = connection.execute(
            text(
                "SELECT count(*), coalesce(sum(('x' || left(md5(one::text), 15))::bit(60)::bigint),"  # noqa: S608
                f' 0)::text FROM "{name}" AS one'
            )
        ).one()
        found[name] = Rows(*row)
    return found
