"""Numbers that differ a thousandfold as bars, each tenfold one step longer."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Final

from service.figures.errors import FigureError
from service.figures.metrics import text_width
from service.figures.model import Drawing, Element, Group, Rect, Segments, Text
from service.figures.palette import Role, series
from service.figures.parts import (
    LABEL_SIZE,
    LINE,
    MARGIN,
    TITLE_BOTTOM,
    finish,
    paragraph,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["draw_bars"]

WIDTH: Final = 720.0
BAR: Final = 22.0
TICK_SIZE: Final = 10.5


def draw_bars(bars: Sequence[tuple[str, int, str]], title: str, note: str = "") -> Drawing:
    """Draw whole numbers from 1 on as bars on a logarithmic scale.

    Each has a name, its number and how that comes about. Raises FigureError for a number below 1.
    """
    if not bars or min(number for _, number, _ in bars) < 1:
        raise FigureError(
            "out_of_range", "Bars are drawn for whole numbers from 1 on.", "", "Give at least one."
        )
    longest = log10(max(10, *(number for _, number, _ in bars)))
    room = WIDTH - max(text_width(_written(number), LABEL_SIZE, bold=True) for _, number, _ in bars)
    step = (room - 10) / longest
    y = TITLE_BOTTOM + 18
    elements: list[Element] = []
    for index, (name, number, how) in enumerate(bars):
        mark, tint = series(index)
        end = MARGIN + max(2.0, step * log10(number))
        y += LABEL_SIZE
        elements += [
            Text(MARGIN, y, f"{name}: {how}", LABEL_SIZE),
            Rect(MARGIN, y + 8, end - MARGIN, BAR, tint, mark),
            Text(end + 8, y + 8 + 0.73 * BAR, _written(number), LABEL_SIZE, bold=True),
        ]
        y += 8 + BAR + 18
    ticks = range(int(longest) + 1)
    lines = tuple((MARGIN + at * step, y - 8, MARGIN + at * step, y - 2) for at in ticks)
    elements.append(Segments(((MARGIN, y - 8, MARGIN + longest * step, y - 8), *lines), Role.GRID))
    elements += [
        Text(MARGIN + at * step, y + 10, _written(10**at), TICK_SIZE, Role.MUTED, "middle")
        for at in ticks
    ]
    y += 10 + LABEL_SIZE * LINE - TICK_SIZE
    said = [f"{name}: {how} = {_written(number)}." for name, number, how in bars]
    words = " ".join([*said, "Each mark of the scale is ten times the one before.", note]).strip()
    ending, y = paragraph(
        [f"Each mark of the scale is ten times the one before. {note}".strip()],
        y,
        WIDTH + 2 * MARGIN,
        role=Role.MUTED,
    )
    bars_drawn = Group(tuple(elements), part="bars")
    return finish(WIDTH + 2 * MARGIN, y + MARGIN - 8, title, words, [bars_drawn, *ending])


def _written(number: int) -> str:
    return f"{number:,}"
