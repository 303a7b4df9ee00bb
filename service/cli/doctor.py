"""`convcards doctor`: is everything as it should be, and if not, what to do."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict

from service.cli.checkup import Finding, check_up
from service.cli.options import Options
from service.failure import NO

__all__ = ["run"]


def run(arguments: Sequence[str]) -> int:
    """Look at settings, database, keys and what else the service needs; 1 if it can't go on."""
    options = Options(
        "doctor",
        "Look at everything that the service needs: settings, database, decks, clock, keys.\n"
        "Nothing is changed. Exit status: 1 if something is wrong, 0 if all is well or could be\n"
        "better.",
        ["doctor", "doctor --json"],
    )
    options.add_argument("--json", action="store_true", help="print JSON, for programs")
    as_json: bool = options.read(arguments).json
    findings = list(check_up(os.environ))
    worst = max(findings, key=lambda one: ("ok", "warn", "fail").index(one.status)).status
    if as_json:
        print(json.dumps({"status": worst, "checks": [asdict(one) for one in findings]}, indent=1))
    else:
        for one in findings:
            print(_line(one))
    return NO if worst == "fail" else 0


def _line(one: Finding) -> str:
    line = f"{one.status:4}  {one.check:10}  {one.found}"
    return f"{line}\n{'':18}-> {one.advice}" if one.advice else line
