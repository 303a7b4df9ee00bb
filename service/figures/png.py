"""A drawing as PNG bytes. The only module that uses Pillow, and only once it is called."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from math import hypot, sqrt
from typing import TYPE_CHECKING

from service.figures.errors import FigureError
from service.figures.metrics import font_bytes, font_file
from service.figures.model import Drawing, Element, Polygon, Raster, Rect, Segments, Text, leaves
from service.figures.palette import LIGHT, Role, Theme

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

OVERSAMPLING = 2
MAX_SCALE = 4.0
COMMON_PIXELS = 6_000_000
MAX_PIXELS = 16_000_000
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def png(drawing: Drawing, scale: float | None = None, theme: Theme = LIGHT) -> bytes:
    """The drawing as a PNG of ``scale`` pixels per unit, with its title and description inside.

    Without a scale it is 2, and less for a drawing so large that it would have over 6 million
    pixels.

    Shapes and text are painted twice as large and averaged, which smooths slanted edges.
    Raises FigureError if the scale is not within (0, 4] or the picture would be too large.
    """
    if scale is None:
        scale = min(2.0, max(0.5, sqrt(COMMON_PIXELS / (drawing.width * drawing.height))))
    if not 0 < scale <= MAX_SCALE:
        raise FigureError(
            "bad_scale", f"a scale of {scale} is not possible", "/scale", "above 0, at most 4"
        )
    width, height = round(drawing.width * scale), round(drawing.height * scale)
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise FigureError(
            "picture_too_large",
            f"{width} × {height} pixels cannot be drawn",
            "/scale",
            f"at most {MAX_PIXELS} pixels in all, at least one",
        )
    from PIL import Image, PngImagePlugin

    large = (width * OVERSAMPLING, height * OVERSAMPLING)
    # Transparent outside the panel's round corners, in the colour of its edge where they blend.
    image = Image.new("RGBA", large, theme[Role.PANEL_EDGE] + "00")
    painter(image, scale * OVERSAMPLING, theme).paint(drawing)
    words = PngImagePlugin.PngInfo()
    for name, text in (("Title", drawing.title), ("Description", drawing.description)):
        words.add_itxt(name, text.encode("utf-8", "replace").decode().replace("\0", "?"))
    small = image.reduce(OVERSAMPLING)
    if not any(isinstance(leaf, Raster) for leaf, _, _ in leaves(drawing.elements)):
        # A few flat colours and their blends: 256 show them within what an eye can tell, and the
        # file is a third as large.
        small = small.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    buffer = BytesIO()
    small.save(buffer, "PNG", pnginfo=words)
    return buffer.getvalue()


@lru_cache(maxsize=64)
def _font(name: str, size: float) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(BytesIO(font_bytes(name)), size, layout_engine=ImageFont.Layout.BASIC)


def painter(image: Image, unit: float, theme: Theme) -> _Painter:
    """What paints elements on an image, ``unit`` of its pixels to a unit of theirs."""
    from PIL import ImageDraw

    return _Painter(image, ImageDraw.Draw(image), unit, theme)


class _Painter:
    """Paints a drawing's elements on a Pillow canvas, ``unit`` canvas pixels to a unit."""

    def __init__(self, image: Image, canvas: ImageDraw, unit: float, theme: Theme) -> None:
        self.image = image
        self.canvas = canvas
        self.unit = unit
        self.theme = theme

    def paint(self, drawing: Drawing) -> None:
        self.paint_all(drawing.elements)

    def paint_all(self, elements: Iterable[Element]) -> None:
        for element, dx, dy in leaves(tuple(elements)):
            match element:
                case Rect():
                    self.rect(element, dx, dy)
                case Polygon():
                    self.polygon(element, dx, dy)
                case Segments():
                    for x1, y1, x2, y2 in element.lines:
                        line = (x1 + dx, y1 + dy, x2 + dx, y2 + dy)
                        self.stroke(line, element.stroke, element.stroke_width, element.dash)
                case Raster():
                    self.raster(element, dx, dy)
                case _:
                    self.text(element, dx, dy)

    def rect(self, rect: Rect, dx: float, dy: float) -> None:
        x, y = rect.x + dx, rect.y + dy
        right, bottom = x + rect.width, y + rect.height
        left_px, top_px, right_px, bottom_px = (
            round(edge * self.unit) for edge in (x, y, right, bottom)
        )
        fill = self.theme[rect.fill] if rect.fill else None
        if rect.stroke is None or rect.dash:
            edges = (left_px, top_px, max(left_px, right_px - 1), max(top_px, bottom_px - 1))
            self.canvas.rounded_rectangle(edges, rect.radius * self.unit, fill)
        else:
            # The stroke lies around the edge, on the same pixels for two cells that share it.
            thick = self.thickness(rect.stroke_width)
            before, after = thick // 2, thick - thick // 2 - 1
            self.canvas.rounded_rectangle(
                (left_px - before, top_px - before, right_px + after, bottom_px + after),
                (rect.radius + rect.stroke_width / 2) * self.unit if rect.radius else 0,
                fill,
                self.theme[rect.stroke],
                thick,
            )
        if rect.stroke and rect.dash:
            corners = ((x, y), (right, y), (right, bottom), (x, bottom), (x, y))
            for start, end in pairwise(corners):
                self.stroke((*start, *end), rect.stroke, rect.stroke_width, rect.dash)

    def raster(self, raster: Raster, dx: float, dy: float) -> None:
        from PIL import Image

        left, top = round((raster.x + dx) * self.unit), round((raster.y + dy) * self.unit)
        right = round((raster.x + dx + raster.width) * self.unit)
        bottom = round((raster.y + dy + raster.height) * self.unit)
        small = Image.frombytes("RGB", (raster.columns, raster.rows), raster.pixels)
        size = (max(1, right - left), max(1, bottom - top))
        self.image.paste(small.resize(size, Image.Resampling.NEAREST), (left, top))

    def thickness(self, width: float) -> int:
        return max(1, round(width * self.unit))

    def polygon(self, polygon: Polygon, dx: float, dy: float) -> None:
        points = [((x + dx) * self.unit, (y + dy) * self.unit) for x, y in polygon.points]
        if polygon.fill:
            self.canvas.polygon(points, self.theme[polygon.fill])
        if polygon.stroke:
            width = self.thickness(polygon.stroke_width)
            # Two points past the start, so that the first corner is joined like the others.
            path = [*points, *points[:2]]
            self.canvas.line(path, self.theme[polygon.stroke], width, joint="curve")

    def stroke(
        self,
        line: tuple[float, float, float, float],
        role: Role,
        width: float,
        dash: tuple[float, float] | None,
    ) -> None:
        thick = self.thickness(width)
        for piece in _dashes(line, dash):
            self.canvas.line([end * self.unit for end in piece], self.theme[role], thick)

    def text(self, text: Text, dx: float, dy: float) -> None:
        font = _font(font_file(bold=text.bold, mono=text.mono), text.size * self.unit)
        place = ((text.x + dx) * self.unit, (text.y + dy) * self.unit)
        self.canvas.text(
            place,
            text.text.encode("utf-8", "replace").decode(),
            self.theme[text.fill],
            font,
            _ANCHORS[text.anchor],
        )


def _dashes(
    line: tuple[float, float, float, float], dash: tuple[float, float] | None
) -> list[tuple[float, float, float, float]]:
    """The visible pieces of a line."""
    x1, y1, x2, y2 = line
    length = hypot(x2 - x1, y2 - y1)
    if dash is None or length == 0:
        return [line]
    on, off = dash
    pieces = []
    at = 0.0
    while at < length:
        start, end = at / length, min(at + on, length) / length
        pieces.append(
            (
                x1 + (x2 - x1) * start,
                y1 + (y2 - y1) * start,
                x1 + (x2 - x1) * end,
                y1 + (y2 - y1) * end,
            )
        )
        at += on + off
    return pieces
