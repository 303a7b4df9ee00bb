from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from service.quiz.cards import Card, Claim, Deck, Request, Try, content_hash

REQUEST = Request("POST", "/v1/shapes", {"op": "conv2d", "input_shape": [28, 28]})
CARD = Card(
    key="valid-padding",
    front="What is valid padding?",
    back="None.",
    topics=("padding",),
    source_front="Valid Padding",
    source_text="- Valid",
    erratum="Completed.",
    figure={"kind": "patch"},
    claims=(Claim("26.", REQUEST, {"output_shape": [26, 26]}),),
    tries=(Try("Look", Request("GET", "/v1/shapes/conv2d?input_shape=28x28")),),
)
DECK = Deck("cnn", "CNN", "A deck.", (CARD, replace(CARD, key="other")))


def test_content_is_json_with_everything_but_the_key():
    content = CARD.content()
    assert json.loads(json.dumps(content)) == content
    assert content == {
        "front": "What is valid padding?",
        "back": "None.",
        "topics": ["padding"],
        "source_front": "Valid Padding",
        "source_text": "- Valid",
        "erratum": "Completed.",
        "figure": {"kind": "patch"},
        "claims": [
            {
                "text": "26.",
                "request": {
                    "method": "POST",
                    "path": "/v1/shapes",
                    "body": {"op": "conv2d", "input_shape": [28, 28]},
                },
                "result": {"output_shape": [26, 26]},
            }
        ],
        "tries": [
            {
                "title": "Look",
                "request": {"method": "GET", "path": "/v1/shapes/conv2d?input_shape=28x28"},
            }
        ],
    }


def test_what_is_left_out_is_null_or_empty():
    assert Card("a", "Front?", "Back.").content() == {
        "front": "Front?",
        "back": "Back.",
        "topics": [],
        "source_front": None,
        "source_text": None,
        "erratum": None,
        "figure": None,
        "claims": [],
        "tries": [],
    }


def test_the_hash_of_a_content_is_the_same_everywhere():
    expected = hashlib.sha256(b'{"a":"\\u00e9","b":[1,2.5,null]}').hexdigest()
    assert content_hash({"b": [1, 2.5, None], "a": "é"}) == expected
    assert content_hash({"a": "é", "b": [1, 2.5, None]}) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"front": "?"},
        {"back": "!"},
        {"topics": ()},
        {"erratum": None},
        {"figure": None},
        {"figure": {"kind": "patch", "bias": 1}},
        {"claims": ()},
        {"tries": ()},
        {"source_text": None},
    ],
    ids=repr,
)
def test_a_changed_card_has_another_hash(change: dict[str, object]):
    assert replace(CARD, **change).content_hash != CARD.content_hash  # type: ignore[arg-type]


def test_the_key_is_no_content():
    assert replace(CARD, key="other").content_hash == CARD.content_hash


def test_a_changed_deck_has_another_hash():
    hashes = {
        DECK.content_hash,
        replace(DECK, title="Networks").content_hash,
        replace(DECK, description="Another deck.").content_hash,
        replace(DECK, cards=DECK.cards[:1]).content_hash,
        replace(DECK, cards=DECK.cards[::-1]).content_hash,
        replace(DECK, cards=(replace(CARD, back="!"), DECK.cards[1])).content_hash,
    }
    assert len(hashes) == 6
    assert replace(DECK).content_hash == DECK.content_hash


def test_card_ids_are_unique_over_decks():
    assert DECK.card_id(CARD) == "cnn-valid-padding"
