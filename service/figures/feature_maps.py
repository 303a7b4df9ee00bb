"""Feature maps as they look: each channel of an output a tile of grey or coloured pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from service.figures.errors import FigureError
from service.figures.metrics import fit, text_width
from service.figures.model import Drawing, Element, Group, Raster, Rect, Text
from service.figures.palette import Role
from service.figures.parts import (
    CAPTION_SIZE,
    LABEL_SIZE,
    LINE,
    MARGIN,
    TITLE_BOTTOM,
    finish,
    paragraph,
    plural,
    short,
    times,
)
from service.figures.shades import STEPS, Colours, Shades, ends, shades

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["MAX_MAPS", "MAX_PIXELS", "MAX_SECTIONS", "Maps", "draw_maps"]

MAX_MAPS: Final = 64
"""So many maps of one output are drawn; the words say how many there are."""
MAX_PIXELS: Final = 32_768
"""So many pixels a section has; maps with more are drawn smaller, a pixel the mean of a square."""
MAX_SECTIONS: Final = 24
WIDTH: Final = 720.0
HEIGHT: Final = 360.0
LARGEST_TILE: Final = 240.0
SMALLEST_TILE: Final = 40.0
LARGEST_CELL: Final = 40.0
THINNEST: Final = 14.0
GAP: Final = 10.0
BESIDE: Final = 28.0
NAME_SIZE: Final = 10.5
BAR: Final = (160.0, 10.0)


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """One output: ``values`` of shape ``(channels, height, width)``, and what it is called.

    ``colours`` is "grey", "signed" (blue below 0, white 0, orange above), "auto" (signed where
    numbers are below 0) or "rgb" (three channels as one colour picture). ``span`` gives the numbers
    that are black and white, (0, 255) for a picture; without it, the least and the greatest.
    ``names`` stand under the maps instead of their numbers, from 0. ``cell`` is the size of a pixel
    of theirs where they would be drawn larger.
    """

    title: str
    values: Array = field(repr=False)
    colours: Colours = "auto"
    span: tuple[float, float] | None = None
    names: tuple[str, ...] = ()
    cell: float = 0.0


class _Section(NamedTuple):
    title: str
    values: Array
    chosen: Shades
    tiles: Array
    side: int
    names: tuple[str, ...]
    cell: float


def draw_maps(
    sections: Sequence[Maps | Sequence[Maps]], title: str = "Feature maps", note: str = ""
) -> Drawing:
    """Draw one output after another, each as a grid of its maps with the range of its numbers.

    Several outputs in a list of their own stand beside one another; ``note`` stands below all.

    All maps of an output share one scale, so that a strong response looks stronger than a weak one.
    At most 64 maps of an output are drawn, and 32,768 pixels: larger maps are averaged over squares
    of pixels, and the words say so. Numbers that are not finite are pink.

    Raises FigureError for no or more than 24 outputs, for values that are no numbers of shape
    ``(channels, height, width)`` or have none, and for "rgb" without three channels.
    """
    grouped = [[one] if isinstance(one, Maps) else one for one in sections]
    if not 1 <= sum(map(len, grouped)) <= MAX_SECTIONS or not all(grouped):
        raise FigureError(
            "picture_too_large",
            f"{sum(map(len, grouped))} outputs are asked for; a picture shows 1 to {MAX_SECTIONS}.",
            hint=f"Give at least one and at most {MAX_SECTIONS}.",
        )
    rows = [
        [_prepared(one, f"/{at}/{beside}/values") for beside, one in enumerate(row)]
        for at, row in enumerate(grouped)
    ]
    elements: list[Element] = []
    words: list[str] = []
    y = TITLE_BOTTOM + 18
    for row in rows:
        width = (WIDTH - (len(row) - 1) * BESIDE) / len(row)
        places = [MARGIN + at * (width + BESIDE) for at in range(len(row))]
        heads = [_head(one, x, y, width) for one, x in zip(row, places, strict=True)]
        y = max(bottom for _, _, bottom in heads) + GAP
        tiles = [_tiles(one, x, y, width) for one, x in zip(row, places, strict=True)]
        for (said, head, _), (drawn, _) in zip(heads, tiles, strict=True):
            words.append(said)
            elements.append(Group((*head, *drawn), part="maps"))
        y = max(bottom for _, bottom in tiles) + 22
    if note:
        lines, y = paragraph([note], y - 6, WIDTH + 2 * MARGIN)
        elements += lines
        words.append(note)
        y += 22
    return finish(WIDTH + 2 * MARGIN, y - 22 + MARGIN - 8, title, " ".join(words), elements)


def _prepared(section: Maps, pointer: str) -> _Section:
    """What is drawn of some maps; FigureError for what can't be."""
    _check(section, pointer)
    values = np.asarray(section.values, np.float64)
    chosen = shades(values, section.colours, section.span)
    tiles = values[None] if chosen.colours == "rgb" else values[:MAX_MAPS, None]
    names = section.names
    if not names and len(tiles) > 1:
        names = tuple(map(str, range(len(tiles))))
    averaged, side = _averaged(tiles)
    return _Section(section.title, values, chosen, averaged, side, names, section.cell)


