"""What an illustration is, and the layers that illustrations are computed with."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from service.convolution import run, write_png
from service.quiz.cards import Request, Try
from service.shapes import read_layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.figures import Drawing

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["Illustration", "applied", "as_image", "ask", "convolve", "shape"]


@dataclass(frozen=True, slots=True)
class Illustration:
    """Something that a card claims, computed and drawn.

    ``facts`` are the numbers that bear the claim out, in JSON types; ``requests`` compute what is
    shown, each by itself.
    """

    name: str
    title: str
    about: str
    facts: Mapping[str, Any]
    requests: tuple[Try, ...]
    drawing: Drawing


def applied(op: str, data: Array) -> Array:
    """What a layer without weights makes of ``(channels, height, width)``."""
    return run(read_layer("textbook", op, data.shape, {}, "CHW"), data)


def convolve(data: Array, weight: Array, bias: Array | None = None, **values: Any) -> Array:
    """Convolve ``(channels, height, width)`` with ``(filters, channels, height, width)``."""
    sizes = {"kernel_size": list(weight.shape[2:]), "filters": len(weight)}
    flags = {"bias": bias is not None}
    layer = read_layer("textbook", "conv2d", data.shape, sizes | flags | values, "CHW")
    return run(layer, data, weight, bias)


def ask(title: str, **body: Any) -> Try:
    """A request that runs a layer on numbers."""
    return Try(title, Request("POST", "/v1/convolutions", body))


def shape(title: str, **body: Any) -> Try:
    """A request that works out a layer's shape and parameters."""
    return Try(title, Request("POST", "/v1/shapes", body))


def as_image(pixels: Array) -> dict[str, str]:
    """A picture of 0 to 255, grey or in three channels last, as a request has it."""
    return {"image": b64encode(write_png(pixels.astype(np.uint8))).decode()}
