"""The one drawing model: a few frozen shapes that every writer (SVG, PNG) understands.

Lengths are in pixels at scale 1, y grows downwards, colours are roles of the palette. A writer
paints the elements in order. Whatever a picture needs (arrows, hatching, grids) is made of these
six, so a writer stays short and all formats show the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from service.figures.palette import Role

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle; ``radius`` rounds its corners, ``dash`` is the length of a dash and of a gap."""

    x: float
    y: float
    width: float
    height: float
    fill: Role | None = None
    stroke: Role | None = None
    stroke_width: float = 1.0
    radius: float = 0.0
    dash: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed polygon."""

    points: tuple[Point, ...]
    fill: Role | None = None
    stroke: Role | None = None
    stroke_width: float = 1.0


@dataclass(frozen=True, slots=True)
class Segments:
    """Straight strokes of one kind: (x1, y1, x2, y2) each."""

    lines: tuple[tuple[float, float, float, float], ...]
    stroke: Role
    stroke_width: float = 1.0
    dash: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Raster:
    """Pixels of any colours: ``pixels`` holds red, green and blue of each, row after row."""

    x: float
    y: float
    width: float
    height: float
    columns: int
    rows: int
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; (x, y) is the anchor on the baseline, ``size`` the height of an em."""

    x: float
    y: float
    text: str
    size: float = 14.0
    fill: Role = Role.INK
    anchor: Anchor = "start"
    bold: bool = False
    mono: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Elements moved together by (dx, dy); ``part`` names what they show ("input", "output")."""

    elements: tuple[Element, ...]
    dx: float = 0.0
    dy: float = 0.0
    part: str = ""


Element = Rect | Polygon | Segments | Raster | Text | Group
Leaf = Rect | Polygon | Segments | Raster | Text


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished picture: ``title`` names it, ``description`` says in words what it shows."""

    width: float
    height: float
    title: str
    description: str
    elements: tuple[Element, ...]


def leaves(
    elements: tuple[Element, ...], dx: float = 0.0, dy: float = 0.0
) -> Iterator[tuple[Leaf, float, float]]:
    """Every element that is not a group, in painting order, with how far its groups move it."""
    for element in elements:
        if isinstance(element, Group):
            yield from leaves(element.elements, dx + element.dx, dy + element.dy)
        else:
            yield element, dx, dy
