"""What all tests share: empty databases of both kinds, built by the project's own migrations.

`database_url` and `database` run a test twice, on SQLite and on PostgreSQL; `sqlite_url` and
`postgresql_url` are for tests of one kind, `bare_url` is a database that was never migrated.
"""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from postgresql_server import PostgresServer
from service.store import Database, Timeouts
from service.store.migrate import upgrade

BOTH = ("sqlite", "postgresql")

# A shell lets its background jobs ignore Ctrl-C, and every process that they start: the ones that
# these tests stop with it must not inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Files that start servers and commands wait more than they compute: they come first, each with
# others beside it, so that no file is left to wait alone in the end.
WAITING = ("trust", "cli", "docs", "containers")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what waits before what computes, in the order of files otherwise."""
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(here).parts[0] not in WAITING)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The PostgreSQL server of this test process."""
    server = PostgresServer()
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def _postgresql_template(postgres: PostgresServer) -> str:
    name = postgres.create()
    upgrade(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, _sqlite_template: Path) -> str:
    """The address of an empty, migrated SQLite database."""
    path = tmp_path / "convcards.db"
    shutil.copy(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgres: PostgresServer, _postgresql_template: str) -> Iterator[str]:
    """The address of an empty, migrated PostgreSQL database."""
    name = postgres.create(_postgresql_template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty, migrated database; the test runs once for each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database; the test runs once for each kind.

    It is patient: on a machine that is busy with other things nothing fails for being slow.
    """
    opened = Database(database_url, timeouts=Timeouts(connect=30, pool=30, statement=30, lock=30))
    yield opened
    opened.close()


@pytest.fixture(params=BOTH)
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table; the test runs once for each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)
