"""What the pictures are made of: tables of cells, arrows, hatching, captions, the panel."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, hypot
from typing import TYPE_CHECKING

from service.figures.errors import FigureError
from service.figures.metrics import CAP_HEIGHT, fit, text_width, wrap
from service.figures.model import Drawing, Element, Polygon, Rect, Segments, Text
from service.figures.palette import Role

if TYPE_CHECKING:
    from service.shapes import Layer

MARGIN = 32.0
TITLE_SIZE = 20.0
LABEL_SIZE = 14.0
CAPTION_SIZE = 14.0
SMALLEST_TEXT = 8.5
LINE = 1.5
_MOST_WHOLE = 10_000_000
TITLE_BOTTOM = MARGIN + TITLE_SIZE


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of square cells with its top left corner at (x, y)."""

    x: float
    y: float
    rows: int
    columns: int
    cell: float

    @property
    def width(self) -> float:
        """How wide the table is."""
        return self.columns * self.cell

    @property
    def height(self) -> float:
        """How high the table is."""
        return self.rows * self.cell

    @property
    def right(self) -> float:
        """The x of its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of its bottom edge."""
        return self.y + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """The centre of the table."""
        return self.x + self.width / 2, self.y + self.height / 2

    def corner(self, row: float, column: float) -> tuple[float, float]:
        """The top left corner of a cell."""
        return self.x + column * self.cell, self.y + row * self.cell

    def paint(self, colour: Callable[[int, int], Role], stroke: Role = Role.GRID) -> list[Element]:
        """The cells, each in the colour of its row and column."""
        return [
            Rect(*self.corner(row, column), self.cell, self.cell, colour(row, column), stroke)
            for row in range(self.rows)
            for column in range(self.columns)
        ]

    def frame(
        self,
        row: float,
        column: float,
        rows: float,
        columns: float,
        role: Role,
        width: float = 3.0,
    ) -> Rect:
        """A strong outline around some cells."""
        x, y = self.corner(row, column)
        return Rect(
            x, y, columns * self.cell, rows * self.cell, stroke=role, stroke_width=width, radius=1.5
        )

    def numbers(
        self,
        values: Sequence[Sequence[float]],
        size: float,
        role: Callable[[int, int], Role] = lambda *_: Role.INK,
        lifted: Container[tuple[int, int]] = (),
    ) -> list[Element]:
        """The values in the middle of the cells; in ``lifted`` cells a little higher."""
        return [
            centred(
                number(value),
                self.x + (column + 0.5) * self.cell,
                self.y + (row + (0.42 if (row, column) in lifted else 0.5)) * self.cell,
                size,
                role(row, column),
            )
            for row, line in enumerate(values)
            for column, value in enumerate(line)
        ]

    def hatch(
        self, row: int, column: int, step: float = 6.0
    ) -> Iterator[tuple[float, float, float, float]]:
        """Slanted strokes across one cell."""
        x, y = self.corner(row, column)
        count = max(2, round(self.cell / step))
        for i in range(1, 2 * count):
            reach = i * self.cell / count
            low, high = max(0.0, reach - self.cell), min(reach, self.cell)
            yield x + low, y + high, x + high, y + low


def number(value: float) -> str:
    """A number as the pictures write it: −3, 0.25, at most ten significant digits."""
    text = f"{value:.10g}"
    return "0" if text == "-0" else text.replace("-", "−")


def short(value: float, digits: int = 4) -> str:
    """A number in few digits: whole ones as they are up to seven digits, of others four."""
    whole = abs(value) < _MOST_WHOLE and value == int(value)
    return number(int(value)) if whole else number(float(f"{value:.{digits}g}"))


def factor(value: float) -> str:
    """A number inside a sum or product: in brackets when it is negative."""
    return f"({number(value)})" if value < 0 else number(value)


def times(sizes: Iterable[int]) -> str:
    """Sizes as the deck writes them: 28 × 28 × 3."""
    return " × ".join(str(size) for size in sizes)


