"""An object that moves: the map moves along, and what a global pool says stays the same."""

from __future__ import annotations

from typing import Final

import numpy as np

from service.convolution import filter_kernel
from service.figures import Maps, draw_maps
from service.quiz.illustrations.base import Illustration, applied, ask, convolve
from service.quiz.illustrations.samples import cat

__all__ = ["equivariance", "invariance"]

_FIRST: Final = (2, 2)
_MOVED: Final = (9, 11)
_DOWN, _RIGHT = _MOVED[0] - _FIRST[0], _MOVED[1] - _FIRST[1]
_FILTER: Final = "sobel_x"


def equivariance() -> Illustration:
    """A filter on a cat here and there: the second map is the first one, moved as far."""
    pictures = [cat(*_FIRST), cat(*_MOVED)]
    kernel = filter_kernel(_FILTER, {})[None, None]
    first, second = (convolve(picture[None], kernel)[0] for picture in pictures)
    back = second[_DOWN:, _RIGHT:] - first[:-_DOWN, :-_RIGHT]
    about = (
        f"The cat moves {_DOWN} pixels down and {_RIGHT} to the right; its map under the filter "
        f"{_FILTER} moves just as far. Moved back, the second map less the first is 0 everywhere: "
        "a convolution is equivariant. (At the borders a map has no pixels to move in from.)"
    )
    names = ("the cat", "moved")
    return Illustration(
        "equivariance",
        "Shift the input and the output shifts",
        about,
        {
            "shift": [_DOWN, _RIGHT],
            "largest_difference": int(np.abs(second - first).max()),
            "largest_difference_moved_back": int(np.abs(back).max()),
        },
        tuple(
            ask(f"The map of {name}", op="conv2d", input=one.tolist(), weight={"filter": _FILTER})
            for name, one in zip(("the cat", "the cat that moved"), pictures, strict=True)
        ),
        draw_maps(
            [
                Maps("input", np.stack(pictures), names=names, cell=12),
                Maps(f"output of {_FILTER}", np.stack([first, second]), names=names, cell=12),
                Maps("the second map moved back, less the first", back[None], cell=12),
            ],
            "Equivariance: shift the input and the output shifts",
            about,
        ),
    )


def invariance() -> Illustration:
    """A global pool behind the same filter: the same number wherever the cat is."""
    kernel = filter_kernel(_FILTER, {})[None, None]
    pictures = [cat(*_FIRST), cat(*_MOVED)]
    maps = [applied("relu", convolve(picture[None], kernel)) for picture in pictures]
    maximum = [int(applied("global_max_pool2d", one).item()) for one in maps]
    average = [float(applied("global_avg_pool2d", one).item()) for one in maps]
    about = (
        "The maps of the cat here and there are different, but a global pool drops the place: the "
        f"maximum is {maximum[0]} and {maximum[1]}, the average {average[0]:.4g} and "
        f"{average[1]:.4g}. Behind it the network is invariant, as long as the cat keeps away from "
        "the borders."
    )
    names = ("the cat", "moved")
    pools = [("global_max_pool2d", "maximum"), ("global_avg_pool2d", "average")]
    return Illustration(
        "invariance",
        "A global pool makes it equal",
        about,
        {"maximum": maximum, "average": average, "maps_equal": bool((maps[0] == maps[1]).all())},
        tuple(
            ask(f"The {what} over the map of {name}", op=op, layout="CHW", input=one.tolist())
            for op, what in pools
            for name, one in zip(("the cat", "the cat that moved"), maps, strict=True)
        ),
        draw_maps(
            [
                Maps("input", np.stack(pictures), names=names, cell=12),
                Maps(
                    f"{_FILTER}, then what is above 0", np.concatenate(maps), names=names, cell=12
                ),
                [
                    _pooled("global maximum", maximum),
                    _pooled("global average", average),
                ],
            ],
            "Invariance: a global pool drops the place",
            about,
        ),
    )


def _pooled(title: str, values: list[int] | list[float]) -> Maps:
    names = tuple(f"{value:.4g}" for value in values)
    return Maps(title, np.array(values, float).reshape(-1, 1, 1), names=names, cell=40)
