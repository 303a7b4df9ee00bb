"""The short form of `make torture`: each fault once, every acknowledged answer there once."""

from pathlib import Path

import pytest

from postgresql_server import PostgresServer
from service.store.migrate import upgrade
from torture import OF_THE_SERVICE, kill_tree, of_the_database, torture


@pytest.mark.slow
def test_sqlite_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'torture.sqlite3'}"
    upgrade(url)
    outcome = torture(tmp_path, url, OF_THE_SERVICE, rounds=1)
    assert outcome.acknowledged > 0
    assert outcome.is_whole, outcome.report("sqlite")


@pytest.mark.slow
def test_postgresql_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    server = PostgresServer(durable=True)
    try:
        server.initialise()
        server.start()
        url = server.url(server.create())
        upgrade(url)
        faults = of_the_database(server) | {"kill -9 of the tree": kill_tree}
        outcome = torture(tmp_path, url, faults, rounds=1)
    finally:
        server.close()
    assert outcome.acknowledged > 0
    assert outcome.is_whole, outcome.report("postgresql")
