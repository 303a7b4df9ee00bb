"""`convcards prune`: what need not be kept any longer is given up."""

from __future__ import annotations

import os
from collections.abc import Sequence

from service import startup, upkeep
from service.cli.administering import present
from service.cli.options import Options
from service.store import retention

__all__ = ["run"]


def run(arguments: Sequence[str]) -> int:
    """Give up what is older than the CONVCARDS_KEEP_* settings say."""
    options = Options(
        "prune",
        "Give up what need not be kept any longer: answers to requests that could be repeated,\n"
        "keys that ended, old entries of the audit log, as the CONVCARDS_KEEP_* settings say. The\n"
        "service does it by itself every CONVCARDS_PRUNE_MINUTES. It may go on meanwhile: rows go\n"
        "in small portions.",
        ["prune", "prune --dry-run"],
    )
    options.add_argument("--dry-run", action="store_true", help="only say how many there are")
    dry_run: bool = options.read(arguments).dry_run
    settings = startup.read_settings(os.environ)
    rules = upkeep.retention(settings)
    with startup.connected(settings) as database:
        count = retention.due if dry_run else retention.prune
        rows = count(database, rules, now=present())
    for table, number in rows.items():
        print(f"{table:18}{number:8} {'would go' if dry_run else 'given up'}")
    return 0
