"""PgBouncer in transaction mode: what a session is set to holds for each transaction."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

import pooler
from postgresql_server import OWNER, PostgresServer
from service.store import Database, StoreUnavailable, Timeouts, memories, migrate, tenants, users

pytestmark = pytest.mark.skipif(pooler.PROGRAM is None, reason="PgBouncer is not installed")

SETTINGS = ("statement_timeout", "lock_timeout", "synchronous_commit", "TimeZone")


@pytest.fixture(scope="module")
def pgbouncer(postgres: PostgresServer) -> Iterator[str]:
    """The folder of a PgBouncer's socket: two connections to PostgreSQL for whoever comes."""
    with tempfile.TemporaryDirectory(prefix="convcards-pgb-") as folder:
        started = pooler.Pooler(Path(folder), postgres.folder, size=2)
        started.start()
        yield folder
        started.stop()


@pytest.fixture
def pooled_url(pgbouncer: str, postgresql_url: str) -> str:
    name = postgresql_url.split("?")[0].rpartition("/")[2]
    return f"postgresql://{OWNER}@/{name}?host={pgbouncer}&port=6432"


def leave_traces(url: str) -> None:
    """Let others leave every session behind with settings of their own."""
    strangers = [psycopg.connect(url, autocommit=True, prepare_threshold=None) for _ in range(2)]
    for stranger in strangers:
        stranger.execute("BEGIN")  # each on a session of its own
    for stranger in strangers:
        stranger.execute("SET statement_timeout = 7; SET lock_timeout = 8")
        stranger.execute("SET synchronous_commit = off")
        stranger.execute("COMMIT")
        stranger.close()


def test_each_transaction_is_set(pooled_url: str) -> None:
    database = Database(pooled_url)
    database.ping()
    leave_traces(pooled_url)
    for how, read_only in ((database.read, "on"), (database.write, "off")):
        with how() as one, how() as other:  # both sessions
            for session in (one, other):
                found = [session.scalar(text(f"SHOW {name}")) for name in SETTINGS]
                assert found == ["2s", "1s", "on", "UTC"]
                assert session.scalar(text("SHOW transaction_read_only")) == read_only
    with psycopg.connect(pooled_url) as connection:  # and nothing is left for others
        (left,) = connection.execute("SHOW statement_timeout").fetchone() or ()
    assert left == "7ms"
    database.close()


@pytest.mark.parametrize("pooled", [False, True])
def test_statements_are_prepared_where_the_session_is_ours(
    pooled_url: str, postgresql_url: str, pooled: bool
) -> None:
    database = Database(pooled_url if pooled else postgresql_url)
    with database.read() as session:
        for number in range(10):
            session.execute(text("SELECT :n + 1"), {"n": number})
        held = session.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
    database.close()
    assert held == (0 if pooled else 1)


def test_a_connection_without_a_pooler_is_set_once(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.read() as session:
        session.connection().exec_driver_sql("COMMIT")
        assert session.scalar(text("SHOW statement_timeout")) == "2s"
    database.close()


def test_statements_end_in_time(pooled_url: str) -> None:
    database = Database(pooled_url, timeouts=Timeouts(statement=0.1))
    for _ in range(3):
        with pytest.raises(StoreUnavailable) as caught, database.write() as session:
            session.execute(text("SELECT pg_sleep(30)"))
        assert caught.value.driver_code == "57014"
    database.ping()
    database.close()


@pytest.mark.parametrize("statements", [0, 1])
def test_a_session_that_is_cut_can_be_tried_again(
    postgres: PostgresServer, pooled_url: str, statements: int
) -> None:
    database = Database(pooled_url)

    def write() -> None:
        with database.write() as session:
            process = session.scalar(text("SELECT pg_backend_pid()"))
            postgres.execute(f"SELECT pg_terminate_backend({process}, 10000)")
            for _ in range(statements):  # else the commit is the first to notice
                session.execute(text("SELECT 1"))

    with pytest.raises(StoreUnavailable):
        write()
    database.ping()
    database.close()


def test_reviews_of_many_at_once_are_counted_one_by_one(
    pooled_url: str, clock: Any, rng: Random, at_once: Callable[..., list[Any]]
) -> None:
    database = Database(pooled_url, timeouts=Timeouts(connect=30, pool=30, statement=30, lock=30))
    with database.write() as session:
        tenants.ensure(session, "local", name="This machine", now=clock())
        ann = users.get_or_create(session, "local", "ann", now=clock(), rng=rng).id

    def review(_: int) -> int:
        with database.write() as session:
            person = memories.lock(session, ann)
            subject = "template:conv-output-size"
            return memories.record(
                session, person, subject, "good", now=clock(), rng=SystemRandom()
            ).review.event

    assert sorted(at_once(12, review)) == list(range(1, 13))
    database.close()


def test_migrations_go_through(pgbouncer: str, postgres: PostgresServer) -> None:
    name = postgres.create()
    url = f"postgresql://{OWNER}@/{name}?host={pgbouncer}&port=6432"
    for _ in range(2):
        migrate.upgrade(url)
        assert migrate.current(url) == migrate.head()
        migrate.downgrade(url, "base")
    postgres.drop(name)
