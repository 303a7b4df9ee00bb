"""Upsampling: every output pixel is mixed from a few input pixels along each axis.

Where output pixel o lies in the input is counted from pixel centres, (o + 1/2)·i/o_all − 1/2, or
with ``align_corners`` so that the first and the last pixels lie on each other. Kernels: nearest;
linear (a triangle); cubic (Keys 1981, with a = −0.75 in PyTorch and ONNX and a = −0.5 in Keras);
Lanczos. At the border PyTorch and ONNX repeat the last pixel, Keras leaves out what is missing
and lets the rest weigh more, as jax.image.resize and tf.image.resize do.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.windows import adaptive_mean, chosen
from service.shapes import Layer

__all__ = ["mixture", "upsample"]


def upsample(layer: Layer, data: Array, geometry: Geometry) -> Array:
    """Enlarge an input; nearest keeps any dtype, all others give float32 or float64."""
    mode = layer.interpolation
    if not mode.startswith("nearest") and data.dtype.kind != "f":
        data = data.astype(np.float64)
    if mode == "area":
        return adaptive_mean(data, list(map(chosen, geometry.size, geometry.output)))
    for axis in range(geometry.rank):
        cells, weights = mixture(layer, geometry, axis)
        if weights is None:
            data = data.take(cells[:, 0], axis=2 + axis)
            continue
        shape = (-1, *(1,) * (geometry.rank - axis - 1))
        total = np.zeros((), dtype=data.dtype)
        for tap in range(cells.shape[1]):
            weight = weights[:, tap].astype(data.dtype).reshape(shape)
            total = total + data.take(cells[:, tap], axis=2 + axis) * weight
        data = total
    return data


def mixture(layer: Layer, geometry: Geometry, axis: int) -> tuple[Array, Array | None]:
    """Which input cells each output cell of an axis is mixed from, and how much of each.

    Both of shape ``(output, taps)``; the weights are None where there is one cell with weight 1.
    """
    size, output = geometry.size[axis], geometry.output[axis]
    place, ratio = np.arange(output), size / output
    if layer.details.factors:
        ratio = 1 / layer.details.factors[axis]
    mode = layer.interpolation
    if mode.startswith("nearest"):
        return _nearest(layer, geometry, axis, ratio)[:, np.newaxis], None
    if layer.details.align_corners:
        centre = place * ((size - 1) / (output - 1) if output > 1 else 0.0)
    else:
        centre = (place + 0.5) * ratio - 0.5
    linear = mode.endswith("linear")
    reach = 1 if linear else _REACH[mode]
    if linear and layer.framework not in _RENORMALISED:
        centre = np.maximum(centre, 0)
    first = np.floor(centre).astype(np.int64) - (reach - 1)
    cells = first[:, np.newaxis] + np.arange(2 * reach)
    weights = _KERNELS["linear" if linear else mode](
        np.abs(cells - centre[:, np.newaxis]), layer.framework
    )
    if layer.framework in _RENORMALISED:
        weights = np.where((cells >= 0) & (cells < size), weights, 0)
        weights = weights / weights.sum(axis=1, keepdims=True)
    return np.clip(cells, 0, size - 1), weights


def _nearest(layer: Layer, geometry: Geometry, axis: int, ratio: float) -> Array:
    """The input pixel that each output pixel repeats.

    ONNX takes the nearer centre, of two equally near the first (round_prefer_floor), all others
    the pixel that the output pixel begins in; PyTorch computes that in float32.
    """
    place = np.arange(geometry.output[axis])
    cells: Array
    if layer.framework == "onnx":
        cells = np.ceil((place + 0.5) * ratio - 1)
    elif layer.framework == "pytorch" and not _counted(layer, geometry, axis):
        half = 0.5 if layer.interpolation == "nearest-exact" else 0.0
        cells = np.floor((place.astype(np.float32) + np.float32(half)) * np.float32(ratio))
    else:
        cells = place * geometry.size[axis] // geometry.output[axis]
    return np.clip(cells.astype(np.int64), 0, geometry.size[axis] - 1)


def _counted(layer: Layer, geometry: Geometry, axis: int) -> bool:
    """Whether PyTorch counts pixels instead of measuring: in 2-d, where sizes are kept or doubled.

    It does so whatever the factor, which matters where that was rounded down (2 pixels · 1.1).
    """
    size, output = geometry.size[axis], geometry.output[axis]
    plain = geometry.rank == 2 and layer.interpolation == "nearest"
    return plain and output in (size, 2 * size)


def _linear(distance: Array, _framework: str) -> Array:
    weights: Array = np.maximum(1 - distance, 0)
    return weights


def _cubic(distance: Array, framework: str) -> Array:
    a = -0.5 if framework in _RENORMALISED else -0.75
    near = ((a + 2) * distance - (a + 3)) * distance * distance + 1
    far = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0))


def _lanczos(reach: int) -> Callable[[Array, str], Array]:
    def weigh(distance: Array, _framework: str) -> Array:
        return np.where(distance < reach, np.sinc(distance) * np.sinc(distance / reach), 0)

    return weigh


_REACH: Final = {"bicubic": 2, "lanczos3": 3, "lanczos5": 5}
_KERNELS: Final = {
    "linear": _linear,
    "bicubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}
_RENORMALISED: Final = frozenset({"keras", "textbook"})
"""Frameworks that leave out what lies beyond the border; the textbook follows Keras."""
