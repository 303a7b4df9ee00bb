"""`convcards quiz`: by a pipe and in a terminal, and cards whose ratings are kept."""

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from getpass import getuser
from pathlib import Path

import pytest

import prompts
from running import CONVCARDS, PATIENCE, Command, Ended, convcards, environment
from service.cli import sketch
from service.quiz.templates import TEMPLATES, generate
from service.store import Database, memories, users

SIZES = ("quiz", "--template", "conv-output-size", "--seed", "5", "--length", "3")
ASKED = re.compile(r"^\d+/3  .*\n((?:.+\n)+?)(?=   |> )", re.MULTILINE)
Typed = Callable[..., Ended]


@pytest.fixture
def typed(command: Command, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Runs a command here, with these lines as its input."""

    def run(*arguments: str, lines: str, url: str | None = None) -> Ended:
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        return command(*arguments, url=url)

    return run


def right_answers(out: str) -> list[str]:
    """The answers to what was asked, worked out from the prompts."""
    asked = [" ".join(prompt.split()) for prompt in ASKED.findall(out)]
    return [str(prompts.read(prompt).answer()) for prompt in asked]


def test_a_session_by_a_pipe() -> None:
    skipped = subprocess.run(
        [CONVCARDS, *SIZES],
        input="skip\n" * 3,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    answers = right_answers(skipped.stdout)
    assert len(answers) == 3
    assert all(f"It is {answer}." in skipped.stdout for answer in answers)
    assert "0 of 3 right (0%)." in skipped.stdout
    assert skipped.stderr == ""


def test_what_cant_be_read_costs_nothing_and_what_is_wrong_teaches(typed: Typed) -> None:
    first, second, third = right_answers(typed(*SIZES, lines="skip\n" * 3).out)
    wrong = str(int(second) - 1)
    out = typed(*SIZES, lines=f"no idea\n\n?\n{first}\n{wrong}\n{third}\n").out
    assert out.count("That cost nothing.") == 2
    assert "Write one whole number" in out
    assert f"Right: {first}." in out
    assert f"Not {wrong}: it is {second}." in out
    assert "To read: What are the height, width and depth" in out
    assert "2 of 3 right (67%)." in out
    assert out.endswith("    convcards quiz --template conv-output-size\n")


@pytest.mark.parametrize("lines", ["", "quit\n", "Q\n"])
def test_stopping_at_once(typed: Typed, lines: str) -> None:
    ended = typed("quiz", lines=lines)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.endswith("\nNothing was answered.\n")


def test_every_template_can_be_asked(typed: Typed) -> None:
    out = typed("quiz", "--seed", "1", "--length", str(len(TEMPLATES)), lines="skip\n" * 30).out
    assert all(template.title in out for template in TEMPLATES.values())
    assert f"0 of {len(TEMPLATES)} right" in out


def test_in_a_terminal_it_ends_politely() -> None:
    """Ctrl-D as a terminal sends it, Ctrl-C as it is handed on; the first knows no UTF-8."""
    for how, encoding, mark in (("D", "ascii", "#"), ("C", "utf-8", "■")):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [CONVCARDS, *SIZES],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment(PYTHONIOENCODING=f"{encoding}:replace"),
            start_new_session=True,
        )
        os.close(theirs)
        try:
            read_until(ours, "\n> ")
            os.write(ours, b"no idea\n")
            assert "That cost nothing." in read_until(ours, "\n> ")
            os.write(ours, b"1\n")
            shown = read_until(ours, "\n> ")
            assert "Not 1: it is" in shown
            assert mark in shown
            said = ""
            while not said:  # Python heeds no signal between the prompt and the reading
                if how == "C":
                    process.send_signal(signal.SIGINT)
                else:
                    os.write(ours, b"\x04")
                said = read_until(ours, "output-size\r\n", patience=1)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            process.wait(PATIENCE)
            os.close(ours)
        assert "0 of 1 right (0%); 2 not answered." in said
        assert "Traceback" not in said


def read_until(terminal: int, end: str, patience: float = PATIENCE) -> str:
    """What the terminal shows up to ``end``; nothing if it shows nothing more."""
    said = ""
    while not said.endswith(end):
        if not select.select([terminal], [], [], patience)[0]:
            break
        said += os.read(terminal, 65_536).decode(errors="replace")
    return said


def test_cards_are_rated_and_come_back(typed: Typed, sqlite_url: str) -> None:
    lines = "\nwell\nagain\n\ngood\n\neasy\n"
    out = typed("quiz", "--cards", "--length", "3", lines=lines, url=sqlite_url).out
    assert "3 of 3 cards rated: 1 again, 1 good, 1 easy." in out
    assert out.count("It comes back on") == 3
    database = Database(sqlite_url)
    with database.read() as session:
        person = users.find(session, "local", getuser())
        assert person is not None
        new = memories.all_new(session, person.id, tenant_id="local", limit=100)
    assert len(new) == 17 - 3
    database.close()
    fronts = re.findall(r"^\d/3\n(.*)", out, re.MULTILINE)
    out = typed("quiz", "--cards", "--length", "3", lines="", url=sqlite_url).out
    assert not set(fronts) & set(re.findall(r"^\d/3\n(.*)", out, re.MULTILINE))
    assert "0 of 3 cards rated.\n" in out


def test_without_saving_there_is_no_database(typed: Typed, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/never-made.db"
    out = typed("quiz", "--cards", "--no-save", lines="\nagain\n", url=url).out
    assert "1 of 10 cards rated: 1 again.\nTo review:\n- " in out
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--template", "conv-output-siz"), "did you mean conv-output-size?"),
        (("--length", "0"), "--length takes 1 to 200"),
        (("--seed", "-1"), "--seed takes 0 to"),
        (("--no-save",), "--no-save goes with --cards"),
        (("--cards", "--template", "conv-cell"), "don't go together"),
        (("--deck", "nowhere.toml"), "nowhere.toml can't be read"),
        (("--level", "impossible"), "invalid choice"),
    ],
)
def test_what_it_cant_do(typed: Typed, arguments: tuple[str, ...], said: str) -> None:
    ended = typed("quiz", *arguments, lines="")
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err


def test_help_and_list() -> None:
    assert "convcards quiz --cards" in convcards("quiz", "--help").stdout
    listed = convcards("quiz", "--list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == [*TEMPLATES]


def test_the_windows_are_where_the_prompt_says() -> None:
    drawn = 0
    for seed in range(60):
        problem = generate("conv-output-size", seed, "hard")
        lines = sketch.before(problem, sketch.ASCII)
        if not lines:
            continue
        drawn += 1
        asked = prompts.read(problem.prompt)
        size, kernel, stride, _, dilation = asked.axes[asked.axis == "width"]
        strips = [line.split()[0] for line in lines[:-1]]
        first = [place for place, mark in enumerate(strips[0]) if mark in "#+"]
        assert len(re.sub(r"[.+]", "", strips[0])) == size
        assert first == [dilation * tap for tap in range(kernel)]
        if len(strips) > 1:
            second = [place for place, mark in enumerate(strips[1]) if mark in "#+"]
            assert second[0] - first[0] == stride
    assert drawn > 5


def test_a_picture_does_not_tell_the_key() -> None:
    for seed in range(50):
        lines = sketch.before(generate("which-filter", seed), sketch.UNICODE)
        assert [line for line in lines if not re.search(r"\d", line)] == ["   input"]


def test_questions_of_a_decks_own(typed: Typed) -> None:
    camera = str(Path(__file__).parents[2] / "docs" / "decks" / "camera.toml")
    asked = ("quiz", "--deck", camera, "--length", "2", "--seed", "1")
    out = " ".join(typed(*asked, lines="skip\nskip\n").out.split())
    assert "A picture of our camera, 480×640×3, meets " in out
    assert "To read: How large are the pictures of our camera?" in out
    listed = typed("quiz", "--list", "--deck", camera, lines="").out
    assert "camera.weights           What the first layer learns" in listed
