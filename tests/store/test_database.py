"""Transactions, what leaves them as errors, and what a fork does to them."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from postgresql_server import PostgresServer
from service.store import (
    Conflict,
    Database,
    StoreError,
    StoreUnavailable,
    Tenant,
    Timeouts,
    Unstorable,
    migrate,
    tenants,
)
from service.store.tables import Question


class OopsError(Exception):
    """Not an error of the store."""


def count(database: Database) -> int:
    with database.read() as session:
        return session.scalars(select(func.count()).select_from(Tenant)).one()


def test_a_block_is_committed_at_its_end(database: Database, clock: Any) -> None:
    with database.write() as session:
        tenant = tenants.ensure(session, "acme", name="Acme", now=clock())
    assert count(database) == 1
    assert (tenant.id, tenant.created_at) == ("acme", clock())


def test_a_block_that_raises_leaves_nothing(database: Database, clock: Any) -> None:
    def fail() -> None:
        with database.write() as session:
            tenants.ensure(session, "acme", name="Acme", now=clock())
            raise OopsError

    with pytest.raises(OopsError):
        fail()
    assert count(database) == 0


def test_a_reading_block_cannot_write(database: Database, clock: Any) -> None:
    with pytest.raises(StoreUnavailable), database.read() as session:
        tenants.ensure(session, "acme", name="Acme", now=clock())
    assert count(database) == 0


def test_ping_and_address(database: Database) -> None:
    database.ping()
    assert database.address.startswith(database.dialect)


def test_the_address_hides_the_password() -> None:
    database = Database("postgresql://u:secret@db/cards")
    assert database.address == "postgresql+psycopg://u:***@db/cards"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("x" * 201, Unstorable),
        ("nul \x00", Unstorable),
        ("half \ud800", Unstorable),
        (None, Conflict),
    ],
)
def test_values_that_fit_nowhere(
    database: Database, clock: Any, name: Any, error: type[StoreError]
) -> None:
    with pytest.raises(error) as caught, database.write() as session:
        tenants.ensure(session, "acme", name=name, now=clock())
    assert "Acme" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("seed", [-1, 2**63, 10**400, 1.0, True, "7"])
def test_numbers_that_fit_nowhere(issue: Any, ann: UUID, seed: Any) -> None:
    with pytest.raises(Unstorable, match="whole numbers from 0 to 9223372036854775807"):
        issue(ann, seed=seed)


def test_the_largest_number_fits(database: Database, issue: Any, ann: UUID) -> None:
    question_id = issue(ann, seed=2**63 - 1).id
    with database.read() as session:
        question = session.get(Question, question_id)
        assert question is not None
        assert question.seed == 2**63 - 1


def test_a_naive_time_is_a_bug_and_not_an_input(database: Database, clock: Any) -> None:
    naive = clock().replace(tzinfo=None)
    with pytest.raises(StoreError) as caught, database.write() as session:
        tenants.ensure(session, "acme", name="Acme", now=naive)
    assert type(caught.value) is StoreError


def test_a_mistake_in_sql_is_told_without_its_text(database: Database) -> None:
    with pytest.raises(StoreError) as caught, database.read() as session:
        session.execute(text("SELECT secret FROM"))
    assert "secret" not in str(caught.value)


def test_values_that_only_the_server_refuses(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with pytest.raises(Unstorable, match="22012"), database.read() as session:
        session.execute(text("SELECT 1 / 0"))
    database.close()


def test_a_database_without_tables_is_unavailable(bare_url: str) -> None:
    database = Database(bare_url)
    with pytest.raises(StoreUnavailable):
        count(database)
    database.close()


def test_writers_wait_for_one_another_and_not_for_ever(sqlite_url: str, clock: Any) -> None:
    database = Database(sqlite_url, timeouts=Timeouts(pool=0.1))
    with database.write() as session:
        tenants.ensure(session, "acme", name="Acme", now=clock())
        with pytest.raises(StoreUnavailable, match="are busy"), database.write() as other:
            other.execute(text("SELECT 1"))
        assert count(database) == 0  # readers see the state before, without waiting
    assert count(database) == 1
    database.close()


def test_another_process_that_writes_is_waited_for_and_not_for_ever(
    sqlite_url: str, clock: Any
) -> None:
    first, second = (Database(sqlite_url, timeouts=Timeouts(lock=0.1)) for _ in range(2))
    with first.write() as session:
        tenants.ensure(session, "acme", name="Acme", now=clock())
        with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"), second.write() as other:
            other.execute(text("SELECT 1"))
    first.close()
    second.close()


def test_more_readers_than_connections(database_url: str) -> None:
    database = Database(database_url, timeouts=Timeouts(pool=0.1), pool_size=1)
    with database.read() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(StoreUnavailable), database.read() as other:
            other.execute(text("SELECT 1"))
    database.ping()
    database.close()


def test_a_server_that_is_not_there(tmp_path: Any) -> None:
    database = Database(f"postgresql:///cards?host={tmp_path}")
    with pytest.raises(StoreUnavailable, match="can't be reached"):
        database.ping()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.close()


@pytest.mark.parametrize("signal", ["INT", "KILL"])
def test_a_server_that_went_and_came_back(
    own_server: PostgresServer, clock: Any, signal: str
) -> None:
    url = own_server.url(own_server.create())
    migrate.upgrade(url)
    database = Database(url)
    with database.write() as session:
        tenants.ensure(session, "acme", name="Acme", now=clock())

    def write() -> None:
        with database.write() as session:
            tenants.ensure(session, "lost", name="Lost", now=clock())
            own_server.stop(signal)

    with pytest.raises(StoreUnavailable):
        write()
    with pytest.raises(StoreUnavailable):
        database.ping()
    own_server.start()
    assert count(database) == 1
    database.close()


def test_idle_connections_cut_by_the_server_are_replaced_unseen(
    postgres: PostgresServer, postgresql_url: str
) -> None:
    database = Database(postgresql_url, pool_size=4)
    barrier = threading.Barrier(4)

    def use() -> None:
        with database.read() as session:
            session.execute(text("SELECT 1"))
            barrier.wait()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    postgres.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE application_name = 'convcards'"
    )
    for _ in range(8):
        database.ping()
    database.close()


def test_forgotten_connections_are_not_closed(database: Database) -> None:
    with database.write() as session:
        session.execute(text("SELECT 1"))
        connection = session.connection().connection.driver_connection
    database.forget_connections()
    database.ping()
    assert connection is not None
    connection.execute("SELECT 1")
    connection.close()


FORKS = """
import os, sys
from datetime import datetime, UTC
from service.store import Database, tenants

database = Database(sys.argv[1])
now = datetime.now(UTC)

def write(name):
    for number in range(10):
        with database.write() as session:
            tenants.ensure(session, f"{name}-{number}", name=name, now=now)

write("before")
reading = database.read()
reading.__enter__().connection()  # in use while the process forks
children = []
for child in range(3):
    pid = os.fork()
    if pid == 0:
        write(f"child-{child}")
        sys.exit()
    children.append(pid)
write("parent")
assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
reading.__exit__(None, None, None)
write("after")
database.close()
"""


def test_connections_are_not_shared_over_a_fork(database: Database, database_url: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", FORKS, database_url], check=True)
    assert count(database) == 60
    if database.dialect == "sqlite":
        with database.read() as session:
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
