"""Migrations up and down on both databases: nothing lost, nothing half done, nothing twice."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from answered import append
from service.resources import migrations_folder
from service.store import (
    BadDatabaseUrl,
    Conflict,
    Database,
    StoreError,
    StoreUnavailable,
    migrate,
    questions,
)
from service.store.tables import Base

HEAD = migrate.head()
SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "HEAD"


def upgrade():
    with op.batch_alter_table("users", recreate="auto") as batch:
        batch.alter_column("timezone", existing_type=sa.String(64), type_=sa.String(80))
        batch.add_column(sa.Column("locale", sa.String(35)))
        batch.create_check_constraint(op.f("ck_users_locale"), "locale <> ''")


def downgrade():
    with op.batch_alter_table("users") as batch:
        batch.drop_constraint(op.f("ck_users_locale"), type_="check")
        batch.drop_column("locale")
        batch.alter_column("timezone", existing_type=sa.String(80), type_=sa.String(64))
"""
SPOILT = """
from alembic import op

revision = "next"
down_revision = "HEAD"


def upgrade():
    op.execute("CREATE TABLE half_done (x INTEGER)")
    op.execute("DELETE FROM users")


def downgrade():
    pass
"""

OtherRelease = Callable[[str], None]


@pytest.fixture
def other_release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OtherRelease:
    """Makes this code one of a later release, with one more revision."""

    def release(revision: str) -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(migrations_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "next.py").write_text(revision.replace("HEAD", HEAD))
        monkeypatch.setattr(migrate, "migrations_folder", lambda: folder)

    return release


