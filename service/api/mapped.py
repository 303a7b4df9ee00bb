"""Tensors of requests as feature maps to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from service.convolution import RGB, UNIT
from service.figures import MAX_MAPS, Maps

if TYPE_CHECKING:
    from service.convolution import Picture

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["letters_of", "maps_of_picture", "maps_of_tensor", "span_of"]


def maps_of_picture(title: str, picture: Picture) -> Maps:
    """A picture as it is."""
    pixels = np.moveaxis(picture.pixels, -1, 0)
    return Maps(title, pixels, "rgb" if picture.channels == RGB else "grey", span_of(picture))


def span_of(picture: Picture) -> tuple[float, float]:
    """The numbers of a picture that are black and white."""
    return 0.0, 1.0 if picture.values == UNIT else 255.0


def maps_of_tensor(title: str, array: Array, letters: str | None) -> Maps:
    """The first sample of a tensor: each channel a map, each slice of it where it has a depth.

    ``letters`` name its axes. Numbers without axes that pixels lie along are a pixel each, or a row
    where they are many.
    """
    title = f"{title}, {'×'.join(map(str, array.shape)) or 1}"
    letters = letters_of(array, letters or "")
    if len(letters) == array.ndim and "N" in letters:
        title += f", the first of {len(array)}" if len(array) > 1 else ""
        array, letters = array[0], letters[1:]
    if len(letters) != array.ndim or letters in ("", "C"):
        few = array.size <= MAX_MAPS
        return Maps(title, array.reshape((-1, 1, 1) if few else (1, 1, -1)))
    channels = np.moveaxis(array, letters.index("C"), 0) if "C" in letters else array[np.newaxis]
    count, *spatial = channels.shape
    if len(spatial) < 3:
        return Maps(title, channels.reshape(count, -1, spatial[-1]))
    names = tuple(f"{channel}, {at}" for channel in range(count) for at in range(spatial[0]))
    return Maps(title, channels.reshape(-1, *spatial[1:]), names=names)


def letters_of(array: Array, letters: str) -> str:
    """The letters of an array's axes: a single channel may be left out."""
    return letters if array.ndim == len(letters) else letters.replace("C", "")
