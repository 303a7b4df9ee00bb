"""Weights: the shapes that frameworks give them, and the one order that the kernels use.

PyTorch and ONNX put the channels first (out, in, kernel), and so does the textbook; Keras,
TensorFlow, JAX and flax put them last (kernel, in, out). A transposed convolution has the two
channel axes the other way round, as it undoes a convolution; only JAX and flax keep theirs, and
turn the kernel around instead, unless told to ``transpose_kernel``.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from service.convolution.errors import OperandError
from service.convolution.geometry import Array
from service.shapes import Layer

__all__ = [
    "WEIGHTED_KINDS",
    "WeightSizes",
    "is_kernel_order",
    "kernel_order",
    "pointwise_order",
    "pointwise_shape",
    "read_weight_shape",
    "shape_in_words",
    "weight_shape",
]

WEIGHTED_KINDS: Final = ("conv", "conv_transpose", "depthwise", "separable", "linear")
"""Kinds of layers that cannot do without a weight."""

_LAST: Final = frozenset({"keras", "tensorflow", "jax", "flax"})
"""Frameworks whose weights end with the channels."""

_UNTURNED: Final = frozenset({"jax", "flax"})
"""Frameworks whose transposed convolutions keep the order of channels."""


@dataclass(frozen=True, slots=True)
class WeightSizes:
    """What the shape of a weight says about its layer; None where it has no such axis.

    ``out_channels`` are the filters (of a transposed convolution: in each group),
    ``group_channels`` the input channels that a filter sees.
    """

    out_channels: int | None
    group_channels: int | None
    kernel_size: tuple[int, ...]


def weight_shape(layer: Layer) -> tuple[int, ...]:
    """Return the shape that a layer's weight must have, in its framework's own order."""
    kind, kernel, channels = layer.kind, layer.kernel_size, layer.in_channels
    filters, last = layer.out_channels or 1, layer.framework in _LAST
    if kind == "linear":
        features = layer.input_shape[0 if layer.details.transpose_input else -1]
        return (features, filters) if _by_columns(layer) else (filters, features)
    if kind in ("depthwise", "separable"):
        multiplier = layer.depth_multiplier
        first, second = (channels, multiplier) if last else (channels * multiplier, 1)
    elif kind == "conv_transpose":
        first, second = channels, filters // layer.groups
        if last and not _keeps_order(layer):
            first, second = second, first
    else:
        first, second = filters, channels // layer.groups
        if last:
            first, second = second, first
    return (*kernel, first, second) if last else (first, second, *kernel)


def pointwise_shape(layer: Layer) -> tuple[int, ...]:
    """Return the shape of a separable convolution's second weight: one pixel, all channels."""
    ones, filters = (1,) * layer.rank, layer.out_channels or 1
    seen = layer.in_channels * layer.depth_multiplier
    return (*ones, seen, filters) if layer.framework in _LAST else (filters, seen, *ones)


def kernel_order(layer: Layer, weight: Array) -> Array:
    """View a weight of `weight_shape` in the order of the kernels, turned around where asked.

    Convolutions: ``(filters, channels / groups, *kernel)``; depthwise ones the same, with one
    channel in each group. Transposed: ``(channels, filters / groups, *kernel)``, where the patch
    of an input cell is its value times the kernel as it stands.
    """
    kind, rank, last = layer.kind, layer.rank, layer.framework in _LAST
    if kind == "linear":
        return weight.T if _by_columns(layer) else weight
    kernel = tuple(range(rank))
    if last and kind in ("depthwise", "separable"):
        weight = weight.transpose(rank, rank + 1, *kernel)
        weight = weight.reshape(-1, 1, *layer.kernel_size)
    elif last and kind == "conv_transpose" and _keeps_order(layer):
        weight = weight.transpose(rank, rank + 1, *kernel)
    elif last:
        weight = weight.transpose(rank + 1, rank, *kernel)
    turned = kind == "conv_transpose" and _keeps_order(layer)
    if turned is not layer.details.flip_kernel:
        weight = np.flip(weight, tuple(range(2, rank + 2)))
    return weight


def is_kernel_order(layer: Layer) -> bool:
    """Whether `kernel_order` leaves a convolution's weight as it is."""
    return layer.framework not in _LAST and not layer.details.flip_kernel


def pointwise_order(layer: Layer, weight: Array) -> Array:
    """View a second weight of `pointwise_shape` as ``(filters, channels · multiplier)``."""
    if layer.framework in _LAST:
        return weight.reshape(weight.shape[layer.rank :]).T
    return weight.reshape(weight.shape[:2])


def _keeps_order(layer: Layer) -> bool:
    return layer.framework in _UNTURNED and not layer.details.transpose_kernel


def read_weight_shape(
    framework: str,
    rank: int,
    shape: tuple[int, ...],
    kind: str = "conv",
    *,
    transpose_kernel: bool = False,
) -> WeightSizes:
    """Read kernel size and channels from the shape of a weight.

    A weight with ``rank`` axes is the kernel alone. Of depthwise and separable layers only the
    kernel is read, since their channels are the input's. Raises OperandError
    ``weight_shape_mismatch`` for any other number of axes than ``rank`` or ``rank + 2``.
    """
    if len(shape) == rank:
        return WeightSizes(None, None, shape)
    if len(shape) != rank + 2:
        raise OperandError(
            "weight_shape_mismatch",
            f"The weight has {len(shape)} axes; a {rank}-d convolution's has {rank + 2}.",
            pointer="/weight",
            hint=f"Give {_order(framework, rank, kind, kept=not transpose_kernel)}, "
            f"or one kernel alone with {rank} axes.",
        )
    last = framework in _LAST
    out, into, kernel = (
        (shape[-1], shape[-2], shape[:-2]) if last else (shape[0], shape[1], shape[2:])
    )
    if kind == "conv_transpose" and (framework not in _UNTURNED or transpose_kernel):
        out, into = into, out
    return WeightSizes(out, into, kernel)


def shape_in_words(layer: Layer) -> str:
    """Say what the axes of a layer's weight are."""
    if layer.kind == "linear":
        return "inputs, outputs" if _by_columns(layer) else "outputs, inputs"
    return _order(layer.framework, layer.rank, layer.kind, kept=_keeps_order(layer))


def _order(framework: str, rank: int, kind: str, *, kept: bool) -> str:
    kernel = "kernel size" if rank == 1 else "kernel sizes"
    last = framework in _LAST
    out, into = "output channels", "input channels a group"
    if kind in ("depthwise", "separable"):
        names = (
            ("input channels", "filters for each")
            if last
            else ("input channels times filters for each", "1")
        )
    elif kind == "conv_transpose":
        names = ("input channels", "output channels a group")
        if last and not (kept and framework in _UNTURNED):
            names = names[::-1]
    else:
        names = (into, out) if last else (out, into)
    return ", ".join((kernel, *names) if last else (*names, kernel))


def _by_columns(layer: Layer) -> bool:
    """Whether the weight of a linear layer has a column, not a row, for each output."""
    return not (layer.framework in ("pytorch", "textbook") or layer.details.transpose_weight)
