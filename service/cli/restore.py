"""`convcards restore`: what `convcards backup` copied, put back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from service import startup
from service.cli.backup import refusals
from service.cli.options import Options
from service.store import backups, migrate

__all__ = ["run"]


def run(arguments: Sequence[str]) -> int:
    """Put a backup into the database of CONVCARDS_DATABASE_URL."""
    options = Options(
        "restore",
        "Put what `convcards backup` copied into the database of CONVCARDS_DATABASE_URL, which\n"
        "has to be empty and of the same kind. It is checked against SOURCE.json before and\n"
        "after. Stop the service first.",
        ["restore /backups/2026-11-27.convcards"],
    )
    options.add_argument("source", type=Path, help="the file that a backup made")
    options.add_argument(
        "--replace", action="store_true", help="give up what the database holds now"
    )
    given = options.read(arguments)
    settings = startup.read_settings(os.environ)
    with refusals("restore"):
        put = backups.restore(settings.database_url, given.source, replace=given.replace)
    print(f"{put.rows} rows in {len(put.tables)} tables of {put.made_at} are back, and checked")
    if put.revision != migrate.head():
        print("they are of an older release; next: convcards migrate")
    return 0
