"""`make torture`: faults and reloads under load on both databases, and what they cost.

`python tests/trust/run_torture.py [sqlite|postgresql] [rounds]`; the short form is test_torture.py.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from faults import OF_THE_SERVICE, RELOAD, Fault, of_the_database, reload
from postgresql_server import PostgresServer
from running import GUNICORN, SERVE
from service.store.migrate import upgrade
from torture import torture

ROUNDS = 9
"""Each fault this often: 54 faults on SQLite, 81 on PostgreSQL."""
RELOADS = 20
COMMANDS = {"gunicorn": GUNICORN, "convcards serve": SERVE}

Databases = Callable[[], str]
"""Makes another migrated database, and gives its address."""


@contextmanager
def sqlite(folder: Path) -> Iterator[tuple[Databases, dict[str, Fault]]]:
    """SQLite files in the folder; the service alone can fall."""

    def make() -> str:
        made = tempfile.mkdtemp(dir=folder)
        url = f"sqlite:///{made}/torture.sqlite3"
        upgrade(url)
        return url

    yield make, OF_THE_SERVICE


@contextmanager
def postgresql(_folder: Path) -> Iterator[tuple[Databases, dict[str, Fault]]]:
    """A PostgreSQL server on a disk, which can fall too."""
    server = PostgresServer(durable=True)

    def make() -> str:
        url = server.url(server.create())
        upgrade(url)
        return url

    try:
        server.initialise()
        server.start()
        yield make, OF_THE_SERVICE | of_the_database(server)
    finally:
        server.close()


def on(name: str, make: Databases, faults: dict[str, Fault], rounds: int, folder: Path) -> bool:
    """Every fault, then reloads alone, which may not cost a single request."""
    outcome = torture(folder, make(), faults, rounds)
    say(outcome.report(name))
    whole = outcome.is_whole
    for title, command in COMMANDS.items():
        outcome = torture(folder, make(), {RELOAD: reload}, RELOADS, command)
        say(outcome.report(f"{name}, {title}"))
        whole &= outcome.is_whole and not outcome.resent(RELOAD)
    return whole


def say(text: str) -> None:
    """Print it, with how busy the machine is, on which all times depend."""
    print(text, f"  load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", sep="\n", flush=True)  # noqa: T201 - that is what it is for


def main(arguments: list[str]) -> int:
    """0 if nothing was lost, doubled or from nowhere, and no reload was noticed."""
    wanted = [name for name in arguments if not name.isdigit()] or ["sqlite", "postgresql"]
    rounds = next((int(number) for number in arguments if number.isdigit()), ROUNDS)
    whole = True
    for name, opened in (("sqlite", sqlite), ("postgresql", postgresql)):
        if name in wanted:
            with tempfile.TemporaryDirectory(prefix="convcards-torture-") as folder:
                place = Path(folder)
                with opened(place) as (make, faults):
                    whole &= on(name, make, faults, rounds, place)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
