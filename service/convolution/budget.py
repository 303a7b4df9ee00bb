"""What one request may ask for, checked from the declared sizes alone.

Nothing is allocated here: the sizes are Python integers, so a tensor of ten gigabytes is refused
as fast as one of ten numbers.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import ceil, prod
from typing import Any, Final

import numpy as np

from service.convolution.channelwise import depthwise_geometry
from service.convolution.engine import KERNELS
from service.convolution.errors import OverBudget
from service.convolution.forecast import forecast
from service.convolution.geometry import Geometry
from service.convolution.plans import MAX_PLANS
from service.convolution.plans.boxes import Boxes
from service.convolution.plans.cost import Effort, seconds
from service.convolution.plans.patches import Patches
from service.convolution.plans.spectral import Spectral
from service.convolution.prepared import prepared
from service.convolution.weights import WEIGHTED_KINDS, pointwise_shape, weight_shape
from service.shapes import Layer, infer

FLOAT64: Final = np.dtype(np.float64)


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one run; all in numbers (elements), ``max_macs`` in multiply-accumulates.

    A pool has no multiply-accumulates; its reads (outputs × window) count in their place. The
    workspace is the padded input and what is made on the way: lowered columns, or the rows that a
    pool works on.

    The defaults let through a 3×512×512 picture or 96 filters 11×11 on 227×227×3, and keep one run
    below half a second and 60 MB beside its operands. Measured with 200 million
    multiply-accumulates on one AMD EPYC core (OpenBLAS, one thread): 9 ms for a dense float64
    layer on 64×56×56, 170 ms for the slowest found in floats (100 groups of one channel, kernel
    14×14) and 480 ms for the same in integers too large for float64; at most 58 MB. A pool with
    200 million reads takes 12 ms.
    """

    max_macs: int = 200_000_000
    max_input: int = 1_000_000
    max_weight: int = 1_000_000
    max_output: int = 1_000_000
    max_workspace: int = 4_500_000
    max_milliseconds: int = 1_000

    def of_macs(self, max_macs: int) -> "Budget":
        """The same with other multiply-accumulates, and time for them."""
        more = max(1.0, max_macs / self.max_macs)
        limit = ceil(self.max_milliseconds * more)
        return replace(self, max_macs=max_macs, max_milliseconds=limit)


DEFAULT_BUDGET = Budget()
"""The limits unless the caller brings their own."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What running a layer takes, in the units of `Budget`."""

    macs: int
    input: int
    weight: int
    output: int
    workspace: int
    seconds: float = field(default=0.0, compare=False)
    """How long it should take; see `service.convolution.forecast`."""

    @property
    def milliseconds(self) -> int:
        """The same in whole milliseconds, rounded up."""
        return ceil(self.seconds * 1e3)


@lru_cache(maxsize=MAX_PLANS)
def cost(layer: Layer, dtype: np.dtype[Any] = FLOAT64) -> Cost:
    """Work out what running a layer takes, from its sizes. Raises ShapeError without an output.

    ``dtype`` is that of its operands together.
    """
    inference = infer(layer)
    output = prod(max(size, 1) for size in inference.output_shape)  # empty lists are many, too
    macs, between = inference.macs or output, 0
    weights = prod(weight_shape(layer)) if layer.kind in WEIGHTED_KINDS else 0
    if layer.kind == "separable":
        weights += prod(pointwise_shape(layer))
    if layer.kind in KERNELS:
        known = prepared(layer)
        reads = known.geometry.taps
        if layer.kind == "upsampling":
            reads = prod(inference.receptive_field)
        macs = inference.macs or output * reads
        between = _in_between(layer, known.geometry)
        time = forecast(known, macs, dtype)
    else:
        moved = prod(layer.input_shape) + weights + output
        time = seconds(Effort(calls=10, moved=4 * moved, macs=inference.macs), dtype)
    return Cost(macs, prod(layer.input_shape), weights, output, between, time)


def _in_between(layer: Layer, geometry: Geometry) -> int:
    """Elements of the padded input and of what is made on the way from it to the output."""
    if layer.kind == "conv_transpose" and Patches.fits(geometry):
        return Patches.elements(geometry)
    if layer.kind.endswith("_pool") and not layer.kind.startswith("adaptive"):
        return Boxes.elements(geometry)
    return geometry.padded_elements() + _lowered(layer, geometry)


def _lowered(layer: Layer, geometry: Geometry) -> int:
    if layer.kind in ("conv", "depthwise"):
        spectral = Spectral.elements(geometry) if Spectral.fits(geometry) else 0
        return max(geometry.block_elements(), spectral)
    if layer.kind == "separable":
        first = depthwise_geometry(layer, geometry)
        return first.block_elements() + first.batch * first.filters * first.positions
    if layer.kind == "conv_transpose":
        return geometry.batch * geometry.filters * min(prod(geometry.size), geometry.taps)
    return geometry.halfway_elements()


def check_budget(
    layer: Layer, budget: Budget = DEFAULT_BUDGET, dtype: np.dtype[Any] = FLOAT64
) -> Cost:
    """Return the cost of a layer, or raise OverBudget naming the first limit that it passes."""
    asked = cost(layer, dtype)
    for quantity, unit, amount, limit, pointer in (
        ("input", "numbers in the input", asked.input, budget.max_input, "/input"),
        ("weight", "numbers in the weight", asked.weight, budget.max_weight, "/weight"),
        ("output", "numbers in the output", asked.output, budget.max_output, ""),
        ("macs", _work(layer), asked.macs, budget.max_macs, ""),
        ("workspace", "numbers in between", asked.workspace, budget.max_workspace, ""),
        (
            "milliseconds",
            "milliseconds of one core",
            asked.milliseconds,
            budget.max_milliseconds,
            "",
        ),
    ):
        if amount > limit:
            raise OverBudget(
                quantity,
                unit,
                amount,
                limit,
                pointer=pointer,
                hint=f"Make it at least {-(-amount // limit)} times smaller: "
                "fewer pixels, channels or filters, or a larger stride.",
            )
    return asked


def _work(layer: Layer) -> str:
    return "multiply-accumulates" if layer.kind in WEIGHTED_KINDS else "reads by its windows"
