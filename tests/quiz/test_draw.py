from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from service.quiz.draw import MAX_SEED, Draw


def test_the_first_draws_of_a_material_are_fixed_for_ever():
    draw = Draw("conv-output-shape/1/medium/7")
    assert [draw.below(1000) for _ in range(8)] == [447, 893, 873, 263, 30, 398, 744, 524]
    assert Draw("a").shuffle(range(8)) == [2, 6, 7, 5, 4, 3, 1, 0]
    assert Draw("a").pick("abcdef") == "a"


def test_a_draw_is_a_hash_of_the_material_and_a_counter():
    key = hashlib.sha256(b"some material").digest()
    words = [
        int.from_bytes(hashlib.sha256(key + count.to_bytes(8, "big")).digest()[:8], "big")
        for count in range(20)
    ]
    draw = Draw("some material")
    assert [draw.below(97) for _ in words] == [word % 97 for word in words]


def test_words_that_would_favour_small_numbers_are_drawn_again():
    n = 2**63 + 1  # nearly half of all words lie above the last multiple of n
    key = hashlib.sha256(b"again").digest()
    words = (
        int.from_bytes(hashlib.sha256(key + count.to_bytes(8, "big")).digest()[:8], "big")
        for count in range(100)
    )
    kept = [word for word in words if word < n]
    draw = Draw("again")
    assert [draw.below(n) for _ in range(20)] == kept[:20]


def test_every_number_is_about_as_likely():
    draw = Draw("fair")
    seen = Counter(draw.between(3, 8) for _ in range(6000))
    assert set(seen) == {3, 4, 5, 6, 7, 8}
    assert all(850 < times < 1150 for times in seen.values())


def test_a_shuffle_keeps_the_items_and_reaches_every_order():
    orders = Counter("".join(Draw(f"order {seed}").shuffle("abc")) for seed in range(600))
    assert set(orders) == {"abc", "acb", "bac", "bca", "cab", "cba"}
    assert min(orders.values()) > 60


@pytest.mark.parametrize("n", [0, -1, 2**64 + 1])
def test_there_is_nothing_below_zero_or_above_a_word(n: int):
    with pytest.raises(ValueError, match="n must be"):
        Draw("x").below(n)


def test_one_and_a_whole_word_are_fine():
    assert Draw("x").below(1) == 0
    assert 0 <= Draw("x").below(2**64) < 2**64


def test_every_seed_survives_a_json_reader_that_only_has_doubles():
    assert int(float(MAX_SEED)) == MAX_SEED
