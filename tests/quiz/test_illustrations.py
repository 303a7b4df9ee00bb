"""What the cards claim, held against numpy: loops and slices, no engine of ours."""

from __future__ import annotations

import base64
import io
import itertools
from typing import Any

import numpy as np
import pytest
from PIL import Image

from service.quiz.deck_file import seed_deck
from service.quiz.illustrations import ILLUSTRATIONS, illustration

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def correlate(picture: Any, kernel: Any, stride: int = 1) -> Any:
    """A cross-correlation without padding, window by window."""
    rows, columns = (
        (size - reach) // stride + 1
        for size, reach in zip(picture.shape[-2:], kernel.shape[-2:], strict=True)
    )
    return np.array(
        [
            [
                (
                    picture[
                        ...,
                        row * stride : row * stride + kernel.shape[-2],
                        column * stride : column * stride + kernel.shape[-1],
                    ]
                    * kernel
                ).sum()
                for column in range(columns)
            ]
            for row in range(rows)
        ]
    )


def bodies(name: str) -> list[dict[str, Any]]:
    return [dict(one.request.body or {}) for one in illustration(name).requests]


def image(body: dict[str, Any]) -> Any:
    """The picture in a request."""
    data = base64.b64decode(body["input"]["image"])
    return np.asarray(Image.open(io.BytesIO(data)), np.int64)


def test_the_map_moves_as_far_as_the_cat() -> None:
    facts = illustration("equivariance").facts
    first, second = (np.array(body["input"]) for body in bodies("equivariance"))
    down, right = facts["shift"]
    assert (np.roll(first, (down, right), (0, 1)) == second).all()
    assert not (first == second).all()
    maps = correlate(first, SOBEL_X), correlate(second, SOBEL_X)
    assert (maps[1][down:, right:] == maps[0][:-down, :-right]).all()
    assert facts["largest_difference_moved_back"] == 0
    assert facts["largest_difference"] == np.abs(maps[1] - maps[0]).max() > 0


def test_a_global_pool_says_the_same() -> None:
    facts = illustration("invariance").facts
    cats = [np.array(body["input"]) for body in bodies("equivariance")]
    maps = [np.maximum(correlate(cat, SOBEL_X), 0) for cat in cats]
    assert facts["maps_equal"] is False
    assert not (maps[0] == maps[1]).all()
    assert facts["maximum"] == [one.max() for one in maps]
    assert facts["average"] == pytest.approx([one.mean() for one in maps])
    assert len({*facts["maximum"]}) == len({*facts["average"]}) == 1
    for body, expected in zip(bodies("invariance"), [*maps, *maps], strict=True):
        assert (np.array(body["input"])[0] == expected).all()


def test_parameters_are_counted_weight_by_weight() -> None:
    outputs = list(itertools.product(range(26), range(26), range(8)))
    found = illustration("shared-weights").facts["parameters"]
    assert found["convolution"] == sum(9 + 1 for _ in range(8)) == 80
    assert found["locally connected"] == sum(9 + 1 for _ in outputs)
    assert found["dense"] == sum(28 * 28 + 1 for _ in outputs)


def test_a_second_layer_finds_what_edges_make() -> None:
    body, _ = bodies("edges")
    picture = image(body).astype(np.int64)
    filters = np.array(body["weight"])
    assert (filters[0, 0] == SOBEL_X).all()
    assert (filters[1] == -filters[0]).all()
    assert (filters[2, 0] == SOBEL_X.T).all()
    first = np.stack([np.maximum(correlate(picture, one[0]), 0) for one in filters])
    facts = illustration("edges").facts
    assert facts["first_layer_maximum"] == [one.max() for one in first]
    # A darkening and, two pixels to the right, a brightening, in three rows; less the threshold.
    brighter, darker = first[:2]
    both = darker[:, :-2] + brighter[:, 2:]
    stripes = both[1:-3] + both[2:-2] + both[3:-1]
    second = np.maximum(stripes[:, 1:-1] - 1700, 0)
    assert facts["second_layer_maximum"] == [second.max()]
    assert facts["second_layer_positions"] == [(second > 0).sum()]
    # One edge alone never is enough, and what is found lies on the trunk or the chimney.
    assert 3 * first[:2].max() <= 1700
    columns = np.unique(np.nonzero(second)[1]) + 3
    assert set(columns) <= {*range(33, 38), *range(53, 57)}
    assert {*columns} & {*range(33, 38)}
    assert {*columns} & {*range(53, 57)}


def test_strides_take_every_second_and_third() -> None:
    first, *others = bodies("strides")
    padded = np.pad(image(first), 1)
    kernel = np.array(first["weight"])[0, 0]
    whole = correlate(padded, kernel)
    facts = illustration("strides").facts
    assert facts["output_sizes"][0] == list(whole.shape)
    for body, size in zip(others, facts["output_sizes"][1:], strict=True):
        assert size == [-(-full // body["stride"]) for full in whole.shape]
    assert facts["values"] == [rows * columns for rows, columns in facts["output_sizes"]]


def test_greys_have_a_third_of_the_numbers() -> None:
    facts = illustration("grey-and-colour").facts
    assert facts["parameters"] == {
        "grey": sum(25 + 1 for _ in range(16)),
        "colour": sum(3 * 25 + 1 for _ in range(16)),
    }
    colours = image(bodies("grey-and-colour")[-1])
    assert facts["numbers_per_picture"] == {"grey": 48 * 64, "colour": colours.size}


def test_a_map_for_each_filter() -> None:
    (body,) = bodies("feature-maps")
    weight = np.array(body["weight"])
    facts = illustration("feature-maps").facts
    assert facts["maps"] == len(weight) == 8
    assert facts["weight_sums"] == pytest.approx(weight.sum(axis=(1, 2, 3)))
    assert facts["weight_sums"] == [1] * 4 + [0] * 4


def test_each_is_tried_on_a_card_with_its_picture() -> None:
    tries = [one for card in seed_deck().cards for one in card.tries]
    tried = {one.request.path.rpartition("/")[2]: one for one in tries if one.picture}
    assert set(tried) == set(ILLUSTRATIONS)
    assert all(one.picture == f"{one.request.path}.svg" for one in tried.values())
