"""Migrations up, down and up on 10,000 people and a million answers, while others write.

`python tests/trust/run_migrations.py [sqlite|postgresql] [answers]`; test_migrated.py is short.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from migrated import Migrated, up_down_up
from postgresql_server import PostgresServer

ANSWERS = 1_000_000
ANSWERS_EACH = 100
LONGEST_LOCK = 2.0


def on_sqlite(folder: Path, answers: int) -> Migrated:
    return up_down_up(f"sqlite:///{folder / 'many.sqlite3'}", answers // ANSWERS_EACH, answers)


def on_postgresql(_folder: Path, answers: int) -> Migrated:
    server = PostgresServer(durable=True)
    try:
        server.initialise()
        server.start()
        return up_down_up(server.url(server.create()), answers // ANSWERS_EACH, answers)
    finally:
        server.close()


def main(arguments: list[str]) -> int:
    """0 if every row is as it was, the tables are the code's, and no lock was held for long."""
    wanted = [name for name in arguments if not name.isdigit()] or ["sqlite", "postgresql"]
    answers = next((int(number) for number in arguments if number.isdigit()), ANSWERS)
    good = True
    for name, run in (("sqlite", on_sqlite), ("postgresql", on_postgresql)):
        if name not in wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="convcards-migrations-") as folder:
            outcome = run(Path(folder), answers)
        print(outcome.report(name), flush=True)  # noqa: T201 - that is what it is for
        good &= outcome.is_whole and outcome.waited.longest_lock <= LONGEST_LOCK
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
