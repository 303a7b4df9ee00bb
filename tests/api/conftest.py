"""Applications to talk to, and clients that hold every answer to the contract."""

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from contract_client import ContractClient
from service.api.context import EXTENSION
from service.app import create_app
from service.config import Settings
from service.quiz.deck_file import seed_deck
from service.store import Database, decks, keys, tenants

MakeApp = Callable[..., Flask]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def noon() -> datetime:
    """The moment that it is in the applications of these tests."""
    return NOON


@pytest.fixture(scope="session")
def _deck_template(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("deck") / "deck.db"
    shutil.copy(_sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.write() as session:
        decks.load(session, seed_deck(), now=NOON)
    database.close()
    return path


@pytest.fixture
def deck_url(_deck_template: Path, tmp_path: Path) -> str:
    """The address of a migrated SQLite database with the seed deck in it."""
    path = tmp_path / "deck.db"
    shutil.copy(_deck_template, path)
    return f"sqlite:///{path}"


@contextmanager
def applications() -> Iterator[MakeApp]:
    """Makes applications with the given settings; they are closed in the end."""
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        rng = random.Random(7)  # noqa: S311 - the same ids in every run
        app = create_app(Settings(**settings), clock=lambda: NOON, rng=rng)
        app.test_client_class = ContractClient
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions[EXTENSION].close()


@pytest.fixture
def make_app() -> Iterator[MakeApp]:
    """Makes applications with the given settings; they are closed after the test."""
    with applications() as make:
        yield make


@pytest.fixture
def app(make_app: MakeApp, deck_url: str) -> Flask:
    """The service in local mode, with the seed deck; one of its own for a test that changes it."""
    return make_app(mode="local", database_url=deck_url)


@pytest.fixture(scope="session")
def shared_app(_deck_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The same for all tests that only ask: it takes longer to make than to ask."""
    path = tmp_path_factory.mktemp("shared") / "deck.db"
    shutil.copy(_deck_template, path)
    with applications() as make:
        yield make(mode="local", database_url=f"sqlite:///{path}")


@pytest.fixture(scope="session")
def client(shared_app: Flask) -> ContractClient:
    """A client of ``shared_app``."""
    made = shared_app.test_client()
    assert isinstance(made, ContractClient)
    return made


@pytest.fixture
def secured(make_app: MakeApp, deck_url: str) -> Flask:
    """The service in secured mode, with the seed deck."""
    return make_app(mode="secured", database_url=deck_url)


@pytest.fixture
def make_key(deck_url: str) -> Iterator[Callable[..., str]]:
    """Makes API keys of the tenant ``school`` in the database of ``secured``."""
    database = Database(deck_url)

    def make(*scopes: str, expires_at: datetime | None = None, revoked: bool = False) -> str:
        with database.write() as session:
            tenants.ensure(session, "school", name="School", now=NOON)
            key, text = keys.create(
                session,
                "school",
                name="test",
                scopes=scopes,
                now=NOON,
                rng=random.SystemRandom(),
                expires_at=expires_at,
            )
            if revoked:
                keys.revoke(session, "school", key.id, now=NOON)
        return text

    yield make
    database.close()