def _check(section: Maps, pointer: str) -> None:
    values = section.values
    if values.dtype.kind not in "biuf":
        raise FigureError(
            "wrong_type", f"Maps hold numbers; these are {values.dtype}.", pointer, "Give numbers."
        )
    if values.ndim != 3 or not values.size:
        raise FigureError(
            "wrong_rank",
            f"Maps have channels, a height and a width; this is {times(values.shape) or 'none'}.",
            pointer,
            "(channels, height, width), each at least 1.",
        )
    if section.colours == "rgb" and len(values) != 3:
        raise FigureError(
            "input_channels_mismatch",
            f"A colour picture has 3 channels; this has {len(values)}.",
            pointer,
            "Draw it in greys.",
        )


def _head(section: _Section, x: float, y: float, width: float) -> tuple[str, list[Element], float]:
    """The words of a section, what stands above its maps, and the y below that."""
    words = _words(section.chosen, section.values, section.side)
    size = fit(section.title, width, LABEL_SIZE, bold=True)
    elements: list[Element] = [Text(x, y + LABEL_SIZE, section.title, size, bold=True)]
    lines, y = paragraph([words], y + LABEL_SIZE * LINE, x + width + MARGIN, x=x, role=Role.MUTED)
    elements += lines
    if section.chosen.colours != "rgb" and section.chosen.low != section.chosen.high:
        elements += _bar(section.chosen, x, y + 6)
        y += 6 + CAPTION_SIZE
    return f"{section.title}: {words}.", elements, y


def _words(chosen: Shades, values: Array, side: int) -> str:
    channels, height, width = values.shape
    least, greatest = ends(values)
    if chosen.colours == "rgb":
        said = [f"{times((height, width))} pixels", chosen.words(least, greatest)]
    else:
        said = [f"{channels} {plural('map', channels)} of {times((height, width))}"]
        said.append(chosen.words(least, greatest))
        if channels > MAX_MAPS:
            said.append(f"the first {MAX_MAPS} are drawn")
    if side > 1:
        said.append(f"each pixel drawn is the mean of up to {side} × {side}")
    broken = int((~np.isfinite(values)).sum())
    if broken:
        said.append(f"{broken} {plural('value', broken)} not finite, in pink")
    return "; ".join(said)


def _averaged(tiles: Array) -> tuple[Array, int]:
    """Maps of at most so many pixels as there is room for, each the mean of a square; its side."""
    side = 1
    _, depth, height, width = tiles.shape
    while len(tiles) * depth * ceil(height / side) * ceil(width / side) > MAX_PIXELS:
        side += 1
    if side == 1:
        return tiles, side
    rows, columns = np.arange(0, height, side), np.arange(0, width, side)
    sums = np.add.reduceat(np.add.reduceat(tiles / side**2, rows, axis=2), columns, axis=3)
    counts = np.diff([*rows, height])[:, None] * np.diff([*columns, width])
    return sums * (side**2 / counts), side


def _tiles(section: _Section, left: float, y: float, room: float) -> tuple[list[Element], float]:
    """The maps, row after row, as large as they fit; and the y below them."""
    tiles, chosen, names = section.tiles, section.chosen, section.names
    count, _, height, width = tiles.shape
    largest = sqrt(room * HEIGHT / count) - GAP
    side = min(max(largest, SMALLEST_TILE), LARGEST_TILE, room)
    cell = min(section.cell * section.side or LARGEST_CELL, side / max(height, width))
    cell = float(int(cell)) if cell > 2 else cell  # whole pixels look sharp
    across, down = max(width * cell, THINNEST), max(height * cell, THINNEST)
    columns = max(1, int((room + GAP) / (across + GAP)))
    pitch = down + GAP + (NAME_SIZE if names else 0)
    elements: list[Element] = []
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        x, top = left + column * (across + GAP), y + row * pitch
        pixels = chosen.paint(tile if chosen.colours == "rgb" else tile[0])
        elements.append(Raster(x, top, across, down, width, height, pixels.tobytes()))
        elements.append(Rect(x, top, across, down, stroke=Role.GRID))
        if index < len(names):
            elements.append(_name(names[index], x, top + down + NAME_SIZE, across))
    return elements, y + ceil(count / columns) * pitch - GAP + (4 if names else 0)


def _name(name: str, x: float, y: float, width: float) -> Text:
    """The name of a map under it, cut where it would run into the next."""
    while len(name) > 1 and text_width(name, NAME_SIZE) > width + GAP / 2:
        name = name.rstrip("…")[:-1] + "…"
    return Text(x + width / 2, y, name, NAME_SIZE, Role.MUTED, "middle")


def _bar(chosen: Shades, left: float, y: float) -> list[Element]:
    """The scale of colours with the numbers at its ends."""
    width, height = BAR
    low, high = short(chosen.low), short(chosen.high)
    x = left + text_width(low, NAME_SIZE) + 6
    steps = np.linspace(0, 1, STEPS + 1)
    scale = chosen.low * (1 - steps) + chosen.high * steps
    pixels = chosen.paint(scale[None]).tobytes()
    return [
        Text(left, y + height - 1, low, NAME_SIZE, Role.MUTED),
        Raster(x, y, width, height, STEPS + 1, 1, pixels),
        Rect(x, y, width, height, stroke=Role.GRID),
        Text(x + width + 6, y + height - 1, high, NAME_SIZE, Role.MUTED),
    ]
