"""Plots of counts and shares: columns over days, and rows by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, floor, log10

from service.figures.metrics import text_width
from service.figures.model import Drawing, Element, Group, Polygon, Rect, Segments, Text
from service.figures.palette import Role, series
from service.figures.parts import (
    LABEL_SIZE,
    LINE,
    MARGIN,
    TITLE_BOTTOM,
    centred,
    finish,
    number,
    paragraph,
)

__all__ = ["Column", "Row", "draw_columns", "draw_rows"]

SMALL = 11.0
HEIGHT = 200.0
STEP = 23.0
BAR = 17.0
ROW = 30.0
TRACK = 340.0
NARROWEST = 480.0
LONGEST_NAME = 250.0
MOST_TICKS = 5
TOP = TITLE_BOTTOM + 28
MARK = 5.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a plot: its counts, one for each series, from the bottom up."""

    label: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a plot: a bar from 0 to ``value``, None for no bar, and what is said of it.

    ``interval`` is drawn as a line with ends over the bar, ``mark`` as a diamond: another value to
    hold the first against.
    """

    label: str
    value: float | None
    text: str
    interval: tuple[float, float] | None = None
    mark: float | None = None


def draw_columns(
    title: str, description: str, columns: Sequence[Column], names: Sequence[str], caption: str
) -> Drawing:
    """Draw counts side by side, each with a scale to read it by; ``names`` are of the series."""
    ticks = _ticks(max(sum(column.values) for column in columns))
    left = MARGIN + text_width(number(ticks[-1]), SMALL) + 8
    right = max(left + STEP * len(columns), NARROWEST - MARGIN)
    bottom, unit = TOP + HEIGHT, HEIGHT / ticks[-1]
    grid: list[Element] = [
        Segments(
            tuple((left, y, right, y) for y in (bottom - unit * t for t in ticks)), Role.GRID, 0.5
        )
    ]
    for tick in ticks:
        y = bottom - unit * tick + SMALL / 3
        grid.append(Text(left - 6, y, number(tick), SMALL, Role.MUTED, "end"))
    bars: list[Element] = []
    for index, column in enumerate(columns):
        x = left + STEP * index + (STEP - BAR) / 2
        for at, (value, top) in enumerate(
            zip(column.values, accumulate(column.values), strict=True)
        ):
            mark, tint = series(at)
            if value:
                bars.append(Rect(x, bottom - unit * top, BAR, unit * value, tint, mark, 1.5))
    below: list[Element] = []
    every = _every(columns)
    for index in range(0, len(columns), every):
        x = left + STEP * (index + 0.5)
        below.append(Text(x, bottom + 18, columns[index].label, SMALL, Role.MUTED, "middle"))
    legend, y = _legend(names, bottom + 44)
    words, y = paragraph([caption], y, right + MARGIN, role=Role.MUTED)
    parts = [Group(tuple(grid), part="scale"), Group(tuple(bars), part="columns")]
    return finish(
        right + MARGIN,
        y + MARGIN - 8,
        title,
        description,
        [*parts, Group(tuple(below), part="labels"), *legend, *words],
    )


def _ticks(most: float) -> list[int]:
    """Round numbers from 0 to ``most`` or above, few enough to be read."""
    raw = max(most, 1) / (MOST_TICKS - 1)
    power = 10 ** max(floor(log10(raw)), 0)
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    return [step * index for index in range(ceil(max(most, 1) / step) + 1)]


def _every(columns: Sequence[Column]) -> int:
    """Which columns are labelled, so that no two labels touch."""
    widest = max(text_width(column.label, SMALL) for column in columns)
    return max(1, ceil((widest + 18) / STEP))


def _legend(names: Sequence[str], y: float) -> tuple[list[Element], float]:
    """What the colours stand for; nothing for a single one."""
    if len(names) < 2:
        return [], y
    elements: list[Element] = []
    x = MARGIN
    for index, name in enumerate(names):
        mark, tint = series(index)
        elements.append(Rect(x, y - 10, 12, 12, tint, mark, 1.5))
        elements.append(Text(x + 18, y, name, SMALL))
        x += 18 + text_width(name, SMALL) + 22
    return [Group(tuple(elements), part="legend")], y + SMALL * LINE


def draw_rows(
    title: str, description: str, rows: Sequence[Row], caption: str, *, shares: bool = False
) -> Drawing:
    """Draw values by name, each beside what is said of it; ``shares`` are on a scale to 100 %."""
    whole = 1.0 if shares else max((row.value or 0.0 for row in rows), default=0.0) or 1.0
    names = [_shortened(row.label) for row in rows]
    left = MARGIN + max((text_width(name, LABEL_SIZE) for name in names), default=0) + 14
    said = max((text_width(row.text, SMALL) for row in rows), default=0)
    width = max(left + TRACK + 14 + said + MARGIN, NARROWEST)
    bottom = TOP - 8 + ROW * max(len(rows), 1)
    drawn: list[Element] = []
    for index, (row, name) in enumerate(zip(rows, names, strict=True)):
        middle = TOP - 8 + ROW * (index + 0.5)
        elements = (
            Text(MARGIN, middle + LABEL_SIZE / 3, name, LABEL_SIZE),
            Text(left + TRACK + 14, middle + SMALL / 3, row.text, SMALL, Role.MUTED),
            *_bar(row, left, middle, TRACK / whole),
        )
        drawn.append(Group(elements, part="row"))
    if not rows:
        drawn.append(centred("nothing yet", width / 2, bottom - ROW / 2, LABEL_SIZE, Role.MUTED))
    y = bottom + 14
    if rows:
        drawn.insert(0, _scale(left, bottom, shares=shares))
        y += 14 * shares
    words, y = paragraph([caption], y, width, role=Role.MUTED)
    return finish(width, y + MARGIN - 8, title, description, [*drawn, *words])


def _scale(left: float, bottom: float, *, shares: bool) -> Group:
    """Where the bars begin; of shares also half and whole."""
    ends = (0.0, 0.5, 1.0) if shares else (0.0,)
    lines = tuple((left + TRACK * end, TOP - 8, left + TRACK * end, bottom) for end in ends)
    elements: list[Element] = [Segments(lines, Role.GRID, 0.5)]
    if shares:
        elements += [
            Text(left + TRACK * end, bottom + 14, f"{100 * end:.0f} %", SMALL, Role.MUTED, "middle")
            for end in ends
        ]
    return Group(tuple(elements), part="scale")


def _bar(row: Row, left: float, middle: float, unit: float) -> list[Element]:
    mark, tint = series(0)
    elements: list[Element] = []
    if row.value is not None:
        elements.append(Rect(left, middle - 9, unit * row.value, 18, tint, mark, 1.5))
    if row.interval is not None:
        low, high = (left + unit * end for end in row.interval)
        ends = tuple((x, middle - 5, x, middle + 5) for x in (low, high))
        elements.append(Segments(((low, middle, high, middle), *ends), Role.INK, 1.5))
    if row.mark is not None:
        x = left + unit * row.mark
        diamond = ((x, middle - MARK), (x + MARK, middle), (x, middle + MARK), (x - MARK, middle))
        elements.append(Polygon(diamond, Role.PANEL, Role.RED, 2.0))
    return elements


def _shortened(name: str) -> str:
    """The name, cut where it would take too much of the width."""
    if text_width(name, LABEL_SIZE) <= LONGEST_NAME:
        return name
    while text_width(f"{name}…", LABEL_SIZE) > LONGEST_NAME:
        name = name[:-1]
    return f"{name}…"
