"""A drawing as SVG text: self-contained, without script, style sheet or outside reference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from service.figures.model import Drawing, Element, Group, Polygon, Raster, Rect, Segments, Text
from service.figures.palette import LIGHT, Role, Theme

SANS = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
MONOSPACED = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"

# What XML 1.0 cannot hold, even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg(drawing: Drawing, theme: Theme = LIGHT) -> str:
    """The drawing as an SVG document; the same drawing always gives the same text."""
    lines = [
        *opening(drawing),
        f"<desc>{written(drawing.description)}</desc>",
        *(element(one, theme) for one in drawing.elements),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def opening(drawing: Drawing) -> list[str]:
    """The first lines of a document of this size: its element and its title."""
    width, height = _number(drawing.width), _number(drawing.height)
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img" font-family="{SANS}">'
    )
    return [
        root,
        f"<title>{written(drawing.title)}</title>",
    ]


def element(element: Element, theme: Theme) -> str:
    """One element as SVG."""
    match element:
        case Rect():
            return _rect(element, theme)
        case Polygon():
            points = " ".join(f"{_number(x)},{_number(y)}" for x, y in element.points)
            paint = _paint(element.fill, element.stroke, element.stroke_width, theme)
            return f'<polygon points="{points}"{paint} stroke-linejoin="round"/>'
        case Segments():
            path = "".join(
                f"M{_number(x1)} {_number(y1)}L{_number(x2)} {_number(y2)}"
                for x1, y1, x2, y2 in element.lines
            )
            paint = _paint(None, element.stroke, element.stroke_width, theme)
            return f'<path d="{path}"{paint}{_dash(element.dash)}/>'
        case Raster():
            return _raster(element)
        case Text():
            return _label(element, theme)
        case _:
            return _group(element, theme)


def _rect(rect: Rect, theme: Theme) -> str:
    place = " ".join(
        f'{name}="{_number(value)}"'
        for name, value in (
            ("x", rect.x),
            ("y", rect.y),
            ("width", rect.width),
            ("height", rect.height),
        )
    )
    radius = f' rx="{_number(rect.radius)}"' if rect.radius else ""
    paint = _paint(rect.fill, rect.stroke, rect.stroke_width, theme)
    return f"<rect {place}{radius}{paint}{_dash(rect.dash)}/>"


def _raster(raster: Raster) -> str:
    """Pixels as strokes one pixel high: an image inside would be blurred by some viewers, and
    kept out by the content security policy of many pages."""
    strokes: dict[bytes, list[str]] = {}
    for row in range(raster.rows):
        for column, length, colour in _runs(raster, row):
            strokes.setdefault(colour, []).append(f"M{column} {row}h{length}")
    across, down = raster.width / raster.columns, raster.height / raster.rows
    move = f"translate({_number(raster.x)} {_number(raster.y + down / 2)})"
    paths = "\n".join(
        f'<path stroke="#{colour.hex()}" d="{"".join(parts)}"/>'
        for colour, parts in sorted(strokes.items())
    )
    return (
        f'<g transform="{move} scale({across:.6g} {down:.6g})" shape-rendering="crispEdges">\n'
        f"{paths}\n</g>"
    )


def _runs(raster: Raster, row: int) -> Iterator[tuple[int, int, bytes]]:
    """Neighbours of one colour in a row: the first one's column, how many, the colour."""
    start = 3 * row * raster.columns
    colours = [raster.pixels[at : at + 3] for at in range(start, start + 3 * raster.columns, 3)]
    column = 0
    for colour, group in groupby(colours):
        length = len(list(group))
        yield column, length, colour
        column += length


def _label(text: Text, theme: Theme) -> str:
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    weight = ' font-weight="bold"' if text.bold and not text.mono else ""
    family = f' font-family="{MONOSPACED}"' if text.mono else ""
    return (
        f'<text x="{_number(text.x)}" y="{_number(text.y)}" font-size="{_number(text.size)}"'
        f' fill="{theme[text.fill]}"{anchor}{weight}{family}>{written(text.text)}</text>'
    )


def _group(group: Group, theme: Theme) -> str:
    part = f" data-part={quoteattr(_clean(group.part))}" if group.part else ""
    move = ""
    if group.dx or group.dy:
        move = f' transform="translate({_number(group.dx)} {_number(group.dy)})"'
    inside = "\n".join(element(one, theme) for one in group.elements)
    return f"<g{part}{move}>\n{inside}\n</g>"


def _paint(fill: Role | None, stroke: Role | None, width: float, theme: Theme) -> str:
    painted = f' fill="{theme[fill] if fill else "none"}"'
    if stroke:
        painted += f' stroke="{theme[stroke]}"'
        if width != 1:
            painted += f' stroke-width="{_number(width)}"'
    return painted


def _dash(dash: tuple[float, float] | None) -> str:
    return f' stroke-dasharray="{_number(dash[0])} {_number(dash[1])}"' if dash else ""


def _number(value: float) -> str:
    """At most two decimals, no exponent, no minus zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("�", text)


def written(text: str) -> str:
    """Text as it may stand in a document."""
    return escape(_clean(text))
