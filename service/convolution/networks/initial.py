"""Weights of a network that has learned nothing yet, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.convolution.networks.draw import fill_uniform, stream_key
from service.convolution.networks.learned import learned
from service.convolution.weights import kernel_order, pointwise_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.convolution.geometry import Array
    from service.shapes import Layer

__all__ = ["INITIALISATIONS", "Initialisation", "draw_weight"]


@dataclass(frozen=True, slots=True)
class Initialisation:
    """A rule by which first weights are drawn: evenly from −limit to limit.

    ``limit`` takes fan in, the inputs that one output adds up, and fan out, the outputs that one
    input reaches.
    """

    name: str
    about: str
    limit: Callable[[int, int], float]


_ALL: Final = (
    Initialisation(
        "he_uniform",
        "Up to √(6 / fan in), which keeps the variance through ReLUs; K. He et al., Delving Deep "
        "into Rectifiers, 2015.",
        lambda fan_in, _fan_out: sqrt(6 / fan_in),
    ),
    Initialisation(
        "glorot_uniform",
        "Up to √(6 / (fan in + fan out)), for tanh and sigmoid; X. Glorot and Y. Bengio, "
        "Understanding the Difficulty of Training Deep Feedforward Neural Networks, 2010.",
        lambda fan_in, fan_out: sqrt(6 / (fan_in + fan_out)),
    ),
    Initialisation(
        "lecun_uniform",
        "Up to √(3 / fan in), which keeps the variance through sums alone; Y. LeCun et al., "
        "Efficient BackProp, 1998.",
        lambda fan_in, _fan_out: sqrt(3 / fan_in),
    ),
)

INITIALISATIONS: Final[Mapping[str, Initialisation]] = MappingProxyType(
    {one.name: one for one in _ALL}
)
"""Every initialisation by its name, the default first."""


def draw_weight(
    layer: Layer,
    tensor: str,
    seed: int,
    name: str,
    rule: Initialisation,
    dtype: np.dtype[Any],
) -> Array:
    """The tensor ``weight`` or ``pointwise_weight`` of the layer called ``name``.

    The stream is that of "seed/name/tensor", so a layer keeps its weights whatever stands beside
    it. Numbers go filter by filter (then channel, then the kernel row by row), whatever order the
    framework stores them in, so that the same network is the same in every framework.
    """
    weight: Array = np.empty(learned(layer)[tensor], dtype)
    order = pointwise_order if tensor == "pointwise_weight" else kernel_order
    drawn: Array = np.empty(weight.size, dtype)
    fan_in, fan_out = _fans(layer, tensor)
    fill_uniform(drawn, stream_key(f"{seed}/{name}/{tensor}"), rule.limit(fan_in, fan_out))
    view = order(layer, weight)
    view[...] = drawn.reshape(view.shape)
    return weight


def _fans(layer: Layer, tensor: str) -> tuple[int, int]:
    """Inputs that one output adds up, and outputs that one input reaches, within one group."""
    taps, filters = prod(layer.kernel_size), layer.out_channels or 1
    if tensor == "pointwise_weight":
        return layer.in_channels * layer.depth_multiplier, filters
    if layer.kind == "linear":
        return prod(learned(layer)["weight"]) // filters, filters
    if layer.kind in ("depthwise", "separable"):
        return taps, layer.depth_multiplier * taps
    return layer.in_channels // layer.groups * taps, filters // layer.groups * taps
