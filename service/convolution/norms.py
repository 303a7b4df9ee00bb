"""Lp pooling: the p-norm of each window, (Σ|x|ᵖ)^(1/p)."""

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.pooling import box_sums, divisors
from service.shapes import Layer

__all__ = ["lp_pool", "powers", "scale"]


def lp_pool(layer: Layer, data: Array, geometry: Geometry) -> Array:
    """Take the norm of each window; ``(batch, channels, *output)`` of float32 or float64."""
    if data.dtype.kind != "f":
        data = data.astype(np.float64)
    total = box_sums(powers(layer, data), geometry)
    total *= scale(layer, geometry).astype(data.dtype)
    return root(layer, total)


def powers(layer: Layer, data: Array) -> Array:
    """What each cell adds to the sum: |x|ᵖ, or in PyTorch xᵖ with its sign."""
    p = layer.norm_p
    if p == 1 and layer.framework == "pytorch":
        return data
    signed = data if layer.framework == "pytorch" else np.abs(data)
    return signed if p == 1 else np.power(signed, data.dtype.type(p))


def root(layer: Layer, total: Array) -> Array:
    """The p-th root of each sum."""
    p = layer.norm_p
    if p == 1:
        return total
    return np.sqrt(total) if p == 2 else np.power(total, total.dtype.type(1 / p))


def scale(layer: Layer, geometry: Geometry) -> Array:
    """What each sum is multiplied by, of shape ``output``: 1 but for PyTorch's ceil_mode.

    PyTorch multiplies the mean of a window by its whole size, so what hangs over the end counts
    as if it held the mean of the rest (torch.nn.functional.lp_pool2d).
    """
    if layer.framework != "pytorch" or not layer.ceil_mode:
        return np.ones((1,) * geometry.rank)
    counted = divisors(geometry, count_include_pad=True, divisor_override=None)
    return geometry.taps / counted
