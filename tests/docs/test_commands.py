"""Every command that a page shows is run, page by page, and prints what the page shows."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from running import ROOT, Running, environment, serving, sqlite
from shell import Shell
from transcript import Command, Comparison, OutputError, read_blocks

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
WRITTEN = re.compile(r"\b(localhost|127\.0\.0\.1):8000\b")

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "curl"))), reason="the pages use bash and curl"
)


def commands(page: Path) -> list[Command]:
    blocks = [block for block in read_blocks(page.read_text()) if block.reason is None]
    return [command for block in blocks for command in block.commands]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder to run a page's commands in: what a checkout holds, to be read but not changed."""
    made = tmp_path / "convcards"
    made.mkdir()
    for name in os.listdir(ROOT):
        if name not in (".venv", ".git", "data"):
            (made / name).symlink_to(ROOT / name)
    (made / ".venv").symlink_to(sys.prefix)
    return made


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with serving(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands(page)], ids=lambda page: page.name
)
def test_the_commands_of_a_page_print_what_it_shows(
    page: Path, desk: Path, server: Running, tmp_path: Path
) -> None:
    comparison = Comparison()
    settings = environment(CONVCARDS_DATABASE_URL=sqlite(tmp_path), HOME=str(tmp_path))
    with Shell(desk, settings) as shell:
        for command in commands(page):
            where = f"{page.name}:{command.line}: $ {command.text}"
            typed = comparison.fill(WRITTEN.sub(rf"\1:{server.port}", command.text))
            status, printed = shell.run(typed)
            printed = re.sub(rf"\b(localhost|127\.0\.0\.1):{server.port}\b", r"\1:8000", printed)
            assert status == 0, f"{where}\nended with {status}:\n{printed}"
            try:
                comparison.check(command.expected, printed)
            except (OutputError, ValueError) as error:
                pytest.fail(f"{where}\n{error}")
