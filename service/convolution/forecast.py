"""How long a layer should take, from its sizes alone: nothing is allocated, no plan is made."""

from math import prod
from typing import Any

import numpy as np

from service.convolution.channelwise import depthwise_geometry
from service.convolution.correlate import predict_seconds
from service.convolution.plans.boxes import Boxes
from service.convolution.plans.choice import with_two_axes
from service.convolution.plans.cost import Effort, multiplied, seconds
from service.convolution.plans.patches import Patches
from service.convolution.prepared import Prepared

__all__ = ["forecast"]

_PASSES = 4
"""How often what is no convolution reads and writes a number."""


def forecast(known: Prepared, reads: int, dtype: np.dtype[Any]) -> float:
    """Seconds on one core of the machine that the cost model was measured on.

    ``reads`` are the numbers that all windows of the layer read, for kinds of which no more is
    known. Integers are taken for such as no float64 holds, the slow ones.
    """
    layer, geometry = known.layer, known.geometry
    if 0 in geometry.output:
        return 0.0
    if layer.kind in ("conv", "depthwise"):
        return predict_seconds(geometry, dtype, layer.padding_mode)
    if layer.kind == "separable":
        first = depthwise_geometry(layer, geometry)
        mixed = _mixed(first.batch, first.filters, geometry.filters, geometry.positions)
        return predict_seconds(first, dtype, layer.padding_mode) + seconds(mixed, dtype)
    if layer.kind == "conv_transpose":
        sizes = with_two_axes(geometry)
        cells = prod(sizes.size)
        patches = geometry.batch * geometry.filters * geometry.taps * cells
        effort = multiplied(
            geometry,
            geometry.batch,
            cells * geometry.taps,
            depth=geometry.group_channels,
            calls=min(cells, geometry.taps) * geometry.batch,
            moved=3 * patches,
            strided=0 if Patches.fits(sizes) else 3 * patches,
        )
        return seconds(effort, dtype)
    if layer.kind.endswith("_pool") and not layer.kind.startswith("adaptive"):
        return seconds(Boxes.effort(geometry), dtype)
    return seconds(Effort(calls=20, moved=_PASSES * (reads + prod(layer.input_shape))), dtype)


def _mixed(batch: int, channels: int, filters: int, positions: int) -> Effort:
    """Mixing the channels of every pixel."""
    return Effort(
        products=batch,
        packed=batch * channels * (positions + filters),
        written=batch * filters * positions,
        macs=batch * channels * filters * positions,
    )
