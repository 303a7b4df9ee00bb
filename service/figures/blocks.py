"""The blocks of a pyramid: boxes in oblique projection, columns of dots, and the lines below."""

from __future__ import annotations

from dataclasses import dataclass

from service.figures.metrics import text_width
from service.figures.model import Element, Point, Polygon, Rect, Text
from service.figures.palette import Role
from service.figures.parts import LABEL_SIZE, LINE, centred, label

TALLEST = 190.0
DEEPEST = 190.0
SLANT = 0.42
SMALL = 12.0
DOT = 18.0
DOT_PITCH = 26.0
SHOWN_CLASSES = 6
SCALE = (
    "The edges are drawn on a square-root scale: one twice as long stands for four times as many "
    "pixels or channels."
)
CHANNELS = (
    (Role.RED, Role.RED_TINT),
    (Role.GREEN, Role.GREEN_TINT),
    (Role.BLUE, Role.BLUE_TINT),
)


@dataclass(frozen=True, slots=True)
class Box:
    """A block of height × width × channels in oblique projection, lengths in pixels.

    The channels go right, the height down, the width back: up and to the right, foreshortened.
    """

    height: float
    back: float
    depth: float
    labels: tuple[str, ...]
    parts: int = 1

    @property
    def drawn_width(self) -> float:
        """How wide the block itself is."""
        return self.depth + self.back

    @property
    def drawn_height(self) -> float:
        """How high the block itself is."""
        return self.height + self.back

    @property
    def width(self) -> float:
        """The wider of the block and its labels."""
        return max(
            self.drawn_width,
            text_width(self.labels[0], LABEL_SIZE, bold=True),
            *(text_width(text, SMALL) for text in self.labels[1:]),
        )

    def draw(self, centre: float, middle: float) -> list[Element]:
        """The block around this point; three channels as red, green and blue slices."""
        x, y = centre - self.drawn_width / 2, middle + self.drawn_height / 2
        if self.parts != len(CHANNELS):
            return self._faces(x, y, self.depth, Role.OUTPUT, Role.OUTPUT_TINT)
        slice_ = self.depth / self.parts
        return [
            face
            for index, (edge, tint) in enumerate(CHANNELS)
            for face in self._faces(x + index * slice_, y, slice_, edge, tint)
        ]

    def _faces(self, x: float, y: float, depth: float, edge: Role, tint: Role) -> list[Element]:
        """The three faces that are seen; (x, y) is the lower left corner of the front."""
        top, right, back = y - self.height, x + depth, self.back
        faces: tuple[tuple[tuple[Point, ...], Role], ...] = (
            (((x, y), (right, y), (right, top), (x, top)), tint),
            (
                ((x, top), (right, top), (right + back, top - back), (x + back, top - back)),
                Role.CELL,
            ),
            (
                (
                    (right, y),
                    (right + back, y - back),
                    (right + back, top - back),
                    (right, top),
                ),
                tint,
            ),
        )
        return [Polygon(points, fill, edge, 1.5) for points, fill in faces]


@dataclass(frozen=True, slots=True)
class Classes:
    """The classifier: a dot for every class, or the first ones and the last."""

    labels: tuple[str, ...]
    count: int

    @property
    def drawn_width(self) -> float:
        """How wide the block itself is."""
        return DOT

    @property
    def drawn_height(self) -> float:
        """How high the block itself is."""
        return DOT_PITCH * min(self.count, SHOWN_CLASSES)

    @property
    def width(self) -> float:
        """As wide as its labels."""
        return max(text_width(text, LABEL_SIZE, bold=True) for text in self.labels)

    def draw(self, centre: float, middle: float) -> list[Element]:
        """The column of dots around this point."""
        shown = min(self.count, SHOWN_CLASSES)
        elements: list[Element] = []
        for row in range(shown):
            y = middle + (row + 0.5) * DOT_PITCH - self.drawn_height / 2
            if self.count > shown and row == shown - 2:
                elements.append(centred("⋮", centre, y, 20, Role.MUTED, bold=True))
            else:
                left, top = centre - DOT / 2, y - DOT / 2
                elements.append(
                    Rect(left, top, DOT, DOT, Role.ACCENT_TINT, Role.ACCENT, 1.5, DOT / 2)
                )
        return elements


def labels_below(labels: tuple[str, ...], x: float, y: float) -> list[Element]:
    """The lines under a block, the first one bold."""
    lines: list[Element] = [label(labels[0], x, y, bold=True)]
    for index, text in enumerate(labels[1:], 1):
        lines.append(Text(x, y + index * SMALL * LINE + 2, text, SMALL, Role.MUTED, "middle"))
    return lines
