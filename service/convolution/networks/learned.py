"""What a layer has learned: the names and shapes of its tensors, as `run` takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from service.convolution.errors import OperandError
from service.convolution.operands import sizes
from service.convolution.weights import WEIGHTED_KINDS, pointwise_shape, weight_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.convolution.geometry import Array
    from service.shapes import Layer
    from service.shapes.network import Node

__all__ = ["ACTIVATED", "activation_of", "learned", "place_filters"]

ACTIVATED: Final = ("relu", "relu6", "tanh", "sigmoid", "softmax")
"""Functions that a layer of Keras may have as its own ``activation``, and that are computed."""

_LAST: Final = ("keras", "tensorflow", "jax", "flax")  # weights end with the channels


def learned(layer: Layer) -> dict[str, tuple[int, ...]]:
    """The shapes of what a layer has learned, in its framework's own order, by their names.

    ``weight`` and ``bias``; of separable convolutions ``pointwise_weight`` and ``depthwise_bias``
    too, of normalisations ``mean`` and ``variance``. Nothing for pools, functions and joins.
    """
    if layer.kind == "batch_norm":
        names = ["weight"] * layer.scale + ["bias"] * layer.bias + ["mean", "variance"]
        return dict.fromkeys(names, (layer.in_channels,))
    if layer.kind not in WEIGHTED_KINDS:
        return {}
    shapes = {"weight": weight_shape(layer)}
    filters = layer.out_channels or 1
    if layer.kind == "separable":
        shapes["pointwise_weight"] = pointwise_shape(layer)
        if layer.depthwise_bias:
            shapes["depthwise_bias"] = (layer.in_channels * layer.depth_multiplier,)
    if layer.bias:
        shapes["bias"] = (filters,)
    return shapes


def place_filters(layer: Layer, kernels: Sequence[Array], pointer: str) -> Array:
    """A layer's weight made of kernels ``(rows, columns)``: one for all filters, or one for each.

    Every filter sees all channels of its group through its kernel, and adds them up. Raises
    OperandError ``filter_not_2d`` and ``weight_shape_mismatch``.
    """
    if layer.kind not in ("conv", "depthwise", "separable") or layer.rank != 2:
        raise OperandError(
            "filter_not_2d",
            f"A filter by its name can't be the weight of {layer.op}.",
            pointer=pointer,
            hint="Use conv2d or depthwise_conv2d.",
        )
    wanted = weight_shape(layer)
    last = layer.framework in _LAST
    filters = wanted[-1] if last else wanted[0]
    if len(kernels) not in (1, filters):
        raise OperandError(
            "weight_shape_mismatch",
            f"These are {len(kernels)} filters, but the layer has {filters}.",
            pointer=pointer,
            hint=f"Give {filters}, or one for all.",
        )
    for kernel in kernels:
        if kernel.shape != layer.kernel_size:
            raise OperandError(
                "weight_shape_mismatch",
                f"The filter is {sizes(kernel.shape)}, but the layer's kernel is "
                f"{sizes(layer.kernel_size)}.",
                pointer=pointer,
                hint=f"Give the layer a kernel of {sizes(kernel.shape)}.",
            )
    if last:
        return np.broadcast_to(np.stack(kernels, axis=-1)[:, :, np.newaxis], wanted)
    return np.broadcast_to(np.stack(kernels)[:, np.newaxis], wanted)


def activation_of(node: Node, index: int) -> str | None:
    """The function that a layer applies to its own output; None for none.

    Raises OperandError ``op_not_supported`` for one that is not computed.
    """
    name = node.params.get("activation")
    if name is None or name == "linear":
        return None
    if name not in ACTIVATED:
        raise OperandError(
            "op_not_supported",
            f"Layer `{node.name[:64]}`: the activation {name} is not computed.",
            pointer=f"/layers/{index}/params/activation",
            hint=f"One of {', '.join(ACTIVATED)}, or linear.",
        )
    return str(name)
