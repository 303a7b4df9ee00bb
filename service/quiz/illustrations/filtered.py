"""Filters on a picture: edges and what a second layer makes of them, strides, maps, colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.convolution import filter_kernel
from service.figures import Maps, draw_maps
from service.quiz.cards import Request, Try
from service.quiz.illustrations.base import (
    Illustration,
    applied,
    as_image,
    ask,
    convolve,
    shape,
)
from service.quiz.illustrations.samples import grey, house

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["edges", "feature_maps", "grey_and_colour", "strides"]

_PICTURE: Final = (0.0, 255.0)
_THRESHOLD: Final = 1700
_SHOWN: Final = (
    "identity",
    "box",
    "sharpen",
    "emboss",
    "sobel_x",
    "sobel_y",
    "laplacian",
    "outline",
)


def edges() -> Illustration:
    """Edges by a first layer, and by a second one the stripes that pairs of them make."""
    picture = grey(house())
    across, down = filter_kernel("sobel_x", {}), filter_kernel("sobel_y", {})
    first = np.stack([across, -across, down, -down])[:, None]
    names = ("brighter to the right", "darker to the right", "brighter below", "darker below")
    found = applied("relu", convolve(picture[None], first))
    combined = applied("relu", convolve(found, _stripes(), np.array([-_THRESHOLD])))
    both = {
        "input": as_image(picture),
        "layers": [
            _layer("edges", "conv2d", kernel_size=3, filters=4),
            _layer("found", "relu"),
            _layer("stripes", "conv2d", kernel_size=5, filters=1),
            _layer("combined", "relu"),
        ],
        "weights": {
            "edges": {"weight": first.tolist(), "bias": [0] * 4},
            "stripes": {"weight": _stripes().tolist(), "bias": [-_THRESHOLD]},
        },
        "return": ["combined"],
    }
    about = (
        "The first layer finds edges, by the Sobel filters and their opposites, each followed by "
        "ReLU. The second layer sees only those maps. Its filter wants two edges at once, a "
        f"darkening to the left and a brightening to the right; the bias of −{_THRESHOLD} is more "
        "than a single edge makes up for. So the trunk and the chimney, dark upright stripes, "
        "stand out, and the walls and the door don't: a second layer finds what edges make "
        "together."
    )
    return Illustration(
        "edges",
        "Edges first, then what edges make together",
        about,
        {
            "first_layer_maximum": found.max(axis=(1, 2)).tolist(),
            "second_layer_maximum": combined.max(axis=(1, 2)).tolist(),
            "second_layer_positions": (combined > 0).sum(axis=(1, 2)).tolist(),
        },
        (
            ask(
                "The first layer, without ReLU, on the picture",
                op="conv2d",
                layout="HWC",
                input=as_image(picture),
                weight=first.tolist(),
            ),
            Try("Both layers on the picture", Request("POST", "/v1/networks/run", both)),
        ),
        draw_maps(
            [
                Maps("picture", picture[None], "grey", _PICTURE, cell=3),
                Maps("first layer: edges", found, names=names),
                Maps("second layer: dark upright stripes", combined, cell=4),
            ],
            "An edge filter on a picture, and a second layer on its output",
            about,
        ),
    )


def _layer(name: str, op: str, **params: int) -> dict[str, Any]:
    """A layer of a network in a request."""
    return {"name": name, "op": op, "params": params}


def _stripes() -> Array:
    """One filter over the four maps of edges, for a dark stripe two or three pixels wide."""
    weight = np.zeros((1, 4, 5, 5), np.int64)
    brighter, darker, left, right, rows = 0, 1, 1, 3, slice(1, 4)
    weight[0, darker, rows, left] = weight[0, brighter, rows, right] = 1
    return weight


def strides() -> Illustration:
    """One filter at stride 1, 2 and 3: the same picture in fewer pixels."""
    picture = grey(house())
    weight = np.outer([1, 2, 1], [1, 2, 1])[None, None] / 16
    outputs = [convolve(picture[None], weight, stride=by, padding="same") for by in (1, 2, 3)]
    sizes = [list(one.shape[1:]) for one in outputs]
    about = (
        "The same 3×3 filter, which smooths, with same padding: at stride 2 it stops at every "
        "second pixel, at stride 3 at every third. The weights are as many; the output, and the "
        "work, is a quarter and a ninth. (The border is dark since it counts the zeros around.)"
    )
    return Illustration(
        "strides",
        "Stride 1, 2 and 3 side by side",
        about,
        {"output_sizes": sizes, "values": [one.size for one in outputs]},
        tuple(
            ask(
                f"Stride {by}",
                op="conv2d",
                input=as_image(picture),
                weight=weight.tolist(),
                stride=by,
                padding="same",
            )
            for by in (1, 2, 3)
        ),
        draw_maps(
            [
                Maps("picture", picture[None], "grey", _PICTURE, cell=3),
                [
                    Maps(f"stride {by}", one, "grey", _PICTURE, cell=3)
                    for by, one in zip((1, 2, 3), outputs, strict=True)
                ],
            ],
            "Stride 1, 2 and 3 side by side",
            about,
        ),
    )


def grey_and_colour() -> Illustration:
    """A picture in colour and in greys: what a first layer has to learn for each."""
    picture = house()
    greys = grey(picture)
    parameters = {depth: 5 * 5 * depth * 16 + 16 for depth in (1, 3)}
    about = (
        "Where colour does not matter, turn the pictures grey (0.299·R + 0.587·G + 0.114·B): a "
        f"first layer of sixteen 5×5 filters then has 5·5·1·16 + 16 = {parameters[1]} parameters, "
        f"and 5·5·3·16 + 16 = {parameters[3]:,} in colour. What you know about the data need not "
        "be learned. What greys lose is what differs in colour alone."
    )
    body = {"op": "conv2d", "kernel_size": 5, "filters": 16, "padding": "same"}
    return Illustration(
        "grey-and-colour",
        "Grey against colour",
        about,
        {
            "parameters": {"grey": parameters[1], "colour": parameters[3]},
            "numbers_per_picture": {"grey": greys.size, "colour": picture.size},
        },
        (
            shape("A first layer on colour", input_shape=[*picture.shape], **body),
            shape("The same on greys", input_shape=[*greys.shape, 1], **body),
            ask(
                "The picture in greys, as the service makes them",
                op="conv2d",
                input=as_image(picture) | {"channels": "grey"},
                weight={"filter": "identity"},
                padding="same",
            ),
        ),
        draw_maps(
            [
                [
                    Maps("in colour", np.moveaxis(picture, -1, 0), "rgb", _PICTURE, cell=4),
                    Maps("in greys", greys[None], "grey", _PICTURE, cell=4),
                ],
                Maps(
                    "the three channels of the colours",
                    np.moveaxis(picture, -1, 0),
                    "grey",
                    _PICTURE,
                    names=("red", "green", "blue"),
                    cell=3,
                ),
            ],
            "Grey against colour",
            about,
        ),
    )


def feature_maps() -> Illustration:
    """Eight well-known filters in one layer: a map of each."""
    picture = grey(house())
    weight = np.stack([filter_kernel(name, {}) for name in _SHOWN])[:, None].astype(np.float64)
    maps = convolve(picture[None], weight)
    about = (
        f"A layer with K = {len(_SHOWN)} filters makes {len(_SHOWN)} maps, one each: where, and "
        "how strongly, that filter responds. Filters whose weights add up to 0 (the last four) "
        "see no even ground, only where it changes."
    )
    return Illustration(
        "feature-maps",
        "K filters, K maps",
        about,
        {"maps": len(maps), "weight_sums": [round(float(one.sum()), 9) for one in weight]},
        (
            ask(
                "All eight maps",
                op="conv2d",
                layout="HWC",
                input=as_image(picture),
                weight=weight.tolist(),
            ),
        ),
        draw_maps(
            [
                Maps("picture", picture[None], "grey", _PICTURE, cell=3),
                Maps("weights that add up to 1", maps[:4], "grey", _PICTURE, names=_SHOWN[:4]),
                Maps("weights that add up to 0", maps[4:], names=_SHOWN[4:]),
            ],
            "Feature maps: one for each filter",
            about,
        ),
    )
