"""Source code that makes a layer in PyTorch, channels first as PyTorch has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from service.shapes.snippets.pytorch import networks, resizing, windows
from service.shapes.snippets.pytorch.parts import channels_first

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.results import Inference

__all__ = ["write"]


def write(inference: Inference) -> str | None:
    """Write the lines that make ``layer`` in PyTorch, or None where PyTorch has nothing like it."""
    layer = inference.layer
    writer = _WRITERS.get(layer.kind)
    lines = None if writer is None else writer(inference)
    return None if lines is None else "\n".join([*lines, *_use(layer)]) + "\n"


def _use(layer: Layer) -> list[str]:
    sizes = layer.input_shape if layer.kind in _ANY_ORDER else channels_first(layer)
    comment = ""
    if sizes != layer.input_shape:
        comment = f"  # {'×'.join(map(str, layer.input_shape))}: PyTorch wants the channels first"
    return [f"x = torch.randn({', '.join(map(str, sizes))}){comment}", "y = layer(x)"]


_ANY_ORDER: Final = frozenset(("linear", "flatten", "activation", "dropout", "add", "concat"))
"""Kinds that do not care which axis the channels are."""

_WRITERS: Final[Mapping[str, Callable[[Inference], list[str] | None]]] = {
    "conv": windows.conv,
    "depthwise": windows.conv,
    "separable": windows.separable,
    "max_pool": windows.max_pool,
    "avg_pool": windows.avg_pool,
    "lp_pool": windows.lp_pool,
    "conv_transpose": resizing.conv_transpose,
    "adaptive_avg_pool": resizing.adaptive_pool,
    "adaptive_max_pool": resizing.adaptive_pool,
    "global_avg_pool": resizing.global_pool,
    "global_max_pool": resizing.global_pool,
    "global_lp_pool": resizing.global_pool,
    "zero_padding": resizing.moved,
    "cropping": resizing.moved,
    "center_crop_like": resizing.moved,
    "upsampling": resizing.upsampling,
    "linear": networks.linear,
    "flatten": networks.flatten,
    "batch_norm": networks.batch_norm,
    "activation": networks.activation,
    "dropout": networks.dropout,
    "add": networks.joined,
    "concat": networks.joined,
}
