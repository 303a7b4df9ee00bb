"""`convcards` itself: its help, its version, and what it says to commands that don't exist."""

import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from running import ROOT, convcards
from service.cli import COMMANDS, main


def test_help_names_every_command() -> None:
    ended = convcards("--help")
    assert ended.returncode == 0
    assert re.findall(r"^  (\w+) +\S", ended.stdout, re.MULTILINE)[: len(COMMANDS)] == [*COMMANDS]


def test_without_a_command_it_helps_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: convcards" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status: object = main([command, "--help"])
    except SystemExit as end:
        status = end.code
    assert status == 0
    assert f"usage: convcards {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "action", ["keys create", "keys list", "keys revoke", "deck load", "deck check"]
)
def test_every_action_has_help_with_an_example(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([*action.split(), "--help"])
    assert f"examples:\n  convcards {action}" in capsys.readouterr().out


def test_version_is_the_installed_one() -> None:
    assert convcards("--version").stdout == f"convcards {version('convcards')}\n"


def test_python_runs_it_as_a_module() -> None:
    command = [sys.executable, "-m", "service", "shape", "conv2d", "28x28x3", "--kernel-size", "5"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "28×28×3 → 24×24×1" in ended.stdout


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["srve"], "there is no command srve; did you mean serve?"),
        (["qqq"], "there is no command qqq; there are serve, shape,"),
        (["deck"], "deck: say which action: load, check"),
        (["deck", "chek"], "deck: there is no action chek; did you mean check?"),
        (["migrate", "--al"], "migrate: there is no option --al"),
        (["migrate", "now"], "migrate: now is one argument too many"),
        (["serve", "--prot", "80"], "serve: there is no option --prot; did you mean --port?"),
        (["serve", "--port", "65536"], "serve: --port takes 0 to 65535"),
        (["serve", "--port", "x"], "serve: argument --port: invalid int value: 'x'"),
        (["keys", "create"], "keys create: the following arguments are required: --name"),
        (["keys", "create", "--name", "a", "--days", "0"], "keys create: --days takes 1 to 36500"),
        (["shape", "conv2d", "28x28", "3"], "shape conv2d: 3 is one argument too many"),
    ],
)
def test_what_is_not_understood_is_one_line_and_status_2(
    typed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(typed) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"convcards: {said}")
    assert printed.err.count("\n") == 1


def test_ctrl_c_in_a_command_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("service.cli.import_module", interrupted)
    assert main(["shape"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("typed", [["shape", "conv2d", "28x28x3", "--kernel-size", "5"], ["-V"]])
def test_a_quick_command_loads_no_framework_database_or_numpy(typed: list[str]) -> None:
    program = (
        "import sys; from service.cli import main; main(sys.argv[1:]);"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *typed], capture_output=True, text=True, check=True
    )
    loaded = set(ended.stdout.splitlines()[-1].split())
    assert (
        loaded
        & {
            "alembic",
            "flask",
            "gunicorn",
            "marshmallow",
            "numpy",
            "PIL",
            "sqlalchemy",
            "werkzeug",
            "yaml",
        }
        == set()
    )


@pytest.mark.parametrize("command", ["network resnet50", "shape conv1d 9 --kernel-size 3"])
def test_who_reads_may_stop_reading(command: str) -> None:
    program = f"{sys.executable} -m service {command} | true"
    shell = ["sh", "-c", program]
    done = subprocess.run(shell, check=False, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
