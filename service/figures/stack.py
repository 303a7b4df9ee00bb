"""Planes behind one another: the channels of a picture, the slices of a filter, feature maps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.figures.model import Rect, Segments
from service.figures.palette import Role

Fractions = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stack:
    """Equal planes behind one another, the first in front, the last up and to the right.

    (x, y) is the top left corner of the box around all of them; ``at`` moves a stack.
    """

    width: float
    height: float
    count: int
    step: float
    x: float = 0.0
    y: float = 0.0

    @property
    def reach(self) -> float:
        """How far the last plane lies behind the first, along x as along y."""
        return (self.count - 1) * self.step

    @property
    def drawn_width(self) -> float:
        """The width of the box around all planes."""
        return self.width + self.reach

    @property
    def drawn_height(self) -> float:
        """The height of the box around all planes."""
        return self.height + self.reach

    def at(self, centre: float, middle: float) -> Stack:
        """The same stack, the middle of its box at this point."""
        return replace(self, x=centre - self.drawn_width / 2, y=middle - self.drawn_height / 2)

    def corner(self, index: int) -> tuple[float, float]:
        """The top left corner of a plane."""
        return self.x + index * self.step, self.y + self.reach - index * self.step

    def plane(self, index: int, tint: Role, edge: Role) -> Rect:
        """One plane."""
        return Rect(*self.corner(index), self.width, self.height, tint, edge, 1.5)

    def spot(self, index: int, place: Fractions, size: Fractions, fill: Role, edge: Role) -> Rect:
        """A part of a plane; its place and size along x and y are fractions of the plane."""
        x, y = self.corner(index)
        return Rect(
            x + place[0] * self.width,
            y + place[1] * self.height,
            size[0] * self.width,
            size[1] * self.height,
            fill,
            edge,
            1.5,
        )

    def through(self, place: Fractions, size: Fractions) -> Segments:
        """Three edges of the prism from a part of the first plane to that of the last."""
        x, y = self.corner(0)
        left, top = x + place[0] * self.width, y + place[1] * self.height
        right, bottom = left + size[0] * self.width, top + size[1] * self.height
        corners = ((left, top), (right, top), (right, bottom))
        reach = self.reach
        lines = tuple((x1, y1, x1 + reach, y1 - reach) for x1, y1 in corners)
        return Segments(lines, Role.INK, 1.0, (3, 3))
