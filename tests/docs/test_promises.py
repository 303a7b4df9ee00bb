"""The page of promises: all of them, each with a figure, and commands that exist."""

import re
from pathlib import Path

import pytest

from running import ROOT

PAGE = (ROOT / "docs" / "promises.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| P")
]


def test_every_promise_has_its_line() -> None:
    assert [row[0] for row in ROWS] == [f"P{number}" for number in range(1, 25)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_promise_has_a_figure_and_commands_that_exist(row: list[str]) -> None:
    _, promise, figure, commands = row
    assert promise.endswith(".")
    assert figure
    named = re.findall(r"`([^`]+)`", commands)
    assert any(path.startswith("tests/") for path in named), "nothing of it is in make test"
    for command in named:
        if command.startswith("make "):
            assert re.search(rf"^{command[5:]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
            continue
        (found,) = re.findall(r"(?:tests|bench)/[\w/]+\.py(?:::\w+)?", command)
        path, _, test = found.partition("::")
        assert Path(ROOT / path).is_file(), path
        assert f"def {test}(" in (ROOT / path).read_text() or not test, found
