"""Colours: contrast by WCAG 2.2, and told apart by people with a colour vision deficiency."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from service.figures.palette import (
    COLOURED_TEXTS,
    GROUNDS,
    MARKS,
    SERIES,
    TEXTS,
    THEMES,
    Role,
    Theme,
    series,
)

# Viénot, Brettel and Mollon (1999), on linear RGB: what a protanope and a deuteranope see.
DEFICIENCIES = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.11238, 0.88762, 0), (0.11238, 0.88762, 0), (0.00401, -0.00401, 1)),
    "deuteranopia": ((0.29275, 0.70725, 0), (0.29275, 0.70725, 0), (-0.02234, 0.02234, 1)),
}


def linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted(
        (
            0.2126 * red + 0.7152 * green + 0.0722 * blue
            for red, green, blue in (linear(one), linear(other))
        ),
        reverse=True,
    )
    return (bright + 0.05) / (dim + 0.05)


def lab(colour: list[float]) -> list[float]:
    """CIE L*a*b* under D65."""
    matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.95047, 1.0, 1.08883)
    x, y, z = (
        sum(a * b for a, b in zip(row, colour, strict=True)) / whole
        for row, whole in zip(matrix, white, strict=True)
    )
    x, y, z = (max(v, 0) ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


def seen(colour: str, deficiency: str) -> list[float]:
    rgb = linear(colour)
    return lab(
        [sum(a * b for a, b in zip(row, rgb, strict=True)) for row in DEFICIENCIES[deficiency]]
    )


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_has_contrast_on_every_ground(theme: Theme) -> None:
    for text, ground in (*product(TEXTS, GROUNDS), *COLOURED_TEXTS):
        assert contrast(theme[text], theme[ground]) >= 4.5, (text, ground)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_marks_have_contrast_on_every_ground(theme: Theme) -> None:
    for mark, ground in product(MARKS, GROUNDS):
        assert contrast(theme[mark], theme[ground]) >= 3, (mark, ground)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_roles_that_stand_together_are_told_apart(theme: Theme, deficiency: str) -> None:
    far = ((Role.KERNEL_TINT, Role.PADDING),)
    together = (
        (Role.KERNEL, Role.OUTPUT, Role.GRID),
        (Role.RED, Role.GREEN, Role.BLUE),
        (Role.KERNEL_TINT, Role.PADDING, Role.CELL),
        (Role.KERNEL_TINT, Role.OUTPUT_TINT, Role.CELL),
    )
    for group in together:
        for one, other in combinations(group, 2):
            a, b = seen(theme[one], deficiency), seen(theme[other], deficiency)
            distance = sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5
            assert distance > (15 if (one, other) in far else 5), (one, other, distance)


def test_every_role_has_a_colour_in_every_theme() -> None:
    for theme in THEMES.values():
        assert set(theme) == set(Role)
        assert all(len(colour) == 7 and colour[0] == "#" for colour in theme.values())


def test_series_begin_anew_after_the_last() -> None:
    assert [series(index) for index in range(8)] == [*SERIES, *SERIES]
    assert len(set(SERIES)) == len(SERIES)
