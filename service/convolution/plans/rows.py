"""Lowering of rows alone (MEC): neighbouring rows of outputs share what has been lowered.

Cho and Brand, "MEC: Memory-efficient convolution for deep neural networks", ICML 2017.
"""

from typing import Any

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.plans.columns import PhasedColumns
from service.convolution.plans.cost import MOST_SAMPLES, Effort, multiplied, source_effort
from service.convolution.plans.source import Source, strides_of
from service.convolution.plans.workspace import Sketch, workspace

__all__ = ["PhasedRows", "Rows"]


class Rows:
    """Two axes, one group, kernel rows that are neighbours.

    Lowered along the columns only, as ``(read rows, channels, kernel columns, output columns)``,
    one row of outputs needs a run of ``kernel`` rows of it: a matrix that begins one stride further
    on for each row of outputs.
    """

    phased = False

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether it can do such work."""
        return (
            geometry.rank == 2
            and geometry.groups == geometry.dilation[0] == 1
            and geometry.batch <= MOST_SAMPLES
        )

    @classmethod
    def effort(cls, geometry: Geometry) -> Effort:
        """What it takes."""
        calls, runs, moved, strided = source_effort(geometry, phased=cls.phased)
        height, width = geometry.output
        lowered = geometry.batch * geometry.channels * geometry.read[0] * geometry.kernel[1] * width
        weights = geometry.filters * geometry.channels * geometry.taps
        gaps = geometry.stride[1] > 1 and not cls.phased
        return multiplied(
            geometry,
            geometry.batch * height,
            width,
            calls=5 + calls + 4 * geometry.batch,
            runs=runs + lowered / width + weights / geometry.kernel[1],
            moved=moved + (0 if gaps else lowered) + weights,
            strided=strided + (lowered if gaps else 0),
        )

    def __init__(self, geometry: Geometry, dtype: np.dtype[Any], mode: str) -> None:
        self.sketch = sketch = Sketch(dtype)
        phases = geometry.stride[1] if self.phased else 1
        self.source = Source(geometry, mode, sketch, phases=phases)
        (height, width), (high, wide) = geometry.output, geometry.kernel
        self.order = (geometry.filters, high * geometry.channels * wide)
        self.result = (geometry.batch, geometry.filters, height, width)
        (sample, channel), (row, _), (_, step) = self.source.windows()
        shape = (geometry.read[0], geometry.channels, wide, width)
        lowered = sketch.array(*shape)
        depth = geometry.channels * wide * width
        matrices = sketch.view(
            lowered, (height, self.order[1], width), 0, (geometry.stride[0] * depth, width, 1)
        )
        self.matrices = matrices
        planes = (geometry.read[0], geometry.channels)
        lines = strides_of(shape)
        self.samples = []
        for number in range(geometry.batch):
            copies = []
            for taps in self.source.taps():
                some = (*planes, len(range(taps.first, wide, taps.every)), width)
                reads = (row, channel, taps.step, step)
                window = self.source.view(some, reads, number * sample + taps.offset)
                strides = (*lines[:2], taps.every * lines[2], lines[3])
                copies.append((window, sketch.view(lowered, some, taps.first * lines[2], strides)))
            self.samples.append(copies)
        self.views = len(sketch.views)

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`."""
        views = workspace(self.sketch)
        source = self.source.read(data, views)
        matrix = weight.transpose(0, 2, 1, 3).reshape(self.order)
        result = np.empty(self.result, self.sketch.dtype)
        for sample, copies in zip(result, self.samples, strict=True):
            for window, rows in copies:
                np.copyto(views[rows], window.of(source, views))
            np.matmul(matrix, views[self.matrices], out=sample.transpose(1, 0, 2))
        return result


class PhasedRows(Rows):
    """Rows of an input that was sorted by phases of the stride first."""

    phased = True

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether it can do such work."""
        return Rows.fits(geometry) and PhasedColumns.fits(geometry)
