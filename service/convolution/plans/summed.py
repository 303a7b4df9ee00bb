"""Depthwise convolution: shifted inputs, each times one number, added up."""

from typing import Any, Final

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.plans.cost import MOST_SAMPLES, Effort, padding_effort
from service.convolution.plans.source import Source
from service.convolution.plans.workspace import Sketch, workspace

__all__ = ["Summed"]

_ELEMENTS: Final = 32_768
"""Outputs worked on at a time: three arrays of that size fit the cache of a core."""

_MOST_TAPS: Final = 128
"""Larger kernels are better lowered."""


class Summed:
    """Depthwise: shifted inputs times one number each, added up for a few channels at a time."""

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether it can do such work."""
        return (
            geometry.rank == 2
            and geometry.group_channels == 1
            and geometry.batch <= MOST_SAMPLES
            and geometry.taps <= _MOST_TAPS
        )

    @staticmethod
    def effort(geometry: Geometry) -> Effort:
        """What it takes."""
        calls, runs, moved = padding_effort(geometry)
        height, width = geometry.output
        wide = geometry.stride == (1, 1)
        size = (height - 1) * geometry.read[1] + width if wide else height * width
        lines = geometry.batch * geometry.filters * (1 if wide else height)
        work = geometry.batch * geometry.filters * size * geometry.taps
        blocks = max(1.0, geometry.batch * geometry.filters * size / _ELEMENTS)
        return Effort(
            calls=4 + calls + blocks * (3 * geometry.taps + 2),
            runs=runs + 2 * geometry.taps * lines + geometry.batch * geometry.filters * height,
            moved=moved + work * (2 if geometry.stride[1] == 1 else 1),
            strided=0 if geometry.stride[1] == 1 else work,
        )

    def __init__(self, geometry: Geometry, dtype: np.dtype[Any], mode: str) -> None:
        self.sketch = sketch = Sketch(dtype)
        self.source = Source(geometry, mode, sketch)
        groups, filters = geometry.groups, geometry.filters // geometry.groups
        self.order = (groups, filters, geometry.taps)
        (height, width), line = geometry.output, geometry.read[1]
        self.result = (geometry.batch, groups, filters, height, width)
        (sample, channel), (row, cell), (down, right) = self.source.windows()
        wide = geometry.stride == (1, 1)
        run = ((height - 1) * line + width,) if wide else (height, width)
        size = run[0] if wide else height * width
        steps = (1,) if wide else (down, right)
        count = max(1, min(groups, _ELEMENTS // (size * filters)))
        total = sketch.array(count * filters * size)
        part = sketch.array(count * filters * size)
        self.blocks = []
        for number in range(geometry.batch):
            for first in range(0, groups, count):
                some = min(count, groups - first)
                shape = (some, filters, *run)
                start = number * sample + first * channel
                cells = [
                    self.source.view(
                        (some, 1, *run), (channel, channel, *steps), start + at * row + to * cell
                    )
                    for at in range(geometry.kernel[0])
                    for to in range(geometry.kernel[1])
                ]
                outputs = sketch.view(
                    total,
                    (some, filters, height, width),
                    strides=(filters * size, size, line if wide else width, 1),
                )
                self.blocks.append(
                    (
                        slice(first, first + some),
                        cells,
                        sketch.view(total, shape),
                        sketch.view(part, shape),
                        outputs,
                        (number, slice(first, first + some)),
                    )
                )
        self.scalar = (groups, filters, geometry.taps, *(1,) * len(run))
        self.views = len(sketch.views)

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`."""
        views = workspace(self.sketch)
        source = self.source.read(data, views)
        factors = weight.reshape(self.scalar)
        result = np.empty(self.result, self.sketch.dtype)
        for channels, cells, sums, products, outputs, target in self.blocks:
            total, part = views[sums], views[products]
            some = factors[channels]
            np.multiply(cells[0].of(source, views), some[:, :, 0], out=total)
            for tap in range(1, len(cells)):
                np.multiply(cells[tap].of(source, views), some[:, :, tap], out=part)
                np.add(total, part, out=total)
            result[target] = views[outputs]
        return result
