"""Widths of text, against FreeType's own measure of the same fonts."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import ImageFont

from service.figures.metrics import fit, font_bytes, font_file, text_box, text_width, wrap
from service.figures.model import Text

LINES = ("input 28 × 28 × 3", "⌊(32 + 2·1 − 8) / 2⌋ + 1 = 14", "K = 20 filters, ⊙ Σ ⋮ … → ∗", "ß")


@pytest.mark.parametrize("style", [{}, {"bold": True}, {"mono": True}], ids=str)
@pytest.mark.parametrize("line", LINES)
def test_widths_are_those_of_the_fonts(line: str, style: dict[str, bool]) -> None:
    font = ImageFont.truetype(
        BytesIO(font_bytes(font_file(**style))), 1000, layout_engine=ImageFont.Layout.BASIC
    )
    assert text_width(line, 1000, **style) == pytest.approx(font.getlength(line), rel=2e-3)


def test_every_sign_of_the_pictures_is_in_the_fonts() -> None:
    for style in ({}, {"bold": True}):
        font = ImageFont.truetype(BytesIO(font_bytes(font_file(**style))), 40)
        missing = bytes(font.getmask("\uffff"))
        for sign in "×−·⌊⌋⌈⌉…→∗Σ⊙⋮=+0123456789:,()":
            assert bytes(font.getmask(sign)) != missing, sign


def test_a_sign_that_no_font_has_is_given_room() -> None:
    assert text_width("日", 10) > 5


def test_a_box_stands_where_its_anchor_says() -> None:
    width = text_width("28 × 28", 20)
    for anchor, left in (("start", 100.0), ("middle", 100 - width / 2), ("end", 100 - width)):
        box = text_box(Text(100, 50, "28 × 28", 20, anchor=anchor))  # type: ignore[arg-type]
        assert box[0] == pytest.approx(left)
        assert box[2] - box[0] == pytest.approx(width)
        assert box[1] < 50 < box[3]


def test_fit_shrinks_only_what_is_too_wide() -> None:
    assert fit("12", 100, 20) == 20
    small = fit("123456789", 40, 20)
    assert text_width("123456789", small) == pytest.approx(40)


def test_wrap_keeps_words_and_widths() -> None:
    text = "the filter slides on with the same weights everywhere"
    lines = wrap(text, 120, 14)
    assert len(lines) > 2
    assert " ".join(lines) == text
    assert all(text_width(line, 14) <= 120 for line in lines)
    assert wrap("incomprehensibilities", 10, 14) == ["incomprehensibilities"]
    assert wrap("", 10, 14) == []
