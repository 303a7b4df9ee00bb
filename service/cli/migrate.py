"""`convcards migrate`: the database brought to the revision that this release needs."""

from __future__ import annotations

import os
from collections.abc import Sequence

from service import startup
from service.cli.options import Options

__all__ = ["run"]


def run(arguments: Sequence[str]) -> int:
    """Migrate the database of CONVCARDS_DATABASE_URL."""
    Options(
        "migrate",
        "Bring the database of CONVCARDS_DATABASE_URL to the revision that this release needs.\n"
        "A SQLite file is made if there is none. Running it again changes nothing.",
        ["migrate"],
    ).read(arguments)
    print(startup.prepare(startup.read_settings(os.environ)))
    return 0
