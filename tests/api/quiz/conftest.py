"""A service with the seed deck on either database, and somebody who learns with it."""

import random
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

import service.quiz
from contract_client import ContractClient
from quiz_service import Quiz
from service.api.context import EXTENSION
from service.app import create_app
from service.config import Settings
from service.quiz.deck_file import seed_deck
from service.store import Database, Timeouts, decks, keys, tenants

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
MakeQuiz = Callable[..., Quiz]
EVERYTHING = ("cards:read", "quiz:take", "act:users", "reports:read", "users:erase")


@contextmanager
def services_on(database_url: str) -> Iterator[MakeQuiz]:
    """Makes services on a database, with the seed deck in it.

    The database is patient: on a machine that is busy with other things nothing fails for it.
    """
    patience = Timeouts(connect=30, pool=30, statement=30, lock=30)
    database = Database(database_url, timeouts=patience)
    with database.write() as session:
        decks.load(session, seed_deck(), now=START)
    apps: dict[str, Flask] = {}
    ticks = count()

    def clock() -> datetime:
        return START + timedelta(milliseconds=next(ticks))

    def app_of(mode: str) -> Flask:
        if mode not in apps:
            settings = Settings(mode=mode, database_url=database_url)
            rng = random.Random(20261123)  # noqa: S311 - the same ids in every run
            app = create_app(settings, clock=clock, rng=rng)
            app.test_client_class = ContractClient
            app.extensions[EXTENSION]._database = database
            apps[mode] = app
        return apps[mode]

    def key(tenant: str, scopes: tuple[str, ...]) -> str:
        made_with = {"name": "test", "scopes": scopes, "now": START, "rng": random.SystemRandom()}
        with database.write() as session:
            tenants.ensure(session, tenant, name=tenant, now=START)
            return keys.create(session, tenant, **made_with)[1]

    def make(tenant: str | None = None, scopes: tuple[str, ...] = EVERYTHING) -> Quiz:
        if tenant is None:
            return Quiz(app_of("local"))
        return Quiz(app_of("secured"), key(tenant, scopes))

    yield make
    database.close()


@pytest.fixture
def make_quiz(database_url: str) -> Iterator[MakeQuiz]:
    """Makes services in local mode, or in secured mode with a tenant's key; on either database."""
    with services_on(database_url) as make:
        yield make


@pytest.fixture
def quiz(make_quiz: MakeQuiz) -> Quiz:
    """The service in local mode; the test runs on either database."""
    return make_quiz()


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Quiz]:
    """The service in local mode on SQLite, for what no database has a part in."""
    with services_on(sqlite_url) as make:
        yield make()


@pytest.fixture(scope="session")
def written() -> dict[str, Any]:
    """The seed deck as its file says, read by nothing of ours."""
    path = Path(service.quiz.__file__).parent / "decks" / "cnn.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def at_once() -> Callable[[int, Callable[[int], Any]], list[Any]]:
    """Calls a function with 0 … n − 1 from n threads that start together."""

    def run(number: int, call: Callable[[int], Any]) -> list[Any]:
        barrier = Barrier(number)

        def one(index: int) -> Any:
            barrier.wait(timeout=30)
            return call(index)

        with ThreadPoolExecutor(number) as pool:
            return list(pool.map(one, range(number)))

    return run
