"""The seed deck: is it all there, is it right, and does every number follow from a claim?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from seed_deck import KEYS
from service.figures import figure, svg
from service.quiz.deck_check import check_deck
from service.shapes import infer, read_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.quiz.cards import Card, Deck
    from service.quiz.deck_check import RunRequest


def _card(deck: Deck, key: str) -> Card:
    return next(card for card in deck.cards if card.key == key)


def test_all_seventeen_cards_are_there_in_reading_order(deck: Deck):
    assert deck.slug == "cnn"
    assert tuple(card.key for card in deck.cards) == KEYS
    assert deck.card_id(deck.cards[3]) == "cnn-valid-padding"


def test_the_seeds_wording_stands_letter_by_letter(deck: Deck, seed_text: str):
    lines = [line for card in deck.cards for line in (card.source_front, card.source_text)]
    title = "Convolutional Neural Networks Flashcards"
    assert "\n".join([title, *map(str, lines)]) == seed_text


def test_every_claim_holds_and_every_try_answers(deck: Deck, run_request: RunRequest):
    assert check_deck(deck, run_request) == []


def test_every_card_has_claims_and_something_to_try(deck: Deck):
    for card in deck.cards:
        assert card.claims, card.key
        assert card.tries, card.key
        assert card.topics, card.key


def _numbers(value: object) -> Iterator[int]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, str):
        text = re.sub(r"(?<=\d),(?=\d{3})", "", value)
        yield from (int(digits) for digits in re.findall(r"\d+", text))
    elif isinstance(value, int):
        yield value


@pytest.mark.parametrize("key", KEYS)
def test_every_number_on_a_card_is_in_a_claims_request_or_result(deck: Deck, key: str):
    card = _card(deck, key)
    claimed = {
        number for claim in card.claims for number in _numbers([claim.request.body, claim.result])
    }
    said = set(_numbers([card.back, card.erratum or ""]))
    assert said - claimed - {1, 2} == set()  # formulas have a + 1, a 2P, an S of 2


@pytest.mark.parametrize(
    ("key", "numbers"),
    [
        ("valid-padding", {26, 13}),
        ("stride-and-padding", {26, 13, 28, 14, 30}),
        ("output-formula", {14, 20}),
        ("stride-1-and-2", {28, 14, 26, 13}),
        ("convnets", {80, 54_080, 4_245_280}),
        ("structure", {416, 1_216}),
    ],
)
def test_numbers_that_the_field_agrees_on_are_on_the_cards(deck: Deck, key: str, numbers: set[int]):
    card = _card(deck, key)
    assert numbers <= set(_numbers([card.back, card.erratum or ""]))
    assert numbers <= set(_numbers([claim.result for claim in card.claims]))


def test_errata_stand_where_the_seed_is_wrong_cut_off_or_loose(deck: Deck):
    without = {card.key for card in deck.cards if card.erratum is None}
    assert without == {"convnets", "intuition", "filter-depth", "many-filters", "structure"}


def test_lost_images_are_drawn(deck: Deck):
    drawn = {card.key: card.figure for card in deck.cards if card.figure is not None}
    assert set(drawn) == {"convolution", "rgb-to-k-maps", "pyramid"}
    for parameters in drawn.values():
        drawing = figure(parameters["kind"], {k: v for k, v in parameters.items() if k != "kind"})
        assert svg(drawing).startswith("<svg")


def test_figures_and_claims_are_about_the_same_layers(deck: Deck):
    patch, maps, pyramid = (_card(deck, key) for key in ("convolution", "rgb-to-k-maps", "pyramid"))
    assert patch.figure is not None
    body = patch.claims[0].request.body
    assert body is not None
    assert patch.figure["input"] == body["input"]
    assert patch.figure["weight"] == body["weight"]
    assert [patch.figure["bias"]] == body["bias"]
    assert [patch.figure["position"]] == body["trace"]["positions"]

    assert maps.figure is not None
    assert maps.claims[0].request.body == {
        "op": "conv2d",
        **{name: value for name, value in maps.figure.items() if name != "kind"},
    }

    assert pyramid.figure is not None
    shape = tuple(pyramid.figure["input_shape"])
    for layer, claim in zip(pyramid.figure["layers"], pyramid.claims, strict=True):
        assert claim.request.body == {"op": "conv2d", "input_shape": list(shape), **layer}
        shape = infer(read_layer("textbook", "conv2d", shape, layer)).output_shape
        assert claim.result["output_shape"] == list(shape)


def test_chained_claims_feed_each_other(deck: Deck):
    edges, corner = _card(deck, "intuition").claims
    assert corner.request.body is not None
    assert corner.request.body["input"] == edges.result["output"]
    one, other, average, again = _card(deck, "translation-invariance").claims
    assert average.request.body is not None
    assert again.request.body is not None
    assert average.request.body["input"] == one.result["output"]
    assert again.request.body["input"] == other.result["output"]
    assert average.result == again.result


@pytest.mark.parametrize("key", ["statistical-invariance", "translation-invariance"])
def test_the_shifted_picture_is_the_same_picture_shifted(deck: Deck, key: str):
    one, other = (claim for claim in _card(deck, key).claims[:2])
    assert one.request.body is not None
    assert other.request.body is not None
    for before, after in (
        (one.request.body["input"], other.request.body["input"]),
        (one.result["output"], other.result["output"]),
    ):
        assert [[0, *row[:-1]] for row in before] == after


def test_texts_are_written_for_reading(deck: Deck):
    for card in deck.cards:
        for text in (card.front, card.back, card.erratum or "fine."):
            assert text == text.strip()
            assert not re.search(r" {2}|\t|\n ", text), card.key
            assert text[-1] in ".?)", card.key
        assert len(card.back) < 700, card.key
