"""Columns of blocks put back into the image that they come from (ONNX's Col2Im)."""

from typing import Any

from service.convolution.geometry import Array, Geometry
from service.convolution.operands import Tensors, read_plain, refuse_weights
from service.convolution.transposed import scattered
from service.shapes import Layer

__all__ = ["put_back"]


def put_back(layer: Layer, tensors: Tensors) -> Array:
    """Add up blocks where they lie in the image; ``(batch, channels, *image)``.

    The input is ``(batch, channels · block, places)``, as a convolution's input is lowered: a
    transposed convolution without the weights.
    """
    refuse_weights(layer, tensors)
    data, block, image = read_plain(layer, tensors.data), layer.kernel_size, layer.output_size
    counts = tuple(
        (size + sum(pads) - reach) // step + 1
        for size, reach, step, pads in zip(
            image, layer.effective_kernel_size, layer.stride, layer.padding, strict=True
        )
    )
    batch, channels = data.shape[0], layer.out_channels or 1
    geometry = Geometry(
        batch=batch,
        channels=channels,
        groups=channels,
        filters=channels,
        size=counts,
        kernel=block,
        stride=layer.stride,
        dilation=layer.dilation,
        padding=layer.padding,
        output=image,
        read=counts,
    )
    blocks = data.reshape(batch, channels, *block, *counts)
    before_taps: tuple[Any, ...] = (slice(None),) * 2
    before_cells: tuple[Any, ...] = (slice(None),) * (2 + len(block))

    def by_tap(tap: tuple[int, ...]) -> Array:
        part: Array = blocks[(*before_taps, *tap)]
        return part

    def by_cell(cell: tuple[int, ...]) -> Array:
        part: Array = blocks[(*before_cells, *cell)]
        return part

    return scattered(geometry, data.dtype, by_tap, by_cell)
