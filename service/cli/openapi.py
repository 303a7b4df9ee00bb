"""`convcards openapi`: the contract written from the code, or compared with it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from service.api.openapi import as_yaml
from service.cli.options import Options
from service.failure import BAD_USAGE, NO, Failure
from service.resources import openapi_file

__all__ = ["run"]

SHOWN: Final = 40
"""Lines of a difference that are printed; the rest is seen after writing the file."""


def run(arguments: Sequence[str]) -> int:
    """Write the contract, or fail where the file says something else."""
    options = Options(
        "openapi",
        "Write the contract (OpenAPI 3.1) from the code's own declarations, or check that the\n"
        "file says the same.",
        ["openapi", "openapi --check", "openapi -"],
    )
    options.add_argument("--check", action="store_true", help="compare, write nothing")
    options.add_argument(
        "file", nargs="?", help="where (default: the project's openapi.yaml; - is stdout)"
    )
    given = options.read(arguments)
    contract = as_yaml()
    if given.file == "-":
        print(contract, end="")
        return 0
    file = openapi_file() if given.file is None else Path(given.file)
    try:
        if given.check:
            _compare(file, contract)
        else:
            file.write_text(contract, encoding="utf-8")
    except OSError as error:
        raise Failure(f"openapi: {file}: {error.strerror}", BAD_USAGE) from None
    print(f"{file} {'is up to date' if given.check else 'is written'}")
    return 0


def _compare(file: Path, contract: str) -> None:
    written = file.read_text(encoding="utf-8")
    if written == contract:
        return
    lines = difflib.unified_diff(
        written.splitlines(), contract.splitlines(), str(file), "the code", n=1, lineterm=""
    )
    shown = "\n".join(islice(lines, SHOWN))
    raise Failure(f"{file} is not what the code says; run: convcards openapi\n{shown}", NO)
