"""The pictures that the illustrations work on, drawn here: a house in colour and a grey cat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["HEIGHT", "WIDTH", "cat", "grey", "house"]

HEIGHT: Final = 48
WIDTH: Final = 64


def house() -> Array:
    """A house on a hill under the sun: ``(48, 64, 3)`` of 0 to 255, red, green and blue."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    picture = np.empty((HEIGHT, WIDTH, 3), np.int64)
    picture[:] = np.stack([150 - y, 195 - y // 2, 245 - y // 4], axis=-1)  # the sky

    def paint(where: Array, red: int, green: int, blue: int) -> None:
        picture[where] = red, green, blue

    def box(top: int, left: int, bottom: int, right: int) -> Array:
        inside: Array = (top <= y) & (y < bottom) & (left <= x) & (x < right)
        return inside

    paint((y - 9) ** 2 + (x - 53) ** 2 <= 25, 255, 222, 80)
    paint(y >= 38 - 5 * np.sin(x / 11), 86, 152, 66)
    paint(box(22, 14, 42, 40), 232, 205, 160)
    paint((y >= 10) & (y < 22) & (np.abs(x - 26.5) <= (y - 9) * 1.4), 176, 60, 48)
    paint(box(9, 34, 18, 37), 120, 70, 60)
    paint(box(29, 19, 42, 25), 96, 58, 36)
    paint(box(26, 29, 34, 37), 120, 178, 214)
    paint(box(26, 33, 34, 34) | box(30, 29, 31, 37), 245, 245, 240)
    paint(box(28, 54, 42, 56), 110, 74, 44)
    paint((y - 25) ** 2 + (x - 54.5) ** 2 <= 30, 44, 112, 52)
    return picture


def grey(colours: Array) -> Array:
    """Colours as greys, 0.299·R + 0.587·G + 0.114·B (ITU-R BT.601), rounded."""
    mixed: Array = np.rint(colours @ np.array([0.299, 0.587, 0.114])).astype(np.int64)
    return mixed


_CAT: Final = (
    "7.....7",
    "77...77",
    "7777777",
    "7277727",
    "7777777",
    "7725277",
    ".77777.",
)


def cat(top: int, left: int) -> Array:
    """The face of a cat at this place of an empty ``(18, 20)`` picture of 0 to 9."""
    picture = np.zeros((18, 20), np.int64)
    face = [[0 if pixel == "." else int(pixel) for pixel in row] for row in _CAT]
    picture[top : top + len(face), left : left + len(face[0])] = face
    return picture
