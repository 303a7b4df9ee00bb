"""Layers whose output size is no count of sliding windows: what they make, and what it costs.

Transposed convolutions turn every input position into a patch of the output. Adaptive and global
pools choose their windows by the output that is asked for. Padding, cropping and upsampling only
move pixels.
"""

from __future__ import annotations

from math import gcd, prod
from typing import Final

from service.shapes.layer import AXIS_NAMES, LAYOUTS, Layer
from service.shapes.results import Axis, Inference
from service.shapes.unread import unscattered_positions

__all__ = ["INFER", "adaptive_window", "transposed_size"]

_SPANS: Final = {"nearest": 1, "bicubic": 4}
"""Input pixels along an axis that an upsampled pixel is mixed from; 2 for all others."""


def transposed_size(size: int, reach: int, stride: int, before: int, after: int, more: int) -> int:
    """Return the output size of a transposed convolution, (i − 1)s − p_before − p_after + k_e + op.

    It is the input size of a convolution that leads back to ``size``; ``more`` (output_padding)
    chooses among those that do.
    """
    return (size - 1) * stride - before - after + reach + more


def adaptive_window(size: int, output: int) -> tuple[int, int]:
    """Return the largest window of adaptive pooling and the least distance of two, at least 1.

    Window j of ``output`` is [⌊j·i/o⌋, ⌈(j + 1)·i/o⌉). Where o divides i that is an ordinary pool.
    Otherwise, with i = q·o + r, window j has q + ⌈(jr mod o + r)/o⌉ pixels, and the largest
    jr mod o is o − gcd(r, o).
    """
    if not output:
        return 0, 1
    quotient, rest = divmod(size, output)
    more = 0 if not rest else 1 if output % rest == 0 else 2
    return quotient + more, max(quotient, 1)


def _transposed(layer: Layer) -> Inference:
    spatial = layer.spatial
    axes = []
    reached = []
    shifts = layer.output_padding or (0,) * layer.rank
    for name, size, kernel_size, stride, dilation, (before, after), more in zip(
        AXIS_NAMES[layer.rank],
        spatial,
        layer.kernel_size,
        layer.stride,
        layer.dilation,
        layer.padding,
        shifts,
        strict=True,
    ):
        reach = dilation * (kernel_size - 1) + 1
        output = max(transposed_size(size, reach, stride, before, after, more), 0) if size else 0
        unread = unscattered_positions(size, kernel_size, stride, dilation, before, output)
        axes.append(
            Axis(name, size, kernel_size, reach, stride, dilation, (before, after), output, unread)
        )
        reached.append(_reached(kernel_size, stride, dilation))
    filters = layer.out_channels or 1
    weights = layer.in_channels // layer.groups * filters * prod(layer.kernel_size)
    biases = filters if layer.bias else 0
    positions = prod(spatial)
    macs = layer.batch * positions * weights
    return Inference(
        layer,
        _shape(layer, axes, layer.out_channels),
        tuple(axes),
        weights + biases,
        weights,
        biases,
        macs,
        2 * macs,
        filters,
        positions,
        tuple(reached),
    )


def _reached(kernel_size: int, stride: int, dilation: int) -> int:
    """Span the input positions whose patches may share one output position.

    Taps that hit the same position lie s/g taps apart, g = gcd(s, d), and their inputs d/g apart.
    """
    common = gcd(stride, dilation)
    return (kernel_size - 1) // (stride // common) * (dilation // common) + 1


def _chosen_windows(layer: Layer) -> Inference:
    """Infer an adaptive or a global pool: the output size is given, the windows follow."""
    axes = []
    for name, size, output in zip(
        AXIS_NAMES[layer.rank], layer.spatial, layer.output_size, strict=True
    ):
        window, stride = adaptive_window(size, output)
        unread = 0 if output else size
        axes.append(Axis(name, size, window, window, stride, 1, (0, 0), output, unread))
    return _free(layer, axes, tuple([axis.kernel_size for axis in axes]))


def _padded(layer: Layer) -> Inference:
    axes = [
        Axis(name, size, 1, 1, 1, 1, pads, max(size + sum(pads), 0), _cut(size, *pads))
        for name, size, pads in zip(
            AXIS_NAMES[layer.rank], layer.spatial, layer.padding, strict=True
        )
    ]
    return _free(layer, axes, (1,) * layer.rank)


def _cut(size: int, before: int, after: int) -> int:
    """Count the pixels that negative padding takes away."""
    return min(max(-before, 0) + max(-after, 0), size)


def _cropped(layer: Layer) -> Inference:
    axes = [
        Axis(name, size, 1, 1, 1, 1, crop, max(size - sum(crop), 0), min(sum(crop), size))
        for name, size, crop in zip(
            AXIS_NAMES[layer.rank], layer.spatial, layer.padding, strict=True
        )
    ]
    return _free(layer, axes, (1,) * layer.rank)


def _upsampled(layer: Layer) -> Inference:
    span = _SPANS.get(layer.interpolation, 2)
    axes = [
        Axis(name, size, 1, 1, factor, 1, (0, 0), output, 0)
        for name, size, factor, output in zip(
            AXIS_NAMES[layer.rank],
            layer.spatial,
            layer.stride,
            layer.output_size or [i * s for i, s in zip(layer.spatial, layer.stride, strict=True)],
            strict=True,
        )
    ]
    return _free(layer, axes, (span,) * layer.rank)


def _free(layer: Layer, axes: list[Axis], receptive_field: tuple[int, ...]) -> Inference:
    """Finish a layer that has nothing to learn and keeps its channels."""
    return Inference(
        layer,
        _shape(layer, axes, None),
        tuple(axes),
        params=0,
        weights=0,
        biases=0,
        macs=0,
        flops=0,
        neurons_per_patch=None,
        positions=prod([axis.output for axis in axes]),
        receptive_field=receptive_field,
    )


def _shape(layer: Layer, axes: list[Axis], channels: int | None) -> tuple[int, ...]:
    """Put the outputs of the axes where the layout has them, and the channels if they change."""
    at = LAYOUTS[layer.layout]
    shape = list(layer.input_shape)
    kept = layer.keepdims or not layer.kind.startswith("global")
    shape[at.start : at.start + at.rank] = [axis.output for axis in axes] if kept else []
    if channels is not None and at.channel is not None:
        shape[at.channel] = channels
    return tuple(shape)


INFER: Final = {
    "conv_transpose": _transposed,
    "adaptive_avg_pool": _chosen_windows,
    "adaptive_max_pool": _chosen_windows,
    "global_avg_pool": _chosen_windows,
    "global_max_pool": _chosen_windows,
    "global_lp_pool": _chosen_windows,
    "zero_padding": _padded,
    "cropping": _cropped,
    "center_crop_like": _cropped,
    "upsampling": _upsampled,
}
"""How to infer each kind of these layers."""
