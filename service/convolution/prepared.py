"""Layers that were run before, for those who run them again: what sizes decide is decided once.

Working out a layer's sizes and checking operands against them takes longer than convolving a small
input. A layer does not change, so all of that is kept with it.
"""

from math import isfinite, prod
from typing import Any, Final

import numpy as np

from service.convolution.correlate import correlation, on_two_axes
from service.convolution.geometry import Array, Geometry, geometry_of
from service.convolution.plans import Cache, Plan, Raced
from service.convolution.transposed import scattering
from service.convolution.weights import is_kernel_order, kernel_order, weight_shape
from service.shapes import Layer, infer

__all__ = ["Prepared", "is_finite", "prepared"]

_CONVOLUTIONS: Final = ("conv", "depthwise", "conv_transpose")

_FLOATS: Final = (np.dtype(np.float32), np.dtype(np.float64))

_dot: Final = np.vdot  # which warns of nothing

_TAME: Final = 1e70
"""If the sums of the squares of two factors, multiplied, stay below this, no sum of their products
leaves float32, in whatever order it is added up (Cauchy and Schwarz)."""

_SHRINKS: Final = 2
_FEW: Final = 4096
"""Where an input has so many times the numbers of its output, and so many more, it is the output
that is looked at."""

_FEW_VIEWS: Final = 64
"""Plans with more are looked up each time, which is nothing beside running them."""


class Prepared:
    """A layer and its sizes; of a convolution also what its operands have to be, and its plans."""

    __slots__ = ("convolution", "geometry", "inference", "layer")

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.inference = infer(layer)
        self.geometry = geometry_of(self.inference)
        self.convolution = None
        if layer.kind in _CONVOLUTIONS and 0 not in self.geometry.output:
            self.convolution = Convolution(layer, self.geometry, self.inference.output_shape)


class Convolution:
    """A convolution of floats in the shapes that its layer declares."""

    __slots__ = (
        "bias_shape",
        "data_axes",
        "data_shape",
        "geometry",
        "input_shape",
        "layer",
        "output_axes",
        "output_shape",
        "plain",
        "plans",
        "result_shape",
        "shrinks",
        "weight_shape",
        "whole",
    )

    def __init__(self, layer: Layer, geometry: Geometry, output_shape: tuple[int, ...]) -> None:
        self.layer = layer
        self.geometry = geometry
        self.plans: dict[np.dtype[Any], Plan] = {}
        self.input_shape = layer.input_shape
        self.weight_shape = weight_shape(layer)
        self.bias_shape = (geometry.filters,)
        self.output_shape = output_shape
        self.result_shape = (geometry.batch, geometry.filters, *geometry.output)
        self.data_shape = (geometry.batch, geometry.channels, *geometry.size)
        self.data_axes: tuple[int, ...] | None = None
        self.output_axes: tuple[int, ...] | None = None
        if layer.channels_last:
            axes = range(1, geometry.rank + 1)
            self.data_shape = (geometry.batch, *geometry.size, geometry.channels)
            self.data_axes = (0, geometry.rank + 1, *axes)
            self.output_axes = (0, *(1 + axis for axis in axes), 1)
        self.shrinks = prod(self.input_shape) > _SHRINKS * prod(output_shape) + _FEW
        self.whole = self.data_shape == self.input_shape
        self.plain = geometry.rank > 1 and self.data_axes is None and is_kernel_order(layer)

    def run(self, data: Array, weight: Array | None, bias: Array | None) -> Array | None:
        """Return the output in the layer's layout.

        None for operands that are to be converted or refused, and where a sum might overflow.
        """
        dtype = data.dtype
        if (
            weight is None
            or data.shape != self.input_shape
            or weight.dtype != dtype
            or weight.shape != self.weight_shape
            or (bias is not None and not self._fits(bias, dtype))
        ):
            return None
        plan = self.plans.get(dtype) or self._plan(dtype)
        if plan is None:
            return None
        if not self.shrinks and not float(_dot(data, data)) * float(_dot(weight, weight)) < _TAME:
            return None
        if not self.plain:
            data, weight = self._in_order(data, weight)
        elif not self.whole:
            data = data.reshape(self.data_shape)
        if self.shrinks:
            with np.errstate(all="ignore"):
                output = plan(data, weight)
            if not isfinite(_dot(output, output)):
                return None
        else:
            output = plan(data, weight)
        if bias is not None or self.output_axes is not None:
            return self._finished(output, bias)
        return output.reshape(self.output_shape)

    def _fits(self, bias: Array, dtype: np.dtype[Any]) -> bool:
        return (
            bias.dtype == dtype
            and bias.shape == self.bias_shape
            and float(_dot(bias, bias)) < _TAME
        )

    def _in_order(self, data: Array, weight: Array) -> tuple[Array, Array]:
        """The operands as a plan takes them."""
        data = data.reshape(self.data_shape)
        if self.data_axes is not None:
            data = data.transpose(self.data_axes)
        return on_two_axes(data, kernel_order(self.layer, weight))

    def _finished(self, output: Array, bias: Array | None) -> Array:
        """What a plan gave, with the bias and in the layer's layout."""
        output = output.reshape(self.result_shape)
        if bias is not None:
            output += bias.reshape(-1, *(1,) * self.geometry.rank)
        if self.output_axes is not None:
            output = np.ascontiguousarray(output.transpose(self.output_axes))
        return output.reshape(self.output_shape)

    def _plan(self, dtype: np.dtype[Any]) -> Plan | None:
        if dtype not in _FLOATS:
            return None
        if self.layer.kind == "conv_transpose":
            plan = scattering(self.geometry, dtype)
        else:
            plan = correlation(self.geometry, dtype, self.layer.padding_mode)
        if isinstance(plan, Raced):
            if plan.winner is None:
                return plan
            plan = plan.winner
        if plan.views <= _FEW_VIEWS:
            self.plans[dtype] = plan
        return plan


def is_finite(numbers: Array) -> bool:
    """Whether all of them are finite: at a glance where the sum of their squares is."""
    return bool(isfinite(_dot(numbers, numbers)) or np.isfinite(numbers).all())


_SAME: Final[Cache[int, Prepared]] = Cache()
_EQUAL: Final[Cache[Layer, Prepared]] = Cache()


def prepared(layer: Layer) -> Prepared:
    """Return what is known of a layer or its equal."""
    known = _SAME.get(id(layer))  # what is kept keeps its layer, so no other has that id
    if known is None:
        known = _EQUAL.get(layer)
    if known is None:
        known = Prepared(layer)
        _EQUAL.put(layer, known)
        _SAME.put(id(layer), known)
    return known
