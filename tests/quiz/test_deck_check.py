from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.quiz.cards import Card, Claim, Deck, Request, Try
from service.quiz.deck_check import check_deck, differences

if TYPE_CHECKING:
    from service.quiz.deck_check import RunRequest

SHAPE = Request("POST", "/v1/shapes", {"op": "conv2d", "input_shape": [28, 28], "kernel_size": 3})


def _deck(*claims: Claim, tries: tuple[Try, ...] = ()):
    card = Card("one", "What is one?", "A number.", claims=claims, tries=tries)
    return Deck("mine", "My deck", "One card.", (card,))


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ({}, {"a": 1}, []),
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": [{"b": [1, 2]}]}, {"a": [{"b": [1, 2], "c": 3}]}, []),
        ({"a": 1}, {}, ["/a is missing"]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["/a/b is 2, not 1"]),
        ({"a": [1, 2]}, {"a": [1, 3]}, ["/a/1 is 3, not 2"]),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, ["/a is [1, 2, 3], not [1, 2]"]),
        ({"a": [1]}, {"a": 1}, ["/a is 1, not [1]"]),
        ({"a": True}, {"a": 1}, ["/a is 1, not true"]),
        ({"a": 1}, {"a": True}, ["/a is true, not 1"]),
        ({"a": 1}, {"a": None}, ["/a is null, not 1"]),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}, ["/a is 2, not 1", "/b is 1, not 2"]),
        ({"a": 1}, [], ['the answer is [], not {"a": 1}']),
    ],
)
def test_where_an_answer_is_not_what_was_claimed(
    expected: object, actual: object, found: list[str]
):
    assert list(differences(expected, actual)) == found


def test_long_values_are_cut():
    (found,) = differences({"a": 1}, {"a": [0] * 1000})
    assert len(found) < 250
    assert "…" in found


def test_a_true_claim_and_a_false_one(run_request: RunRequest):
    deck = _deck(
        Claim("It is 26.", SHAPE, {"output_shape": [26, 26]}),
        Claim("It is 25.", SHAPE, {"output_shape": [25, 26], "macs": 0}),
    )
    assert check_deck(deck, run_request) == [
        "card one, claim 2 “It is 25.”: /output_shape/0 is 26, not 25",
        "card one, claim 2 “It is 25.”: /macs is 6084, not 0",
    ]
    assert check_deck(deck) == []


def test_requests_that_are_refused():
    deck = _deck(Claim("It is 26.", SHAPE, {"output_shape": [26, 26]}), tries=(Try("Look", SHAPE),))
    problems = check_deck(deck, lambda _: (422, {"code": "validation_failed"}))
    assert problems == [
        'card one, claim 1 “It is 26.”: answered 422: {"code": "validation_failed"}',
        "card one, try 1 “Look”: answered 422",
    ]


def test_pictures_of_tries_are_asked_for():
    deck = _deck(tries=(Try("Look", SHAPE, "/v1/illustrations/none.svg"),))
    answers = {"POST": 200, "GET": 404}
    problems = check_deck(deck, lambda request: (answers[request.method], None))
    assert problems == ["card one, try 1 “Look”: its picture answered 404"]


def test_a_file_that_is_no_deck(run_request: RunRequest):
    assert check_deck(b"[deck]\n", run_request) == [
        "deck: slug is missing",
        "deck: title is missing",
        "a deck has at least one card",
    ]
