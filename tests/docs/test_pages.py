"""What the pages name exists, and what exists is on its page."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from running import ROOT
from service.config import FROM_FILE, PREFIX, Settings

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[\w-]*)?\)")
VARIABLE = re.compile(rf"\b{PREFIX}[A-Z_]+\b")
TARGET = re.compile(r"`make ([a-z]+)|^\$ make ([a-z]+)", re.MULTILINE)
SETTINGS = {PREFIX + setting.name.upper() for setting in fields(Settings)}

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        assert (page.parent / link).exists(), link


@every_page
def test_variables_are_settings(page: Path) -> None:
    named = {name.removesuffix(FROM_FILE) for name in VARIABLE.findall(page.read_text())}
    assert named - SETTINGS - {PREFIX} == set()


@every_page
def test_make_targets_exist(page: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = {target for pair in TARGET.findall(page.read_text()) for target in pair if target}
    assert named <= set(targets)


def test_every_dependency_says_why_it_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    declared = {
        re.match(r"[\w-]+", line)[0].lower()
        for group in groups
        for line in group
        if isinstance(line, str)
    }
    page = (ROOT / "docs" / "dependencies.md").read_text()
    explained = re.findall(r"^\| ([\w-]+) \| \S.{20,} \|$", page, re.MULTILINE)
    assert sorted(set(explained) - {"package"}) == sorted(declared)


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "requirements-build.txt",
        "requirements-dev.txt",
        "requirements-audit.txt",
    ],
)
def test_pins_have_hashes_and_name_no_index(name: str) -> None:
    text = (ROOT / name).read_text()
    pins = re.findall(
        r"^[\w.\[\]-]+==\S+.*? \\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", text, re.MULTILINE
    )
    assert len(pins) == len(re.findall(r"^[^\s#]", text, re.MULTILINE)) > 5
    assert "://" not in text


def test_pins_agree() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[\w.\[\]-]+==.*(?= \\$)", (ROOT / name).read_text(), re.MULTILINE))

    assert pins("requirements.txt") | pins("requirements-build.txt") <= pins("requirements-dev.txt")
