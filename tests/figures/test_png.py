"""PNG: the same picture as the SVG, decodable, deterministic, within limits."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from service.figures import DARK, LIGHT, Drawing, FigureError, figure, png
from service.figures.model import Group, Polygon, Rect, Segments, Text, leaves
from service.figures.palette import Role, Theme


def decode(data: bytes) -> PngImageFile:
    image = Image.open(BytesIO(data))
    assert isinstance(image, PngImageFile)
    image.load()
    return image


def colour(theme: Theme, role: Role) -> tuple[int, ...]:
    return tuple(int(theme[role][at : at + 2], 16) for at in (1, 3, 5))


def near(one: object, other: tuple[int, ...]) -> bool:
    assert isinstance(one, tuple)
    return all(abs(a - b) <= 3 for a, b in zip(one[:3], other, strict=True))


def test_decodes_in_the_size_asked_for(drawing: Drawing) -> None:
    for scale in (0.5, 1, 2):
        image = decode(png(drawing, scale))
        assert image.format == "PNG"
        assert image.size == (round(drawing.width * scale), round(drawing.height * scale))


def test_title_and_description_are_inside(drawing: Drawing) -> None:
    image = decode(png(drawing, 0.5))
    assert image.text == {"Title": drawing.title, "Description": drawing.description}


def test_same_drawing_same_bytes(drawing: Drawing) -> None:
    assert png(drawing, 1) == png(drawing, 1)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_cell_has_its_colour_and_every_text_some_ink(drawing: Drawing, theme: Theme) -> None:
    image = decode(png(drawing, 2, theme)).convert("RGBA").convert("RGB")
    for leaf, dx, dy in leaves(drawing.elements):
        if isinstance(leaf, Text) and leaf.text.strip():
            x = leaf.x + dx - {"start": 0, "middle": 0.5, "end": 1}[leaf.anchor] * leaf.size
            y = leaf.y + dy
            area = (2 * x, 2 * (y - leaf.size), 2 * (x + leaf.size), 2 * (y + 0.2 * leaf.size))
            shown = image.crop(area).getcolors(100_000)
            assert shown is not None
            assert len(shown) > 1, leaf.text
    panel = drawing.elements[0]
    assert isinstance(panel, Rect)
    assert near(image.getpixel((24, image.height // 2)), colour(theme, Role.PANEL))
    shown = image.getcolors(100_000)
    assert shown is not None
    ground = sum(count for count, rgb in shown if near(rgb, colour(theme, Role.PANEL)))
    assert 0.1 < ground / (image.width * image.height) < 0.99


def test_is_transparent_outside_the_round_corners(drawing: Drawing) -> None:
    image = decode(png(drawing, 1)).convert("RGBA")
    right, bottom = image.width - 1, image.height - 1
    for corner in ((0, 0), (right, 0), (0, bottom), (right, bottom)):
        pixel = image.getpixel(corner)
        assert isinstance(pixel, tuple)
        assert pixel[3] < 40
    middle = image.getpixel((20, 20))
    assert isinstance(middle, tuple)
    assert middle[3] >= 254


def test_shapes_stand_where_the_model_says() -> None:
    drawing = Drawing(
        40,
        40,
        "t",
        "d",
        (
            Rect(0, 0, 40, 40, Role.PANEL),
            Group((Rect(4, 4, 8, 8, Role.KERNEL),), dx=2, dy=1),
            Polygon(((20, 4), (36, 4), (36, 16), (20, 16)), Role.GREEN, Role.INK, 2),
            Polygon(((1, 1), (3, 1), (3, 3)), None, Role.INK),
            Segments(((4, 30, 36, 30),), Role.RED, 2, (4, 4)),
            Rect(4, 20, 30, 4, None, Role.OUTPUT, 2),
            Rect(20, 34, 12, 4, Role.BLUE_TINT, Role.INK, dash=(2, 2)),
        ),
    )
    image = decode(png(drawing, 1)).convert("RGBA").convert("RGB")

    def seen(x: int, y: int, role: Role) -> bool:
        return near(image.getpixel((x, y)), colour(LIGHT, role))

    assert seen(6, 5, Role.KERNEL)
    assert seen(13, 12, Role.KERNEL)
    assert seen(5, 4, Role.PANEL)
    assert seen(14, 13, Role.PANEL)
    assert seen(28, 10, Role.GREEN)
    assert seen(20, 10, Role.INK)
    assert seen(5, 30, Role.RED)
    assert seen(10, 30, Role.PANEL)
    assert seen(13, 30, Role.RED)
    assert seen(20, 20, Role.OUTPUT)
    assert seen(20, 22, Role.PANEL)
    assert seen(26, 36, Role.BLUE_TINT)


@pytest.mark.parametrize("scale", [0, -1, 4.01, float("nan"), float("inf")])
def test_a_scale_outside_the_limits_is_refused(scale: float) -> None:
    with pytest.raises(FigureError) as caught:
        png(figure("pyramid"), scale)
    assert caught.value.code == "bad_scale"
    assert caught.value.pointer == "/scale"
    assert caught.value.hint


@pytest.mark.parametrize("size", [(100_000, 100_000), (0.1, 50), (1e9, 1)])
def test_a_picture_too_large_or_empty_is_refused(size: tuple[float, float]) -> None:
    with pytest.raises(FigureError) as caught:
        png(Drawing(*size, "t", "d", ()))
    assert caught.value.code == "picture_too_large"


def test_text_that_is_no_text_is_drawn_all_the_same() -> None:
    odd = "nul \x00, surrogate \ud800, 日本, <b>&amp;"
    image = decode(png(Drawing(200, 40, odd, odd, (Text(5, 20, odd), Segments((), Role.INK)))))
    assert image.size == (400, 80)
    assert image.text["Title"] == "nul ?, surrogate ?, 日本, <b>&amp;"


def test_a_stroke_without_length_is_no_endless_dash() -> None:
    line = Segments(((5, 5, 5, 5),), Role.INK, 1, (3, 3))
    assert decode(png(Drawing(20, 20, "t", "d", (line,)))).size == (40, 40)


def test_pillow_is_loaded_only_to_paint() -> None:
    code = (
        "import sys; from service.figures import figure, svg; svg(figure('patch')); "
        "sys.exit('PIL' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
