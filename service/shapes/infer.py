"""From a layer to its output: sizes, padding, what is read, what it costs. Numbers only."""

from __future__ import annotations

from math import prod
from typing import Final

from service.shapes import elementwise, resizing
from service.shapes.layer import AXIS_NAMES, LAYOUTS, Layer
from service.shapes.results import Axis, Inference
from service.shapes.unread import unread_positions

__all__ = ["Axis", "Inference", "infer", "output_size"]


def output_size(
    size: int, reach: int, stride: int, before: int, after: int, *, ceil_mode: bool = False
) -> int:
    """Count the windows that fit along one axis; 0 or less if none does.

    Without ``ceil_mode`` ⌊(i + p_before + p_after − k_e)/s⌋ + 1 (the arithmetic that all
    frameworks share). With it the division rounds up, so that the last window may hang over the
    end, and a window that would start behind the input and the padding before it is dropped
    (PyTorch, ONNX since opset 22).
    """
    room = size + before + after - reach
    if not ceil_mode:
        return room // stride + 1
    output = (room + stride - 1) // stride + 1
    if (output - 1) * stride >= size + before:
        output -= 1
    return output


def infer(layer: Layer) -> Inference:
    """Infer the output of ``layer`` and its cost.

    Whether the kernel fits is the dialects' question: what they let through has an answer, and
    that of a kernel larger than the padded input is size 0.
    """
    if layer.kind not in _SLIDING:
        return _OTHERS[layer.kind](layer)
    letters = LAYOUTS[layer.layout]
    shape, rank, start = layer.input_shape, layer.rank, letters.start
    axes = tuple(
        map(
            _axis,
            AXIS_NAMES[rank],
            shape[start : start + rank],
            layer.kernel_size,
            layer.stride,
            layer.dilation,
            layer.padding,
            _ROUND_UP if layer.ceil_mode else _ROUND_DOWN,
        )
    )
    if rank == 2:
        first, second = axes
        outputs: tuple[int, ...] = (first.output, second.output)
        reaches: tuple[int, ...] = (first.effective_kernel_size, second.effective_kernel_size)
    else:
        outputs = tuple([axis.output for axis in axes])
        reaches = tuple([axis.effective_kernel_size for axis in axes])
    positions = prod(outputs)
    filters = layer.out_channels
    if filters is None:
        output_shape = shape[:start] + outputs + shape[start + rank :]
        return _tuple(
            Inference,
            (layer, output_shape, axes, 0, 0, 0, 0, 0, None, positions, reaches),
        )
    channel = letters.channel
    if channel is None:
        output_shape, depth = outputs, 1
    else:
        depth = shape[channel]
        if channel < start:
            output_shape = (*shape[:channel], filters, *outputs)
        else:
            output_shape = (*shape[:start], *outputs, filters)
    if layer.kind == "separable":
        seen = depth * layer.depth_multiplier
        weights = seen * (prod(layer.kernel_size) + filters)
        biases = (filters if layer.bias else 0) + (seen if layer.depthwise_bias else 0)
    else:
        weights = depth // layer.groups * filters * prod(layer.kernel_size)
        biases = filters if layer.bias else 0
    macs = positions * weights * (1 if letters.batch is None else shape[0])
    return _tuple(
        Inference,
        (
            layer,
            output_shape,
            axes,
            weights + biases,
            weights,
            biases,
            macs,
            2 * macs,
            filters,
            positions,
            reaches,
        ),
    )


_SLIDING: Final = frozenset(("conv", "depthwise", "separable", "max_pool", "avg_pool", "lp_pool"))
"""Kinds whose window slides over the padded input."""

_OTHERS: Final = {**resizing.INFER, **elementwise.INFER}

_tuple = tuple.__new__  # what a NamedTuple's own constructor does, without the detour
_ROUND_DOWN = (False, False, False)
_ROUND_UP = (True, True, True)


def _axis(
    name: str,
    size: int,
    kernel_size: int,
    stride: int,
    dilation: int,
    padding: tuple[int, int],
    ceil_mode: bool,
) -> Axis:
    before, after = padding
    reach = dilation * (kernel_size - 1) + 1
    room = size + before + after - reach
    if ceil_mode or room < 0:
        output = max(output_size(size, reach, stride, before, after, ceil_mode=ceil_mode), 0)
    else:
        output = room // stride + 1
    if stride <= kernel_size and dilation == 1 and output:
        unread = room - after - (output - 1) * stride
        if unread < 0:
            unread = 0
        elif unread > size:
            unread = size
        if before < 0:
            unread = min(unread - before, size)
    else:
        unread = unread_positions(size, kernel_size, stride, dilation, before, output)
    return _tuple(Axis, (name, size, kernel_size, reach, stride, dilation, padding, output, unread))
