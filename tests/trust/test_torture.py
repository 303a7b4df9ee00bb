"""P1, P3, P17: the short form of `make torture`: each way to fall once, and nothing is lost."""

from pathlib import Path

import pytest

from faults import OF_THE_SERVICE, RELOAD, of_the_database
from postgresql_server import PostgresServer
from service.store.migrate import upgrade
from torture import Outcome, torture

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="finds workers as Linux shows them"
)


def whole(outcome: Outcome) -> None:
    assert outcome.is_whole, outcome.report("faults")
    assert outcome.acknowledged > 20
    assert outcome.resent(RELOAD) == 0, outcome.report("nobody may notice a reload")


@pytest.mark.slow
def test_nothing_is_lost_on_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    whole(torture(tmp_path, sqlite_url, OF_THE_SERVICE, rounds=1))


@pytest.mark.slow
def test_nothing_is_lost_when_postgresql_falls(tmp_path: Path) -> None:
    server = PostgresServer(durable=True)
    try:
        server.initialise()
        server.start()
        url = server.url(server.create())
        upgrade(url)
        faults = {RELOAD: OF_THE_SERVICE[RELOAD]} | of_the_database(server)
        faults["kill -9 of a worker"] = OF_THE_SERVICE["kill -9 of a worker"]
        whole(torture(tmp_path, url, faults, rounds=1))
    finally:
        server.close()
