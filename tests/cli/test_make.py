"""The Makefile and .ci/run: what they promise before anything is installed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from running import ROOT, environment

MAKEFILE = (ROOT / "Makefile").read_text()


def run(
    *command: str,
    cwd: Path,
    CI: str = "",  # noqa: N803 - the variable's name
) -> subprocess.CompletedProcess[str]:
    """Run with none of an outer make's own variables."""
    plain = {k: v for k, v in environment(CI=CI).items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(command, cwd=cwd, env=plain, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what make needs, where nothing was made yet."""
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-build.txt"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copy(ROOT / "requirements-dev.txt", tmp_path)
    return tmp_path


def test_make_alone_lists_every_command(checkout: Path) -> None:
    ended = run("make", cwd=checkout)
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert ended.returncode == 0
    assert re.findall(r"^  make (\w+) +\S", ended.stdout, re.MULTILINE) == phony.split()


@pytest.mark.parametrize("target", ["serve", "test"])
def test_everything_is_installed_by_hash(target: str, checkout: Path) -> None:
    planned = run("make", "--dry-run", target, cwd=checkout).stdout
    installs = [line for line in planned.splitlines() if "pip" in line and " install " in line]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps --no-build-isolation --editable ." in installs[1]


def test_a_second_time_nothing_is_installed(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    for stamp in (".made", ".serve"):
        (checkout / ".venv" / stamp).touch()
    planned = run("make", "--dry-run", "serve", cwd=checkout).stdout
    assert planned == "exec .venv/bin/convcards serve \n"


def test_an_old_python_is_told(checkout: Path) -> None:
    ended = run("make", "serve", "PYTHON=false", cwd=checkout)
    assert ended.returncode != 0
    assert ended.stderr.startswith("ConvCards needs Python 3.11 or newer: make PYTHON=python3.12")


@pytest.mark.parametrize(
    ("recipe", "status", "said"),
    [
        ("@echo 1 passed", 0, "CI passed in 0 min"),
        ("@exit 1", 2, "CI failed (exit 2)"),
        ("@touch left-behind", 1, "The run left these behind:\n?? left-behind\n"),
    ],
)
def test_ci_passes_only_if_all_holds_and_nothing_is_left(
    recipe: str, status: int, said: str, tmp_path: Path
) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    (tmp_path / "Makefile").write_text(f"test:\n\t{recipe}\n")
    run("git", "init", "--quiet", cwd=tmp_path)
    run("git", "add", ".", cwd=tmp_path)
    who = ("-c", "user.name=ci", "-c", "user.email=ci@example.org")
    run("git", *who, "commit", "--quiet", "--message", "all", cwd=tmp_path)
    ended = run("bash", str(tmp_path / ".ci" / "run"), cwd=Path("/"), CI="true")
    assert ended.returncode == status
    assert said in ended.stdout + ended.stderr