def each(values: Iterable[object], between: str = " × ") -> str:
    """One value where all are equal, otherwise one for each axis: 2, or 2 × 1."""
    words = [str(value) for value in values]
    return words[0] if len(set(words)) == 1 else between.join(words)


def paddings(layer: Layer) -> str:
    """The padding along each axis, before:after where they differ: 1, or 0:1 × 1."""
    return each(
        before if before == after else f"{before}:{after}" for before, after in layer.padding
    )


def plural(noun: str, count: int) -> str:
    """The noun as it stands behind this count: 1 class, 2 classes, 2 filters."""
    ending = "es" if noun.endswith("s") else "s"
    return noun if count == 1 else noun + ending


def common_size(
    texts: Iterable[str], width: float, size: float, smallest: float = SMALLEST_TEXT
) -> float:
    """The largest text size, at most ``size``, at which no text is wider than ``width``.

    Raises FigureError where that is below ``smallest``, too small to read.
    """
    longest = max(texts, key=lambda text: text_width(text, 1.0))
    fitting = fit(longest, width, size)
    if fitting < smallest:
        raise FigureError(
            "number_too_long",
            f"The number {longest} does not fit into a cell of the picture.",
            hint="Use numbers of fewer digits: small integers read best.",
        )
    return fitting


def centred(
    text: str, x: float, y: float, size: float, role: Role = Role.INK, *, bold: bool = False
) -> Text:
    """A text whose middle is (x, y)."""
    return Text(x, y + size * CAP_HEIGHT / 2, text, size, role, "middle", bold)


def label(text: str, x: float, y: float, role: Role = Role.INK, *, bold: bool = False) -> Text:
    """A label centred on x, its baseline at y."""
    return Text(x, y, text, LABEL_SIZE, role, "middle", bold)


def titled(grid: Grid, text: str, role: Role = Role.INK) -> Text:
    """What a table is, above it."""
    return label(text, grid.middle[0], grid.y - 10, role, bold=True)


def operator(sign: str, left: Grid, right: Grid) -> Text:
    """A sign between two tables, level with the middle of the right one."""
    return centred(sign, (left.right + right.x) / 2, right.middle[1], 22, Role.MUTED)


def arrow(
    start: tuple[float, float], end: tuple[float, float], role: Role = Role.MUTED
) -> list[Element]:
    """A straight arrow from start to end."""
    (x1, y1), (x2, y2) = start, end
    length = hypot(x2 - x1, y2 - y1)
    along, across = (x2 - x1) / length, (y2 - y1) / length
    head, half = 9.0, 4.5
    x, y = x2 - head * along, y2 - head * across
    return [
        Segments(((x1, y1, x, y),), role, 2.0),
        Polygon(
            (
                (x2, y2),
                (x - half * across, y + half * along),
                (x + half * across, y - half * along),
            ),
            role,
        ),
    ]


def paragraph(
    lines: Iterable[str],
    y: float,
    width: float,
    *,
    x: float = MARGIN,
    role: Role = Role.INK,
    mono: bool = False,
) -> tuple[list[Element], float]:
    """Lines of caption from x up to the right margin, wrapped; and the y below the last one."""
    size = CAPTION_SIZE - 1 if mono else CAPTION_SIZE
    texts: list[Element] = []
    for line in lines:
        for piece in wrap(line, width - x - MARGIN, size, mono=mono):
            texts.append(Text(x, y + size, piece, size, role, mono=mono))
            y += LINE * size
    return texts, y


def panel(width: float, height: float) -> Rect:
    """What everything is drawn on, with round corners."""
    return Rect(0.5, 0.5, width - 1, height - 1, Role.PANEL, Role.PANEL_EDGE, radius=10)


def finish(
    width: float, height: float, title: str, description: str, elements: Iterable[Element]
) -> Drawing:
    """The panel, the title as heading and the elements: a drawing of whole width and height."""
    width, height = float(ceil(width)), float(ceil(height))
    size = fit(title, width - 2 * MARGIN, TITLE_SIZE, bold=True)
    heading = Text(MARGIN, TITLE_BOTTOM, title, size, bold=True)
    return Drawing(width, height, title, description, (panel(width, height), heading, *elements))
