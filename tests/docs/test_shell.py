"""The shell in which a page's commands run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from running import environment
from shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with Shell(tmp_path, environment()) as opened:
        yield opened


def test_a_command_gives_its_status_and_all_it_printed(shell: Shell) -> None:
    assert shell.run("echo one; echo two >&2; false") == (1, "one\ntwo\n")
    assert shell.run("printf 'no newline'") == (0, "no newline")
    assert shell.run("true") == (0, "")


def test_variables_stay_set_and_commands_span_lines(shell: Shell) -> None:
    shell.run("word=kernel")
    assert shell.run("cat <<END\n$word\nsize\nEND") == (0, "kernel\nsize\n")


def test_a_command_that_reads_gets_nothing(shell: Shell) -> None:
    assert shell.run("cat") == (0, "")


def test_a_command_that_ends_the_shell_is_told(shell: Shell) -> None:
    with pytest.raises(EOFError, match="going"):
        shell.run("echo going; exit 3")
