"""A product for each cell of the kernel, with the input as it lies."""

from typing import Any

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.plans.cost import MOST_SAMPLES, Effort, multiplied, padding_effort
from service.convolution.plans.source import Source
from service.convolution.plans.workspace import Sketch, workspace

__all__ = ["Shifted"]


class Shifted:
    """Many channels: one product for each cell of the kernel, on the input as it lies; stride 1.

    The outputs' rows run over the ends of the input's, as in `WideColumns`.
    """

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether it can do such work."""
        return (
            geometry.rank == 2
            and geometry.groups == 1
            and geometry.stride == (1, 1)
            and geometry.batch <= MOST_SAMPLES
        )

    @staticmethod
    def effort(geometry: Geometry) -> Effort:
        """What it takes."""
        calls, runs, moved = padding_effort(geometry)
        run = (geometry.output[0] - 1) * geometry.read[1] + geometry.output[1]
        totals = geometry.batch * geometry.filters * run
        weights = geometry.filters * geometry.channels * geometry.taps
        return multiplied(
            geometry,
            geometry.batch * geometry.taps,
            run,
            depth=geometry.channels,
            calls=5 + calls + 3 * geometry.batch * geometry.taps,
            runs=runs + geometry.batch * geometry.filters * (geometry.output[0] + geometry.taps),
            moved=moved + (geometry.taps + 1) * totals,
            strided=weights,
        )

    def __init__(self, geometry: Geometry, dtype: np.dtype[Any], mode: str) -> None:
        self.sketch = sketch = Sketch(dtype)
        self.source = Source(geometry, mode, sketch)
        filters, channels = geometry.filters, geometry.channels
        self.order = (filters, channels, geometry.taps)
        (height, width), line = geometry.output, geometry.read[1]
        self.result = (geometry.batch, filters, height, width)
        run = (height - 1) * line + width
        (sample, channel), (row, cell), _ = self.source.windows()
        self.total = sketch.array(filters, run)
        self.part = sketch.array(filters, run)
        self.outputs = sketch.view(self.total, self.result[1:], strides=(run, line, 1))
        shape, strides = (channels, run), (channel, 1)
        self.samples = [
            [
                self.source.view(shape, strides, number * sample + high * row + wide * cell)
                for high in range(geometry.kernel[0])
                for wide in range(geometry.kernel[1])
            ]
            for number in range(geometry.batch)
        ]
        self.views = len(sketch.views)

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`."""
        views = workspace(self.sketch)
        source = self.source.read(data, views)
        matrices = np.ascontiguousarray(weight.reshape(self.order).transpose(2, 0, 1))
        result = np.empty(self.result, self.sketch.dtype)
        total, part = views[self.total], views[self.part]
        for sample, shifts in zip(result, self.samples, strict=True):
            np.matmul(matrices[0], shifts[0].of(source, views), out=total)
            for matrix, shift in zip(matrices[1:], shifts[1:], strict=True):
                np.matmul(matrix, shift.of(source, views), out=part)
                np.add(total, part, out=total)
            sample[...] = views[self.outputs]
        return result
