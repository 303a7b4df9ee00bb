"""How long a plan takes, from the sizes alone.

A plan is numpy calls, runs of numbers that are copied or added, and matrix products. `Effort`
counts them; `seconds` weighs each count with what it was measured to take on one core (AVX-512,
OpenBLAS): least squares over 3,700 random layers, each convolved in every way that it can be. The
weights predict a run they were fitted on within ×1.3 on average and ×1.7 for nine in ten. On
another machine all of them change in much the same proportion, which leaves the order of the plans.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from service.convolution.geometry import Geometry

__all__ = ["MOST_SAMPLES", "Effort", "multiplied", "padding_effort", "seconds"]


MOST_SAMPLES: Final = 64
"""Larger batches are left to columns, which put many samples in one block."""


class Effort(NamedTuple):
    """What a plan does: counts of each kind of work.

    ``calls`` of numpy; ``runs`` of neighbouring numbers and the ``moved`` numbers in them;
    numbers ``taken`` by an index, and those ``strided``, read with gaps; matrix ``products``,
    the numbers of their factors (``packed``) and results (``written``), and multiply-accumulates
    ``macs``.
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


def multiplied(
    geometry: Geometry, times: float, width: float, *, depth: int | None = None, **others: float
) -> Effort:
    """Work with ``times`` products in each group: filters × depth with depth × width.

    ``depth`` is that of a whole window unless given; ``others`` is what else is done.
    """
    depth = geometry.group_channels * geometry.taps if depth is None else depth
    filters = geometry.filters / geometry.groups
    products = times * geometry.groups
    return Effort(
        products=products,
        packed=products * depth * (width + filters),
        written=products * filters * width,
        macs=products * filters * depth * width,
        **others,
    )