def contents(database: Database) -> dict[str, str]:
    """A checksum of the rows of each table, over the columns that this code knows."""
    sums = {}
    with database.read() as session:
        for name, table in Base.metadata.tables.items():
            rows = sorted(map(repr, session.execute(table.select())))
            sums[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return sums


@pytest.fixture
def filled(database: Database, ann: UUID, issue: Any, clock: Any, rng: Random) -> Database:
    """A database in which a person has answered."""
    for number in range(20):
        question = issue(ann, attempts_allowed=2)
        with database.write() as session:
            locked = questions.lock(session, question.id, tenant_id="local")
            append(session, locked, response=number, now=clock(), rng=rng)
    return database


def test_up_down_up_from_nothing(bare_url: str) -> None:
    database = Database(bare_url)
    assert migrate.current(bare_url) is None
    assert migrate.state(database.engine) == "missing"
    for _ in range(2):
        for _ in range(2):
            migrate.upgrade(bare_url)
            assert migrate.current(bare_url) == migrate.head()
            assert migrate.state(database.engine) == "current"
        with database.engine.connect() as connection:
            assert set(Base.metadata.tables) < set(inspect(connection).get_table_names())
        migrate.downgrade(bare_url, "base")
        assert migrate.state(database.engine) == "missing"
        with database.engine.connect() as connection:
            assert inspect(connection).get_table_names() == ["alembic_version"]
    database.close()


def test_the_tables_are_those_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        assert migrate.differences(connection) == []


def test_a_difference_would_be_seen(database: Database) -> None:
    with database.write() as session:
        session.execute(text("ALTER TABLE tenants ADD COLUMN extra INTEGER"))
        ((kind, _, table, column),) = migrate.differences(session.connection())
    assert (kind, table, column.name) == ("remove_column", "tenants", "extra")


def test_constraints_are_those_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        inspector = inspect(connection)
        found = {
            str(check["name"])
            for table in Base.metadata.tables
            for check in inspector.get_check_constraints(table)
        }
    declared = {
        str(constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if constraint.__visit_name__ == "table_or_column_check_constraint"
        or constraint.__visit_name__ == "check_constraint"
    }
    assert len(declared) == 26
    assert found == declared


def test_head_is_what_alembic_takes_for_it() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    scripts = ScriptDirectory.from_config(config)
    assert [migrate.head()] == scripts.get_heads()
    assert migrate.known() == {script.revision for script in scripts.walk_revisions()}


def test_later_revisions_keep_every_row(
    filled: Database, database_url: str, other_release: OtherRelease
) -> None:
    before = contents(filled)
    other_release(SECOND)
    assert (migrate.head(), migrate.state(filled.engine)) == ("next", "behind")
    for _ in range(2):
        migrate.upgrade(database_url)
        assert migrate.state(filled.engine) == "current"
        assert contents(filled) == before
        with pytest.raises(Conflict), filled.write() as session:
            session.execute(text("UPDATE users SET locale = ''"))
        migrate.downgrade(database_url, HEAD)
        assert migrate.state(filled.engine) == "behind"
        assert contents(filled) == before
    with filled.engine.connect() as connection:
        assert migrate.differences(connection) == []
    with pytest.raises(Conflict), filled.write() as session:
        session.execute(text("DELETE FROM answers"))
    with pytest.raises(Conflict), filled.write() as session:
        session.execute(text("DELETE FROM users"))


def test_a_revision_that_fails_leaves_nothing(
    filled: Database, database_url: str, other_release: OtherRelease
) -> None:
    before = contents(filled)
    other_release(SPOILT)
    with pytest.raises(StoreError):
        migrate.upgrade(database_url)
    assert contents(filled) == before
    assert migrate.current(database_url) == HEAD
    with filled.engine.connect() as connection:
        assert not inspect(connection).has_table("half_done")


def test_a_database_newer_than_the_code(database: Database, database_url: str) -> None:
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'beyond'"))
    assert migrate.state(database.engine) == "ahead"
    with pytest.raises(StoreError, match="can't run"):
        migrate.upgrade(database_url)
    assert migrate.current(database_url) == "beyond"


def test_processes_that_upgrade_at_once(bare_url: str) -> None:
    program = "import sys; from service.store.migrate import upgrade; upgrade(sys.argv[1])"
    command = [sys.executable, "-W", "error", "-c", program, bare_url]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    assert [(one.communicate()[1], one.returncode) for one in started] == [(b"", 0)] * 2
    assert migrate.current(bare_url) == migrate.head()


def test_a_table_in_use_is_not_waited_for_long(
    postgresql_url: str, other_release: OtherRelease
) -> None:
    database = Database(postgresql_url)
    other_release(SECOND)
    with database.read() as session:
        session.execute(text("SELECT * FROM users"))
        with pytest.raises(StoreUnavailable, match="55P03"):
            migrate.upgrade(postgresql_url)
    migrate.upgrade(postgresql_url)
    database.close()


def test_what_cannot_be_migrated(tmp_path: Path) -> None:
    with pytest.raises(BadDatabaseUrl):
        migrate.upgrade("mysql://db/cards")
    with pytest.raises(StoreUnavailable):
        migrate.upgrade(f"postgresql:///cards?host={tmp_path}")
    with pytest.raises(StoreError, match="can't run"):
        migrate.upgrade(f"sqlite:///{tmp_path}/cards.db", "0815")
    (tmp_path / "text.db").write_text("This is no database, however long one looks at it." * 99)
    with pytest.raises(StoreError):
        migrate.upgrade(f"sqlite:///{tmp_path}/text.db")


def test_alembics_own_command_works(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cards.db"
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = {migrations_folder()}\n")
    program = "from alembic.config import main; main(['upgrade', 'head']); main(['check'])"
    subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        cwd=tmp_path,
        env=os.environ | {"CONVCARDS_DATABASE_URL": url},
        capture_output=True,
    )
    assert migrate.current(url) == migrate.head()


def test_alembic_writes_a_new_revision(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrations_folder(), folder)
    database = Database(sqlite_url)
    with database.write() as session:
        session.execute(text("ALTER TABLE users DROP COLUMN timezone"))
        session.execute(text("ALTER TABLE users DROP COLUMN created_at"))
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = {folder}\n")
    subprocess.run(
        [sys.executable, "-m", "alembic", "revision", "--autogenerate", "-m", "what is missing"],
        check=True,
        cwd=tmp_path,
        env=os.environ | {"CONVCARDS_DATABASE_URL": sqlite_url},
        capture_output=True,
    )
    (written,) = folder.glob("versions/*_what_is_missing.py")
    assert "service" not in written.read_text()
    monkeypatch.setattr(migrate, "migrations_folder", lambda: folder)
    migrate.upgrade(sqlite_url)
    with database.engine.connect() as connection:
        assert migrate.differences(connection) == []
    database.close()
