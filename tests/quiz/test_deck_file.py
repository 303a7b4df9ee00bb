from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.quiz.deck_file import MAX_BYTES, load_deck
from service.quiz.errors import DeckError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """\
[deck]
slug = "mine"
title = "My deck"
description = "Two cards."

"""
CARD = """\
[[cards]]
key = "one"
front = "What is one?"
back = "A number."
"""
CLAIM = """
[[cards.claims]]
text = "26"
request = { method = "POST", path = "/v1/shapes", body = { op = "conv2d" } }
result = { output_shape = [26, 26] }
"""
QUOTED = ["'a b'", '"c"']


def _problems(text: str | bytes) -> tuple[str, ...]:
    with pytest.raises(DeckError) as refused:
        load_deck(text if isinstance(text, bytes) else text.encode())
    assert str(refused.value) == "\n".join(refused.value.problems)
    return refused.value.problems


def test_a_small_deck():
    deck = load_deck((HEAD + CARD).encode())
    assert (deck.slug, deck.title, deck.description) == ("mine", "My deck", "Two cards.")
    (card,) = deck.cards
    assert (card.key, card.front, card.back) == ("one", "What is one?", "A number.")
    assert (card.topics, card.claims, card.tries, card.figure) == ((), (), (), None)


def test_a_deck_with_everything(tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text(
        HEAD
        + CARD
        + 'topics = ["numbers", "counting"]\nerratum = "None."\nfigure = { kind = "patch" }\n'
        + 'source_front = "one"\nsource_text = """\n- a number\n  (of sorts)"""\n'
        + CLAIM
        + '\n[[cards.tries]]\ntitle = "Try"\nrequest = { method = "GET", path = "/v1/decks" }\n'
        + 'picture = "/v1/pictures/conv2d.svg?input_shape=9&kernel_size=3"\n'
        + CARD.replace("one", "two"),
        encoding="utf-8",
    )
    one, two = load_deck(file).cards
    assert one.topics == ("numbers", "counting")
    assert one.source_text == "- a number\n  (of sorts)"
    assert one.figure == {"kind": "patch"}
    (claim,) = one.claims
    assert claim.request.content() == {
        "method": "POST",
        "path": "/v1/shapes",
        "body": {"op": "conv2d"},
    }
    assert claim.result == {"output_shape": [26, 26]}
    assert one.tries[0].request.body is None
    assert one.tries[0].content()["picture"].startswith("/v1/pictures/conv2d.svg")
    assert two.key == "two"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (CARD, "deck is missing"),
        (HEAD, "a deck has at least one card"),
        ("cards = 3\n" + HEAD, "cards must be a list of tables"),
        ("cards = [3]\n" + HEAD, "cards 1: must be a table"),
        ("deck = 3\n" + CARD, "deck: must be a table"),
        ("version = 1\n" + HEAD + CARD, "unknown “version”"),
        (HEAD.replace("title", "titel") + CARD, "deck: title is missing"),
        (HEAD.replace("title", "titel") + CARD, "deck: unknown “titel”: is it “title”?"),
        (HEAD.replace('"mine"', '"My Deck"') + CARD, "deck: slug “My Deck” must be at most 64"),
        (HEAD.replace('"mine"', f'"{"m" * 65}"') + CARD, "must be at most 64"),
        (HEAD + CARD.replace("back", "bakc"), "line 6, card 1 (one): back is missing"),
        (HEAD + CARD.replace("back", "bakc"), "line 6, card 1 (one): unknown “bakc”: is it “back”"),
        (HEAD + CARD.replace('key = "one"', ""), "line 6, card 1: key is missing"),
        (HEAD + CARD.replace('"one"', '"-one"'), "line 6, card 1: key “-one” must be"),
        (HEAD + CARD.replace('"A number."', "3"), "back must be a text that says something"),
        (HEAD + CARD.replace("A number.", "  "), "back must be a text that says something"),
        (HEAD + CARD.replace("A number.", "x" * 10_001), "back has 10001 characters; 10000 are"),
        (HEAD + CARD + CARD, "line 10, card 2 (one): the key is taken by line 6, card 1"),
        (HEAD + CARD + "topics = 3", "topics must be a list of texts"),
        (HEAD + CARD + 'topics = ["a", 3]', "topics must be a list of texts"),
        (HEAD + CARD + "figure = 3", "figure must be a table of texts"),
        (HEAD + CARD + "figure = { bias = 1 }", "line 6, card 1 (one): figure has no kind"),
        (HEAD + CARD + 'figure = { kind = "pach" }', "card 1 (one): figure/kind: "),
        (HEAD + CARD + 'figure = { kind = "patch", bais = 1 }', "bais"),
        (HEAD + CARD.replace("A num", "A \\u0000num"), "back: character 3 is one that nobody sees"),
        (HEAD + CARD.replace("A num", "A \\u202Enum"), "nobody sees (U+202E)"),
        (HEAD + CARD + 'figure = { kind = "patch", at = 2026-11-23 }', "figure must be a table"),
        (HEAD + CARD + 'figure = { kind = "patch", bias = [[nan]] }', "figure must be a table"),
        (HEAD + CARD + "claims = 3", "claims must be a list of tables"),
        (HEAD + CARD + "claims = [3]", "card 1 (one), claims 1: must be a table"),
        (HEAD + CARD + CLAIM.replace("text", "txt"), "(one), claims 1: text is missing"),
        (HEAD + CARD + CLAIM.replace("result =", "results ="), "claims 1: result is missing"),
        (HEAD + CARD + CLAIM.replace("request =", "req ="), "claims 1: request is missing"),
        (
            HEAD + CARD + CLAIM.replace("POST", "PUT"),
            "line 6, card 1 (one), claims 1, request: method must be GET or POST, not “PUT”",
        ),
        (HEAD + CARD + CLAIM.replace("POST", "GET"), "claims 1, request: a GET has no body"),
        (
            HEAD + CARD + CLAIM.replace(", body = {", ", b = {"),
            "claims 1, request: body is missing",
        ),
        (
            HEAD + CARD + CLAIM.replace("/v1/shapes", "https://elsewhere.example/v1"),
            "path must be one of this service and start with /v1/",
        ),
        (
            HEAD + CARD + CLAIM + CLAIM.replace('text = "26"', ""),
            "line 6, card 1 (one), claims 2: text is missing",
        ),
        (HEAD + CARD + "[[cards.tries]]", "card 1 (one), tries 1: title is missing"),
        (
            HEAD + CARD + '[[cards.tries]]\npicture = "https://elsewhere.example/a.png"',
            "tries 1: picture must be an address of this service, /v1/…, not “https://elsewhere",
        ),
        (HEAD + CARD + 'front = "again"\n', "not TOML: Cannot overwrite a value (at line 10"),
        (HEAD + "[[cards]\n", "not TOML: "),
        ("a = " + "[" * 100_000, "not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_card(text: str, problem: str):
    assert any(problem in found for found in _problems(text)), _problems(text)


def test_everything_wrong_is_found_in_one_reading():
    broken = CARD.replace("back", "bakc").replace("one", "two") + "topics = 3\n"
    found = _problems(HEAD.replace("title", "titel") + CARD + broken)
    assert found == (
        "deck: title is missing",
        "deck: unknown “titel”: is it “title”?",
        "line 10, card 2 (two): back is missing",
        "line 10, card 2 (two): topics must be a list of texts",
        "line 10, card 2 (two): unknown “bakc”: is it “back”?",
    )


def test_cards_written_in_one_line_have_no_line_of_their_own():
    cards = 'cards = [{ key = "one", front = "One?" }]\n'
    assert _problems(cards + HEAD) == ("cards 1 (one): back is missing",)


def test_bytes_that_are_no_text():
    assert _problems(b"\xff\xfe") == ("not UTF-8: byte 0 cannot be read",)


def test_a_file_that_no_deck_needs():
    assert _problems(b"#" * (MAX_BYTES + 1)) == (
        "a deck file has at most 5000000 bytes, this one has 5000001",
    )


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        load_deck(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = " + "9" * 5_000, "a whole number in it has more than 4,300 digits"),
        ("a = " + "[" * 5_000, "not TOML that anybody wrote: nested too deeply"),
        (".".join("a" * 20_000) + " = 1", "not TOML that anybody wrote: nested too deeply"),
        (f"[{' . '.join(QUOTED * 9_000)}]", "not TOML that anybody wrote: nested too deeply"),
    ],
    ids=["digits", "lists", "dots", "tables"],
)
def test_what_takes_a_parser_too_long_or_too_deep(text: str, problem: str):
    assert _problems(text) == (problem,)


def test_points_in_a_text_are_no_key():
    card = CARD.replace("A number.", "..." * 99 + "1.2.3.4.5.6.7.8.9.10.11.12")
    assert load_deck((HEAD + card + CLAIM).encode()).cards[0].back.endswith("11.12")


@pytest.mark.parametrize(
    "value", ["nan", "1e400", "0x" + "f" * 5_000, "[" * 40 + "]" * 40, "1979-05-27", '"\\u0000"']
)
def test_values_that_no_answer_could_hold(value: str):
    changed = CLAIM.replace('op = "conv2d"', f"op = {value}")
    problem, _missing = _problems(HEAD + CARD + changed)
    assert "body must be a table of texts, finite numbers" in problem
