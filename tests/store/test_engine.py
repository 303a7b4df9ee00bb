"""Addresses, files and the settings of every connection."""

import sqlite3
import stat
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from postgresql_server import PostgresServer
from service.store import BadDatabaseUrl, Database, StoreUnavailable, Timeouts, UnsafeDatabase
from service.store.engine import database_url as checked
from service.store.engine import make_engine, make_engines


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("postgres://u:p@db:5432/cards", "postgresql+psycopg"),
        ("postgresql://u:p@db/cards?sslmode=require", "postgresql+psycopg"),
        ("postgresql+psycopg:///cards", "postgresql+psycopg"),
        ("sqlite:////var/lib/cards.db", "sqlite"),
    ],
)
def test_addresses_are_completed(text: str, driver: str) -> None:
    assert checked(text).drivername == driver


def test_a_relative_file_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert checked("sqlite:///data/cards.db").database == str(tmp_path / "data" / "cards.db")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cards.db",
        "mysql://u:secret@db/cards",
        "postgresql+psycopg2://u:secret@db/cards",
        "postgresql://u:secret@db:port/cards",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///cards.db?mode=memory",
        "sqlite://host/cards.db",
    ],
)
def test_other_addresses_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(BadDatabaseUrl) as caught:
        checked(text)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_psycopg_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadDatabaseUrl, match=r"convcards\[postgres\]"):
        make_engines("postgresql:///cards")


def test_folder_is_made_and_files_are_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "cards.db"
    engine = make_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    engine.dispose()
    assert modes == dict.fromkeys(("cards.db", "cards.db-wal", "cards.db-shm"), 0o600)


def test_an_existing_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "cards.db"
    path.touch(0o640)
    path.chmod(0o640)
    make_engine(f"sqlite:///{path}").dispose()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=r"file/cards\.db can't be opened: Not a directory"):
        make_engine(f"sqlite:///{tmp_path}/file/cards.db")


def pragma(engine: Engine, name: str) -> object:
    with engine.connect() as connection:
        return connection.execute(text(f"PRAGMA {name}")).scalar()


def test_sqlite_pragmas_are_really_set(sqlite_url: str) -> None:
    engines = make_engines(sqlite_url, timeouts=Timeouts(lock=1.25))
    for engine, read_only in ((engines.read, 1), (engines.write, 0)):
        assert pragma(engine, "journal_mode") == "wal"
        assert pragma(engine, "synchronous") == 2
        assert pragma(engine, "foreign_keys") == 1
        assert pragma(engine, "busy_timeout") == 1250
        assert pragma(engine, "recursive_triggers") == 1
        assert pragma(engine, "secure_delete") == 1
        assert pragma(engine, "query_only") == read_only
        engine.dispose()


def test_sqlite_writers_begin_immediate_and_readers_do_not(sqlite_url: str) -> None:
    engines = make_engines(sqlite_url)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), timeout=0)
    with engines.read.connect() as connection:
        connection.execute(text("SELECT 1"))
        other.execute("BEGIN IMMEDIATE")
        other.rollback()
    with engines.write.connect() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.close()
    engines.read.dispose()
    engines.write.dispose()


def settings(engine: Engine, *names: str) -> list[object]:
    with engine.connect() as connection:
        return [connection.execute(text(f"SHOW {name}")).scalar() for name in names]


def test_postgresql_settings_are_really_set(postgresql_url: str) -> None:
    engines = make_engines(postgresql_url)
    names = ("statement_timeout", "lock_timeout", "synchronous_commit", "TimeZone")
    assert settings(engines.write, *names) == ["2s", "1s", "on", "UTC"]
    assert settings(engines.read, "transaction_read_only") == ["on"]
    assert settings(engines.write, "transaction_read_only") == ["off"]
    engines.write.dispose()


def test_postgresql_must_write_before_it_acknowledges(
    postgres: PostgresServer, postgresql_url: str
) -> None:
    name = postgresql_url.split("?")[0].rpartition("/")[2]
    postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    database = Database(postgresql_url)
    with pytest.raises(UnsafeDatabase, match="synchronous_commit is off"):
        database.ping()
    postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = remote_apply")
    database.ping()
    database.close()


def test_postgresql_statements_end_in_time(postgresql_url: str) -> None:
    database = Database(postgresql_url, timeouts=Timeouts(statement=0.1))
    with pytest.raises(StoreUnavailable) as caught, database.read() as session:
        session.execute(text("SELECT pg_sleep(30)"))
    assert caught.value.driver_code == "57014"
    database.ping()
    database.close()
