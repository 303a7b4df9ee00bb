"""Where windows lie: the sizes of one layer, in the one order that the kernels use.

Every kernel works on ``(batch, channels, *spatial)``. The sizes themselves come from
``service.shapes.infer``; here they are only put in that order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from service.shapes import Inference

Array: TypeAlias = NDArray[Any]
"""An array of any dtype; shapes stand in the docstrings."""

BLOCK_ELEMENTS = 262_144
"""Lowered columns made at a time: 2 MB of float64, which stays in a second-level cache."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """The sizes of one layer; one entry per spatial axis in each tuple.

    ``filters`` equals ``channels`` for pools. ``padding`` is what the layer declares (before,
    after); ``read`` is how many cells of an axis the windows reach over, from the first cell of
    the padding before it. It may end short of the input, or past the padding (``ceil_mode``).
    """

    batch: int
    channels: int
    groups: int
    filters: int
    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    output: tuple[int, ...]
    read: tuple[int, ...]

    @property
    def rank(self) -> int:
        """Number of spatial axes, 1 to 3."""
        return len(self.size)

    @property
    def taps(self) -> int:
        """Cells of one window in one channel."""
        return prod(self.kernel)

    @property
    def positions(self) -> int:
        """Windows in one channel of one sample."""
        return prod(self.output)

    @property
    def group_channels(self) -> int:
        """Input channels that one filter sees."""
        return self.channels // self.groups

    @property
    def lowered_row(self) -> int:
        """Columns made for one step along the first spatial axis, in elements."""
        return self.channels * self.taps * prod(self.output[1:])

    @property
    def lowered_elements(self) -> int:
        """Columns of all windows, in elements."""
        return self.batch * self.lowered_row * self.output[0]

    @property
    def needs_padding(self) -> bool:
        """Whether the windows read anything but exactly the input."""
        return self.read != self.size or any(before for before, _ in self.padding)

    @property
    def padded_lines(self) -> int:
        """Rows of one channel of the input as the windows read it."""
        return prod(self.read[:-1])

    def padded_elements(self) -> int:
        """Elements of the input as the windows read it."""
        return self.batch * self.channels * prod(self.read)

    def halfway_elements(self) -> int:
        """Elements of a pool's largest result in between, with one axis reduced."""
        return self.batch * self.channels * self.output[0] * prod(self.read[1:])

    def block_elements(self, limit: int = BLOCK_ELEMENTS) -> int:
        """Most columns that `blocks` asks for at a time, in elements."""
        return min(self.lowered_elements, max(self.lowered_row, limit))

    def blocks(self, limit: int = BLOCK_ELEMENTS) -> Iterator[tuple[slice, slice]]:
        """Cut the work into (samples, steps of the first axis) of at most `block_elements`."""
        rows = self.output[0]
        per_sample = self.lowered_row * rows
        if per_sample <= limit:
            step = limit // per_sample
            for start in range(0, self.batch, step):
                yield slice(start, min(start + step, self.batch)), slice(0, rows)
            return
        step = max(1, limit // self.lowered_row)
        for sample in range(self.batch):
            for start in range(0, rows, step):
                yield slice(sample, sample + 1), slice(start, min(start + step, rows))

    def cells(self, axis: int, low: int, high: int) -> Array:
        """Count for each window of an axis how many of its cells lie in ``low <= cell < high``.

        Cells are counted from the first cell of the padding before. Shape ``(output[axis],)``.
        """
        starts = np.arange(self.output[axis], dtype=np.int64) * self.stride[axis]
        dilation, kernel = self.dilation[axis], self.kernel[axis]
        first = np.clip(-((starts - low) // dilation), 0, kernel)
        stop = np.clip(-((starts - high) // dilation), 0, kernel)
        return stop - first

    def cells_of_input(self, axis: int) -> Array:
        """For each window of an axis, how many of its cells lie in the input itself."""
        before = self.padding[axis][0]
        return self.cells(axis, before, before + self.size[axis])

    def cells_of_padded(self, axis: int) -> Array:
        """For each window of an axis, how many of its cells lie in the input or its padding.

        What ``ceil_mode`` hangs over the end is not counted.
        """
        return self.cells(axis, 0, sum(self.padding[axis]) + self.size[axis])


_NOT_SLIDING = (
    "conv_transpose",
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "cropping",
    "center_crop_like",
    "upsampling",
)
"""Kinds that read their input as it is."""


def geometry_of(inference: Inference) -> Geometry:
    """Put the sizes of an inferred layer in the order of the kernels."""
    layer = inference.layer
    output = tuple(axis.output for axis in inference.axes)
    read = tuple(
        (axis.output - 1) * axis.stride + axis.effective_kernel_size if axis.output else 0
        for axis in inference.axes
    )
    if layer.kind in _NOT_SLIDING:
        read = tuple(axis.input for axis in inference.axes)
    padding, channels = layer.padding, layer.in_channels
    if layer.details.overhang:
        padding = tuple(
            (before, after - over)
            for (before, after), over in zip(padding, layer.details.overhang, strict=True)
        )
    return Geometry(
        batch=layer.batch,
        channels=channels,
        groups=layer.groups,
        filters=channels if layer.out_channels is None else layer.out_channels,
        size=tuple(axis.input for axis in inference.axes),
        kernel=layer.kernel_size,
        stride=layer.stride,
        dilation=layer.dilation,
        padding=padding,
        output=output,
        read=read,
    )


def windows(data: Array, geometry: Geometry) -> Array:
    """View ``(batch, channels, *read)`` as ``(batch, groups, channels/groups, *kernel, *output)``.

    No element is copied; ``data`` must be C-contiguous.
    """
    spatial = data.strides[2:]
    kernel = tuple(s * d for s, d in zip(spatial, geometry.dilation, strict=True))
    steps = tuple(s * step for s, step in zip(spatial, geometry.stride, strict=True))
    per_group = geometry.group_channels
    return np.ndarray(
        (geometry.batch, geometry.groups, per_group, *geometry.kernel, *geometry.output),
        dtype=data.dtype,
        buffer=data,
        strides=(data.strides[0], data.strides[1] * per_group, data.strides[1], *kernel, *steps),
    )
