"""`make torture`: faults under load on both databases, and what they cost.

`python tests/trust/run_torture.py [sqlite|postgresql] [rounds]`; the short form is test_torture.py.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from postgresql_server import PostgresServer
from service.store.migrate import upgrade
from torture import OF_THE_SERVICE, Outcome, of_the_database, torture

ROUNDS = 9
"""Each fault this often: 54 faults on SQLite, 81 on PostgreSQL."""


def on_sqlite(folder: Path, rounds: int) -> Outcome:
    url = f"sqlite:///{folder / 'torture.sqlite3'}"
    upgrade(url)
    return torture(folder, url, OF_THE_SERVICE, rounds)


def on_postgresql(folder: Path, rounds: int) -> Outcome:
    server = PostgresServer(durable=True)
    try:
        server.initialise()
        server.start()
        url = server.url(server.create())
        upgrade(url)
        return torture(folder, url, OF_THE_SERVICE | of_the_database(server), rounds)
    finally:
        server.close()


def main(arguments: list[str]) -> int:
    """0 if nothing was lost, doubled or from nowhere, and no answer was unexpected."""
    wanted = [name for name in arguments if not name.isdigit()] or ["sqlite", "postgresql"]
    rounds = next((int(number) for number in arguments if number.isdigit()), ROUNDS)
    whole = True
    for name, run in (("sqlite", on_sqlite), ("postgresql", on_postgresql)):
        if name not in wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="convcards-torture-") as folder:
            outcome = run(Path(folder), rounds)
        print(outcome.report(name), flush=True)  # noqa: T201 - that is what it is for
        whole &= outcome.is_whole
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
