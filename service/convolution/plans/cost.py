"""How long a plan takes, from the sizes alone.

A plan is numpy calls, runs of numbers that are copied or added, and matrix products. `Effort`
counts them; `seconds` weighs each count with what it was measured to take on one core (AVX-512,
OpenBLAS): least squares over 3,700 random layers, each convolved in every way that it can be. The
weights predict a run they were fitted on within ×1.3 on average and ×1.7 for nine in ten. On
another machine all of them change in much the same proportion, which leaves the order of the plans.
"""

from math import log2
from typing import Any, Final, NamedTuple

import numpy as np

from service.convolution.geometry import Geometry

__all__ = [
    "MOST_SAMPLES",
    "SMALL_FACTOR",
    "SMALL_PRODUCT",
    "Effort",
    "multiplied",
    "padding_effort",
    "seconds",
    "source_effort",
]


SMALL_PRODUCT: Final = 1_000_000
"""Multiply-accumulates up to which OpenBLAS multiplies without copying its factors first."""

SMALL_FACTOR: Final = 4096
"""Weights up to which that is quicker, so that a product is better cut into small ones."""

_UNCUT: Final = 1.6
"""How much longer such a product takes in one piece."""

_BARE: Final = 0.5
"""How much longer a small product takes with each doubling of its weights beyond."""

_NARROW: Final = 20
"""The width whose product takes twice as long as its multiplications alone, with many weights."""

MOST_SAMPLES: Final = 64
"""Larger batches are left to columns, which put many samples in one block."""


class Effort(NamedTuple):
    """What a plan does: counts of each kind of work.

    ``calls`` of numpy; ``runs`` of neighbouring numbers and the ``moved`` numbers in them;
    numbers ``taken`` by an index, and those ``strided``, read with gaps; matrix ``products``,
    the numbers of their factors (``packed``) and results (``written``), and multiply-accumulates
    ``macs``; numbers in Fourier transforms times the logarithm of how many, ``waves``.
    """

    calls: float = 0
    runs: float = 0
    moved: float = 0
    taken: float = 0
    strided: float = 0
    products: float = 0
    packed: float = 0
    written: float = 0
    macs: float = 0
    waves: float = 0


_FLOAT32: Final = Effort(
    calls=5.6e-7,
    runs=5.1e-9,
    moved=1.6e-10,
    taken=8.0e-10,
    strided=3.7e-10,
    products=6.0e-8,
    packed=2.8e-11,
    written=1.3e-10,
    macs=1.7e-11,
    waves=4.5e-10,
)
_FLOAT64: Final = Effort(
    calls=5.9e-7,
    runs=5.9e-9,
    moved=3.9e-10,
    taken=9.8e-10,
    strided=6.3e-10,
    products=7.1e-8,
    packed=4.0e-11,
    written=2.6e-10,
    macs=3.7e-11,
    waves=4.5e-10,
)
_WHOLE: Final = _FLOAT64._replace(macs=2.4e-9)
"""No library multiplies matrices of integers: numpy does, one number after the other."""


def seconds(effort: Effort, dtype: np.dtype[Any]) -> float:
    """How long work of one dtype takes."""
    weights = _WHOLE
    if dtype.kind == "f":
        weights = _FLOAT32 if dtype.itemsize == 4 else _FLOAT64
    return sum(count * weight for count, weight in zip(effort, weights, strict=True))


def padding_effort(geometry: Geometry) -> tuple[int, int, int]:
    """Calls, runs and moved numbers of putting the padding around an input."""
    if not geometry.needs_padding:
        return 0, 0, 0
    lines = geometry.batch * geometry.channels * geometry.padded_lines
    return 2, lines, 2 * geometry.padded_elements()


def source_effort(geometry: Geometry, *, phased: bool) -> tuple[int, int, int, int]:
    """Calls, runs, moved and strided numbers of reading an input, sorted by phases or not."""
    if not phased:
        return (*padding_effort(geometry), 0)
    lines = geometry.batch * geometry.channels * geometry.padded_lines
    phases, cells = geometry.stride[-1], geometry.padded_elements()
    return 1 + phases, phases * lines, cells, cells


def multiplied(
    geometry: Geometry, times: float, width: float, *, depth: int | None = None, **others: float
) -> Effort:
    """Work with ``times`` products in each group: filters × depth with depth × width.

    ``depth`` is that of a whole window unless given; ``others`` is what else is done.
    """
    depth = geometry.group_channels * geometry.taps if depth is None else depth
    filters = geometry.filters / geometry.groups
    products = times * geometry.groups
    macs = products * filters * depth * width
    weights = filters * depth
    if weights <= SMALL_FACTOR and weights * width > SMALL_PRODUCT:
        macs *= _UNCUT
    elif weights > SMALL_FACTOR and weights * width <= SMALL_PRODUCT:
        macs *= 1 + _BARE * log2(weights / SMALL_FACTOR)
    elif weights > SMALL_FACTOR:
        macs *= 1 + _NARROW / max(width, 1)
    return Effort(
        products=products,
        packed=products * depth * (width + filters),
        written=products * filters * width,
        macs=macs,
        **others,
    )
