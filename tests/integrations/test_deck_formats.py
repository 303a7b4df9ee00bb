"""Decks as files: read again they are the same, and no cell of a spreadsheet is a formula."""

import csv
import io
import tomllib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.integrations.deck_formats import FORMATS, plain, read, write
from service.quiz.cards import Card, Claim, Deck, Request, Try
from service.quiz.deck_file import seed_deck
from service.quiz.errors import DeckError
from service.quiz.rubric import Expectation, Rubric

texts = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u202a\u202b\u202c\u202d"
    "\u202e\u2066\u2067\u2068\u2069") | st.sampled_from("\n\t\r\"'\\=+-@,;[#"),
    min_size=1,
    max_size=20,
).filter(str.strip).map(str.strip)  # fmt: skip
numbers = st.integers(-9, 9) | st.floats(-1e9, 1e9) | st.booleans()
tables: Any = st.recursive(
    st.dictionaries(texts, texts | numbers, max_size=3),
    lambda inner: st.dictionaries(texts, inner | st.lists(inner | numbers, max_size=2), max_size=2),
    max_leaves=4,
)
requests = st.builds(Request, st.just("POST"), texts.map("/v1/{}".format), tables)
cards = st.builds(
    Card,
    key=st.just(""),
    front=texts,
    back=texts,
    topics=st.lists(texts, max_size=3).map(tuple),
    source_text=st.none() | texts,
    erratum=st.none() | texts,
    figure=st.none() | st.just({"kind": "patch"}),
    claims=st.lists(st.builds(Claim, texts, requests, tables), max_size=2).map(tuple),
    tries=st.lists(st.builds(Try, texts, requests), max_size=2).map(tuple),
    rubric=st.none()
    | st.just(Rubric((Expectation("a", ("b*", "c ... d")),), (Expectation("e", ("f",)),))),
)
decks = st.builds(
    lambda title, made: Deck(
        "mine", title, "", tuple(replace(card, key=f"k{n}") for n, card in enumerate(made))
    ),
    texts,
    st.lists(cards, min_size=1, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(decks)
@example(Deck("mine", "Mine", "", (Card("a", "One?", "1", ("[",)),)))
def test_what_is_written_reads_the_same(deck: Deck) -> None:
    for kind in FORMATS:
        known = deck if kind == "csv" else None
        assert read(write(deck, kind).encode(), kind, "mine", known) == deck, kind
    assert tomllib.loads(write(deck, "toml")) == plain(deck)


@settings(max_examples=60, deadline=None)
@given(decks)
def test_no_cell_begins_a_formula(deck: Deck) -> None:
    for row in csv.reader(io.StringIO(write(deck, "csv"), newline="")):
        assert not [cell for cell in row if cell[:1] in {*"=+-@\t\r\n|%"} and cell]


@pytest.mark.parametrize("kind", FORMATS)
def test_the_seed_deck_comes_back_whole(kind: str) -> None:
    deck = seed_deck()
    assert read(write(deck, kind).encode(), kind, "cnn", deck) == deck


def test_a_table_from_a_spreadsheet() -> None:
    known = Deck("mine", "Mine", "d", (Card("a", "One?", "1", ("x",), erratum="e"),))
    text = '\ufeffFront;Back;Topics\r\nOne?;2;\r\n\r\n"Two\nlines?";\'=1+1;a; b\r\n'
    deck = read(text.replace("a; b", '"a; b"').encode(), "csv", "mine", known)
    one, two = deck.cards
    assert one == replace(known.cards[0], back="2", topics=())
    assert (two.front, two.back, two.topics) == ("Two\nlines?", "=1+1", ("a", "b"))
    assert two.key.startswith("two-lines-")
    assert read(text.encode().replace(b"a; b", b'"a; b"'), "csv", "mine", deck) == deck


def test_faults_name_their_line() -> None:
    text = 'key,front,bak,claims\na,"One\n?",x,{\nb,,,\nc,d,e,,f\n'
    with pytest.raises(DeckError) as refused:
        read(text.encode(), "csv", "mine")
    found = [(fault.pointer, str(fault)) for fault in refused.value.faults]
    assert ("", "line 1: “bak” is no column of a card") in found
    assert ("/cards/0/claims", "line 2, card 1: claims is no JSON") in found
    assert ("/cards/1/front", "line 4, card 2 (b): front is missing") in found
    assert ("", "line 5: 5 cells under 4 headings") in found
    for kind, data, said in (
        ("json", b"{", "not JSON: "),
        ("json", b"[]", "must be a table"),
        ("json", b"[" * 100_000, "not JSON: "),
        ("toml", b"[deck", "not TOML: "),
        ("csv", b'a,"b', "not CSV: line 1"),
        ("csv", b"\xff", "not UTF-8"),
        ("csv", b"", "a deck has at least one card"),
    ):
        with pytest.raises(DeckError, match=said):
            read(data, kind, "mine")


@pytest.mark.parametrize(
    "cell", [r'["\ud800"]', "[NaN]", "[1e999]", "[" * 5_000, "[" + "9" * 5_000]
)
@pytest.mark.parametrize("column", ["claims", "rubric", "topics"])
def test_a_cell_is_strict_json(column: str, cell: str) -> None:
    quoted = cell.replace('"', '""')
    with pytest.raises(DeckError, match=f"{column} is no JSON"):
        read(f'key,front,back,{column}\na,b,c,"{quoted}"\n'.encode(), "csv", "mine")


def test_a_million_columns_are_soon_refused() -> None:
    with pytest.raises(DeckError, match="“key” is twice"):
        read(b"key," * 1_000_000, "csv", "mine")
