"""Feature maps as tiles: each pixel has the colour of its number, and the words are true."""

from __future__ import annotations

import re
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from service.figures import DARK, LIGHT, Drawing, FigureError, Maps, draw_maps, png, svg
from service.figures.model import Raster, leaves

SVG = "{http://www.w3.org/2000/svg}"
PINK = [204, 121, 167]


def tiles(drawing: Drawing) -> list[np.ndarray]:
    """The pixels of each raster that is no scale of colours."""
    return [
        np.frombuffer(leaf.pixels, np.uint8).reshape(leaf.rows, leaf.columns, 3)
        for leaf, *_ in leaves(drawing.elements)
        if isinstance(leaf, Raster) and leaf.columns != 65
    ]


def test_greys_go_from_the_least_to_the_greatest_of_all_maps() -> None:
    values = np.array([[[2, 4], [6, 8]], [[10, 10], [5, 2]]])
    drawing = draw_maps([Maps("pool1", values)])
    expected = (values - 2) / 8 * 255
    for tile, wanted in zip(tiles(drawing), expected, strict=True):
        assert np.ptp(tile, axis=-1).max() == 0
        assert np.abs(tile[..., 0] - wanted).max() <= 255 / 64 / 2 + 1
    assert "pool1: 2 maps of 2 × 2; black is 2, white is 10." in drawing.description


def test_below_0_is_blue_0_is_white_and_above_is_orange() -> None:
    (tile,) = tiles(draw_maps([Maps("conv", np.array([[[-4.0, -1.0, 0.0, 1.0, 2.0]]]))]))
    (far, near, zero, above, more) = tile[0].astype(int)
    assert list(far) == [0, 114, 178]
    assert list(zero) == [255, 255, 255]
    assert near[2] > near[0]
    assert above[0] > above[2]
    assert sum(far) < sum(near) < 765
    assert sum(more) < sum(above)


def test_a_colour_picture_has_its_own_colours() -> None:
    picture = np.random.default_rng(3).integers(0, 256, (3, 5, 4))
    (tile,) = tiles(draw_maps([Maps("photo", picture, "rgb", (0, 255))]))
    assert np.abs(np.moveaxis(picture, 0, -1) - tile.astype(int)).max() <= 2


def test_a_given_span_holds_and_what_is_outside_is_cut() -> None:
    drawing = draw_maps([Maps("x", np.array([[[-10, 0, 51, 255, 999]]]), "grey", (0, 255))])
    assert tiles(drawing)[0][0, :, 0].tolist() == pytest.approx([0, 0, 51, 255, 255], abs=2)
    assert "values from −10 to 999: black is 0, white is 255" in drawing.description


def test_large_maps_are_means_of_squares() -> None:
    values = np.random.default_rng(5).uniform(0, 1, (3, 301, 202))
    drawing = draw_maps([Maps("large", values, span=(0, 1))])
    assert "each pixel drawn is the mean of up to 3 × 3" in drawing.description
    for tile, whole in zip(tiles(drawing), values, strict=True):
        assert tile.shape == (101, 68, 3)
        for row, column in ((0, 0), (50, 30), (100, 67), (100, 5)):
            square = whole[3 * row : 3 * row + 3, 3 * column : 3 * column + 3]
            assert tile[row, column, 0] == pytest.approx(255 * square.mean(), abs=3)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((70, 2, 2)), "70 maps of 2 × 2; every value is 0; the first 64 are drawn"),
        (np.full((1, 2, 3), -2.5), "1 map of 2 × 3; values from −2.5 to −2.5: white is 0"),
        (np.array([[[True, False]]]), "black is 0, white is 1"),
        (np.array([[[1e300, -1e308, 1e308]]]), "values from −1e+308 to 1e+308"),
        (np.array([[[np.nan, 1, 3, -np.inf]]]), "black is 1, white is 3; 2 values not finite"),
        (np.full((1, 1, 2), np.nan), "every value is 0; 2 values not finite, in pink"),
    ],
)
def test_words_and_odd_numbers(values: np.ndarray, words: str) -> None:
    drawing = draw_maps([Maps("out", values)])
    assert words in drawing.description
    pink = [(tile == PINK).all(axis=-1).sum() for tile in tiles(drawing)]
    assert sum(pink) == (~np.isfinite(values)).sum()
    assert len(pink) == min(len(values), 64)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_svg_and_png_show_the_pixels(theme: dict[str, str]) -> None:
    values = np.random.default_rng(7).normal(size=(5, 6, 9))
    drawing = draw_maps([Maps("conv", values)])
    rasters = [leaf for leaf, *_ in leaves(drawing.elements) if isinstance(leaf, Raster)]
    image = np.asarray(Image.open(BytesIO(png(drawing, 2, theme))).convert("RGB"), int)
    root = ElementTree.fromstring(svg(drawing, theme))  # noqa: S314 - our own picture
    groups = [one for one in root.iter(f"{SVG}g") if one.get("shape-rendering")]
    for raster, group in zip(rasters, groups, strict=True):
        wanted = np.frombuffer(raster.pixels, np.uint8).reshape(raster.rows, raster.columns, 3)
        painted = np.full(wanted.shape, -1)
        for path in group:
            colour = list(bytes.fromhex(path.get("stroke", "#")[1:]))
            for column, row, length in re.findall(r"M(\d+) (\d+)h(\d+)", path.get("d", "")):
                start = int(column)
                assert (painted[int(row), start : start + int(length)] == -1).all()
                painted[int(row), start : start + int(length)] = colour
        assert (painted == wanted).all()
        across, down = raster.width / raster.columns, raster.height / raster.rows
        for row in range(raster.rows):
            for column in range(0, raster.columns, 8):
                y, x = raster.y + (row + 0.5) * down, raster.x + (column + 0.5) * across
                assert np.abs(image[round(2 * y), round(2 * x)] - wanted[row, column]).max() <= 2


@pytest.mark.parametrize(
    ("sections", "code"),
    [
        ([], "picture_too_large"),
        ([Maps("x", np.zeros((1, 1, 1)))] * 25, "picture_too_large"),
        ([Maps("x", np.zeros((4, 4)))], "wrong_rank"),
        ([Maps("x", np.zeros((1, 0, 4)))], "wrong_rank"),
        ([Maps("x", np.zeros((1, 1, 1), complex))], "wrong_type"),
        ([Maps("x", np.zeros((4, 4, 4)), "rgb")], "input_channels_mismatch"),
    ],
)
def test_what_has_no_maps_is_refused(sections: list[Maps], code: str) -> None:
    with pytest.raises(FigureError) as caught:
        draw_maps(sections)
    assert caught.value.code == code
    assert caught.value.hint


def test_the_largest_picture_is_drawn() -> None:
    section = Maps("x", np.random.default_rng(1).normal(size=(64, 40, 40)))
    assert png(draw_maps([section] * 24))[:4] == b"\x89PNG"
