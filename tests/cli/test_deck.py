"""`convcards deck`: loaded once, changed by a new text, held against the service."""

from pathlib import Path

import pytest

from running import Command, convcards
from service.store import Database, decks

DECK = """
[deck]
slug = "mine"
title = "Mine"
description = "Two cards."

[[cards]]
key = "valid"
front = "28 by 28, filter 3, valid padding?"
back = "26 by 26"

[[cards.claims]]
text = "28 − 3 + 1 = 26"
request = { method = "GET", path = "/v1/shapes/conv2d?input_shape=28x28x1&kernel_size=3" }
result = { output_shape = [26, 26, 1] }

[[cards]]
key = "same"
front = "And same?"
back = "28 by 28"
"""


@pytest.fixture
def deck_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(DECK)
    return path


def test_loading_again_changes_nothing_and_a_new_text_is_a_new_version(
    command: Command, database: Database, database_url: str, deck_file: Path
) -> None:
    load = ("deck", "load", str(deck_file))
    assert command(*load, url=database_url).out == "deck mine, 2 cards: 2 added\n"
    assert command(*load).out == "deck mine, 2 cards: nothing new\n"
    deck_file.write_text(DECK.replace('back = "28 by 28"', 'back = "28 by 28, padding 1"'))
    assert command(*load).out == "deck mine, 2 cards: 1 changed\n"
    with database.read() as session:
        assert decks.get_card(session, "mine-same", tenant_id="any").card.version == 2
        assert decks.get_card(session, "mine-valid", tenant_id="any").card.version == 1


def test_questions_of_its_own_are_loaded_with_the_cards(
    command: Command, database_url: str, tmp_path: Path
) -> None:
    camera = Path(__file__).parents[2] / "docs" / "decks" / "camera.toml"
    load = ("deck", "load", str(camera))
    assert command(*load, url=database_url).out == (
        "deck camera, 1 cards: 1 added\n2 questions of its own: 2 added\n"
    )
    changed = tmp_path / "camera.toml"
    changed.write_text(camera.read_text().replace("colour picture", "photograph"))
    assert command("deck", "load", str(changed)).out == (
        "deck camera, 1 cards: nothing new\n2 questions of its own: 1 changed\n"
    )


def test_the_deck_that_comes_along_is_loaded_by_default(
    command: Command, database_url: str
) -> None:
    assert command("deck", "load", url=database_url).out == "deck cnn, 17 cards: 17 added\n"


def test_the_deck_that_comes_along_holds(command: Command, tmp_path: Path) -> None:
    ended = command("deck", "check", url=f"sqlite:///{tmp_path}/never-made.db")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("deck cnn: 17 cards, ")
    assert ended.out.endswith("all of them hold\n")
    assert list(tmp_path.iterdir()) == []


def test_a_claim_that_does_not_hold_is_found(deck_file: Path) -> None:
    deck_file.write_text(DECK.replace("[26, 26, 1]", "[25, 26, 1]"))
    ended = convcards("deck", "check", str(deck_file))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "card valid, claim 1" in ended.stderr
    assert "/output_shape/0 is 26, not 25" in ended.stderr


@pytest.mark.parametrize(
    ("old", "new", "faults"),
    [
        ('slug = "mine"', 'slug = "Mine!"', " has a fault: deck: slug"),
        ('front = "And same?"', 'front = ""\nbak = "x"', " has 2 faults:\n  "),
        ("[deck]", "[deck", " has a fault: not TOML"),
    ],
)
def test_a_file_that_is_no_deck_is_told_why(
    old: str, new: str, faults: str, deck_file: Path, command: Command
) -> None:
    deck_file.write_text(DECK.replace(old, new))
    ended = command("deck", "check", str(deck_file))
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith(f"convcards: {deck_file}{faults}")


def test_a_file_that_is_not_there_is_told(command: Command, tmp_path: Path) -> None:
    ended = command("deck", "check", str(tmp_path / "none.toml"))
    assert ended.status == 2
    assert ended.err.endswith("none.toml can't be read: No such file or directory\n")
