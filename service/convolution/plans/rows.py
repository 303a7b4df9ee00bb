"""Lowering of rows alone (MEC): neighbouring rows of outputs share what has been lowered.

Cho and Brand, "MEC: Memory-efficient convolution for deep neural networks", ICML 2017.
"""

from typing import Any

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.plans.cost import MOST_SAMPLES, Effort, multiplied, padding_effort
from service.convolution.plans.source import Source
from service.convolution.plans.workspace import Sketch, workspace

__all__ = ["Rows"]


class Rows:
    """Two axes, one group, kernel rows that are neighbours.

    Lowered along the columns only, as ``(read rows, channels, kernel columns, output columns)``,
    one row of outputs needs a run of ``kernel`` rows of it: a matrix that begins one stride further
    on for each row of outputs.
    """

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether it can do such work."""
        return (
            geometry.rank == 2
            and geometry.groups == geometry.dilation[0] == 1
            and geometry.batch <= MOST_SAMPLES
        )

    @staticmethod
    def effort(geometry: Geometry) -> Effort:
        """What it takes."""
        calls, runs, moved = padding_effort(geometry)
        height, width = geometry.output
        lowered = geometry.batch * geometry.channels * geometry.read[0] * geometry.kernel[1] * width
        weights = geometry.filters * geometry.channels * geometry.taps
        gaps = geometry.stride[1] > 1
        return multiplied(
            geometry,
            geometry.batch * height,
            width,
            calls=5 + calls + 4 * geometry.batch,
            runs=runs + lowered / width + weights / geometry.kernel[1],
            moved=moved + (0 if gaps else lowered) + weights,
            strided=lowered if gaps else 0,
        )

    def __init__(self, geometry: Geometry, dtype: np.dtype[Any], mode: str) -> None:
        self.sketch = sketch = Sketch(dtype)
        self.source = Source(geometry, mode, sketch)
        (height, width), (high, wide) = geometry.output, geometry.kernel
        self.order = (geometry.filters, high * geometry.channels * wide)
        self.result = (geometry.batch, geometry.filters, height, width)
        (sample, channel), (row, cell), (_, step) = self.source.windows()
        shape = (geometry.read[0], geometry.channels, wide, width)
        lowered = sketch.array(*shape)
        depth = geometry.channels * wide * width
        matrices = sketch.view(
            lowered, (height, self.order[1], width), 0, (geometry.stride[0] * depth, width, 1)
        )
        self.lowered, self.matrices = lowered, matrices
        strides = (row, channel, cell, step)
        self.samples = [
            self.source.view(shape, strides, number * sample) for number in range(geometry.batch)
        ]
        self.views = len(sketch.views)

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`."""
        views = workspace(self.sketch)
        source = self.source.read(data, views)
        matrix = weight.transpose(0, 2, 1, 3).reshape(self.order)
        result = np.empty(self.result, self.sketch.dtype)
        for sample, window in zip(result, self.samples, strict=True):
            np.copyto(views[self.lowered], window.of(source, views))
            np.matmul(matrix, views[self.matrices], out=sample.transpose(1, 0, 2))
        return result
