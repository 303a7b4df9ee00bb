"""`convcards backup`: a copy of the database, taken while the service goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from service import startup
from service.cli.administering import present
from service.cli.options import Options
from service.failure import NO, UNAVAILABLE, UNCONFIGURED, Failure
from service.store import backups
from service.store.errors import BadDatabaseUrl, StoreError, StoreUnavailable

__all__ = ["refusals", "run"]


def run(arguments: Sequence[str]) -> int:
    """Copy the database of CONVCARDS_DATABASE_URL into a new file."""
    options = Options(
        "backup",
        "Copy the database of CONVCARDS_DATABASE_URL into a new file, while the service goes on.\n"
        "What was acknowledged before is in it. TARGET is a SQLite file, or on PostgreSQL an\n"
        "archive of pg_dump; beside it stands TARGET.json: what is in it, for restore to check.\n"
        "Nothing is overwritten, and a TARGET that is there is whole and checked.",
        ["backup /backups/$(date +%F).convcards"],
    )
    options.add_argument("target", type=Path, help="the file to make")
    target: Path = options.read(arguments).target
    settings = startup.read_settings(os.environ)
    with refusals("backup"):
        made = backups.make(settings.database_url, target, now=present())
    print(
        f"{target}: {made.rows} rows in {len(made.tables)} tables at revision {made.revision}, "
        f"{made.size} bytes"
    )
    return 0


@contextmanager
def refusals(command: str) -> Iterator[None]:
    """Let what the store raises inside end the command with one line."""
    try:
        yield
    except BadDatabaseUrl as error:
        raise Failure(f"CONVCARDS_DATABASE_URL: {error}", UNCONFIGURED) from None
    except StoreUnavailable as error:
        raise Failure(f"{command}: {error}", UNAVAILABLE) from None
    except StoreError as error:
        raise Failure(f"{command}: {error}", NO) from None
