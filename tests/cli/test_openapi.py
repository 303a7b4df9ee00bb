"""`convcards openapi`: the committed contract, written, printed and compared."""

from pathlib import Path

import yaml

from running import ROOT, Command, convcards


def test_the_committed_contract_is_what_the_code_says() -> None:
    ended = convcards("openapi", "--check")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{ROOT}/openapi.yaml is up to date\n"


def test_it_prints_and_writes_the_same(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    assert command("openapi", str(file)).out == f"{file} is written\n"
    assert command("openapi", "-").out == file.read_text()
    assert yaml.load(file.read_text(), yaml.CSafeLoader)["openapi"].startswith("3.1.")
    assert command("openapi", "--check", str(file)).status == 0


def test_a_file_that_differs_is_shown_where(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    command("openapi", str(file))
    file.write_text(file.read_text().replace("title: ConvCards", "title: Something"))
    ended = command("openapi", "--check", str(file))
    assert (ended.status, ended.out) == (1, "")
    assert "-  title: Something\n+  title: ConvCards\n" in ended.err
    assert "title: Something" in file.read_text()


def test_a_file_that_cannot_be_read_is_told(command: Command, tmp_path: Path) -> None:
    ended = command("openapi", "--check", str(tmp_path / "none.yaml"))
    assert ended.status == 2
    assert ended.err.endswith("none.yaml: No such file or directory\n")
