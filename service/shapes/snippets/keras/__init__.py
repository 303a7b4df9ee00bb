"""Keras 3 code that makes a layer, on any backend, TensorFlow's included.

Keras wants a batch, so one of 1 is put before an input without. Layers that move windows have
their channels last, as Keras has them by default, unless they were given in the words of Keras or
TensorFlow with the channels first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from service.shapes.layer import LAYOUTS
from service.shapes.snippets.keras import convolutions, pools, simple
from service.shapes.snippets.keras.writing import View

if TYPE_CHECKING:
    from service.shapes.infer import Inference
    from service.shapes.layer import Layer

__all__ = ["write"]

_WRITERS: Final[dict[str, Callable[[View], list[str] | None]]] = {
    "conv": convolutions.convolution,
    "depthwise": convolutions.convolution,
    "separable": convolutions.convolution,
    "conv_transpose": convolutions.transposed,
    "max_pool": pools.pool,
    "avg_pool": pools.pool,
    "lp_pool": pools.pool,
    "adaptive_avg_pool": pools.adaptive,
    "adaptive_max_pool": pools.adaptive,
    "global_avg_pool": pools.whole,
    "global_max_pool": pools.whole,
    "global_lp_pool": pools.whole,
    **simple.WRITERS,
}


def write(inference: Inference) -> str | None:
    """Write code that builds ``layer`` and applies it, or return None if Keras cannot."""
    layer = inference.layer
    own = layer.framework in ("keras", "tensorflow")
    first = own and layer.has_channels and not layer.channels_last
    cropped = layer.kind in ("cropping", "conv_transpose", "upsampling", "zero_padding")
    if first and layer.rank == 1 and cropped:
        first = False  # Cropping1D and UpSampling1D have the channels last alone
    view = View(inference, first)
    lines = _WRITERS[layer.kind](view)
    if lines is None:
        return None
    return "\n".join([*lines, *_use(view)]) + "\n"


def _use(view: View) -> list[str]:
    layer = view.layer
    shape = layer.input_shape
    if layer.rank:
        moved = (layer.in_channels, *layer.spatial)
        shape = (layer.batch, *(moved if view.channels_first else (*moved[1:], moved[0])))
    elif LAYOUTS[layer.layout].batch is None:
        shape = (1, *shape)
    shapes = [shape, *(_like(layer, other, shape) for other in layer.other_shapes)]
    if layer.kind == "center_crop_like":
        shapes = shapes[:1]
    comment = ""
    if shape not in (layer.input_shape, (1, *layer.input_shape)):
        comment = f"  # {'×'.join(map(str, layer.input_shape))}: Keras has the channels last"
    elif shape != layer.input_shape:
        comment = "  # a batch of 1"
    made = [f"keras.random.normal({sizes})" for sizes in shapes]
    if len(made) == 1:
        return [f"x = {made[0]}{comment}", "y = layer(x)"]
    return [f"x = [{', '.join(made)}]{comment}", "y = layer(x)"]


def _like(layer: Layer, other: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Give another input a batch where the first was given one."""
    return other if len(shape) == len(layer.input_shape) else (1, *other)
