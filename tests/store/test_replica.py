"""Reading from a replica that streams from PostgreSQL, and without it while it is away."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from postgresql_server import PostgresServer
from quiz_service import Quiz
from service import startup
from service.api.context import EXTENSION
from service.api.recent import Recent
from service.app import create_app
from service.config import Settings
from service.failure import Failure
from service.quiz.deck_file import seed_deck
from service.store import Database, decks, migrate, tenants


@pytest.fixture(scope="module")
def replicated() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A server with a database that is migrated, and one that follows it."""
    primary, standby = PostgresServer(), PostgresServer()
    try:
        primary.initialise()
        primary.start()
        migrate.upgrade(primary.url())
        standby.follow(primary)
        standby.start()
        yield primary, standby
    finally:
        standby.close()
        primary.close()


def is_replica(database: Database) -> bool:
    with database.read_replica() as session:
        return bool(session.scalar(text("SELECT pg_is_in_recovery()")))


def test_the_replica_is_read_while_it_is_there(
    replicated: tuple[PostgresServer, PostgresServer],
    clock: Any,
) -> None:
    primary, standby = replicated
    with closing(Database(primary.url(), replica=standby.url())) as database:
        with database.write() as session:
            tenants.ensure(session, "acme", name="Acme", now=clock())
        found = 0
        for _ in range(500):
            with database.read_replica() as session:
                found = session.scalar(text("SELECT count(*) FROM tenants WHERE id = 'acme'")) or 0
            if found:
                break
            time.sleep(0.02)
        assert found == 1
        assert is_replica(database)
        standby.stop("KILL")
        assert not is_replica(database)
        standby.start()
        assert not is_replica(database)  # it is left alone for a while
    with closing(Database(primary.url(), replica=standby.url())) as database:
        assert is_replica(database)


def test_without_a_replica_the_database_is_read(database: Database) -> None:
    with database.read_replica() as session:
        assert session.scalar(text("SELECT count(*) FROM tenants")) == 0


def test_reports_are_counted_from_it(postgres: PostgresServer, postgresql_url: str) -> None:
    """From a database of its own here, so that it shows which one was asked."""
    name = postgres.create(postgresql_url.split("?")[0].rpartition("/")[2])
    settings = Settings(
        mode="local", database_url=postgresql_url, reports_database_url=postgres.url(name)
    )
    app = create_app(settings)
    with closing(app.extensions[EXTENSION].database) as database:
        with database.write() as session:
            decks.load(session, seed_deck(), now=datetime.now(UTC))
        quiz = Quiz(app)
        quiz.answer(quiz.ask("ann", card="cnn-strides"), "good")
        assert quiz.get("/v1/decks/cnn/report").get_json()["answers"] == 0
        assert quiz.get("/v1/users/ann/progress").get_json()["answered"] == 1
        postgres.drop(name)
        app.extensions[EXTENSION].recent_reports = Recent()
        assert quiz.get("/v1/decks/cnn/report").get_json()["answers"] == 1


def test_it_has_to_be_postgresql(postgresql_url: str, sqlite_url: str) -> None:
    for url, replica in ((sqlite_url, postgresql_url), (postgresql_url, sqlite_url)):
        with pytest.raises(Failure, match="replica of PostgreSQL") as caught:
            startup.check(Settings(database_url=url, reports_database_url=replica))
        assert caught.value.status == 78
