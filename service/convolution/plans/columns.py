"""Lowering to columns (im2col): every window becomes a column, and a product does the rest."""

from typing import Any, Final

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.plans.cost import (
    MOST_SAMPLES,
    Effort,
    multiplied,
    padding_effort,
    source_effort,
)
from service.convolution.plans.source import Source, View, strides_of
from service.convolution.plans.workspace import Sketch, workspace

__all__ = ["Columns", "PhasedColumns", "WideColumns"]

_MOST_PHASES: Final = 8
"""Larger strides are not sorted by."""


class Columns:
    """Columns of one block of outputs at a time, so that they stay in the cache.

    With ``phased``, the input is sorted before, so that strided windows read neighbours.
    """

    phased = False

    @staticmethod
    def fits(geometry: Geometry) -> bool:  # noqa: ARG004 - as the other plans have it
        """Any work."""
        return True

    @classmethod
    def effort(cls, geometry: Geometry, elements: int) -> Effort:
        """What it takes."""
        calls, runs, moved, strided = source_effort(geometry, phased=cls.phased)
        lowered = geometry.lowered_elements
        blocks = max(1, lowered / min(elements, max(lowered, 1)))
        if geometry.stride[-1] > 1 and not cls.phased:
            strided += lowered
        else:
            moved += lowered
        products = max(blocks, geometry.batch)
        copies = min(geometry.stride[-1], geometry.kernel[-1]) if cls.phased else 1
        return multiplied(
            geometry,
            products,
            geometry.positions * geometry.batch / products,
            calls=4 + calls + (3 + copies) * (blocks - 1),
            runs=runs + lowered / geometry.output[-1],
            moved=moved,
            strided=strided,
        )

    def __init__(self, geometry: Geometry, dtype: np.dtype[Any], mode: str, elements: int) -> None:
        self.geometry = geometry
        self.sketch = sketch = Sketch(dtype)
        phases = geometry.stride[-1] if self.phased else 1
        self.source = Source(geometry, mode, sketch, phases=phases)
        groups, depth = geometry.groups, geometry.group_channels * geometry.taps
        self.matrix = (groups, geometry.filters // groups, depth)
        self.result = (geometry.batch, *self.matrix[:2], geometry.positions)
        self.room = sketch.array(geometry.block_elements(elements))
        inner = geometry.positions // geometry.output[0]
        self.blocks = []
        for samples, rows in geometry.blocks(elements):
            count, height = samples.stop - samples.start, rows.stop - rows.start
            part = slice(rows.start * inner, rows.stop * inner)
            self.blocks.append(
                (
                    self._copies(samples, rows),
                    sketch.view(self.room, (count, groups, depth, height * inner)),
                    (samples, slice(None), slice(None), part),
                )
            )
        self.flat = None
        if len(self.blocks) == 1 and groups == geometry.batch == 1:
            self.flat = sketch.view(self.room, (depth, geometry.positions))
        self.views = len(sketch.views)

    def _copies(self, samples: slice, rows: slice) -> list[tuple[View, int]]:
        """Plan the columns of a block: windows of the input, and where they are copied."""
        geometry = self.geometry
        (sample, channel), cells, steps = self.source.windows()
        outputs = (rows.stop - rows.start, *geometry.output[1:])
        maps = (samples.stop - samples.start, geometry.groups, geometry.group_channels)
        kernel = geometry.kernel
        lines = strides_of((*maps, *kernel, *outputs))
        column = len(maps) + geometry.rank - 1
        copies = []
        for taps in self.source.taps():
            count = len(range(taps.first, kernel[-1], taps.every))
            shape = (*maps, *kernel[:-1], count, *outputs)
            window = self.source.view(
                shape,
                (sample, channel * maps[2], channel, *cells[:-1], taps.step, *steps),
                samples.start * sample + rows.start * steps[0] + taps.offset,
            )
            start, every = taps.first * lines[column], taps.every * lines[column]
            strides = (*lines[:column], every, *lines[column + 1 :])
            copies.append((window, self.sketch.view(self.room, shape, start, strides)))
        return copies

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`."""
        views = workspace(self.sketch)
        source = self.source.read(data, views)
        if self.flat is not None:
            for window, columns in self.blocks[0][0]:
                np.copyto(views[columns], window.of(source, views))
            flat: Array = weight.reshape(self.matrix[1:]).dot(views[self.flat])
            return flat
        matrix = weight.reshape(self.matrix)
        result = np.empty(self.result, self.sketch.dtype)
        for copies, lowered, part in self.blocks:
            for window, columns in copies:
                np.copyto(views[columns], window.of(source, views))
            np.matmul(matrix, views[lowered], out=result[part])
        return result


class PhasedColumns(Columns):
    """Columns of an input that was sorted by phases of the stride first."""

    phased = True

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether it can do such work."""
        return geometry.rank > 1 and 1 < geometry.stride[-1] <= min(
            _MOST_PHASES, geometry.kernel[-1]
        )


class WideColumns:
    """Columns whose rows run over the ends of the input's rows; two axes, stride 1.

    A row of the columns is then one long run of the input instead of one short run for each row of
    outputs. What was computed between the outputs' rows is left behind when they are copied out.
    """

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether it can do such work."""
        return geometry.rank == 2 and geometry.stride == (1, 1) and geometry.batch <= MOST_SAMPLES

    @staticmethod
    def effort(geometry: Geometry, elements: int) -> Effort:
        """What it takes."""
        calls, runs, moved = padding_effort(geometry)
        height, line = geometry.output[0], geometry.read[1]
        lowered = geometry.channels * geometry.taps * height * line
        rows = max(1, min(height, elements // (geometry.channels * geometry.taps * line)))
        blocks = geometry.batch * -(-height // rows)
        outputs = geometry.batch * geometry.filters * geometry.positions
        return multiplied(
            geometry,
            blocks,
            geometry.batch * height * line / blocks,
            calls=4 + calls + 5 * blocks,
            runs=runs
            + blocks * geometry.channels * geometry.taps
            + geometry.batch * geometry.filters * height,
            moved=moved + geometry.batch * lowered + outputs,
        )

    def __init__(self, geometry: Geometry, dtype: np.dtype[Any], mode: str, elements: int) -> None:
        self.geometry = geometry
        self.sketch = sketch = Sketch(dtype)
        self.source = Source(geometry, mode, sketch)
        groups, inner = geometry.groups, geometry.group_channels
        depth, filters = inner * geometry.taps, geometry.filters // groups
        self.matrix = (groups, filters, depth)
        (height, width), line = geometry.output, geometry.read[1]
        self.result = (geometry.batch, groups, filters, height, width)
        (sample, channel), cells, _ = self.source.windows()
        rows = max(1, min(height, elements // (geometry.channels * geometry.taps * line)))
        columns = sketch.array(groups * depth * rows * line)
        product = sketch.array(groups * filters * rows * line)
        self.blocks = []
        for number in range(geometry.batch):
            for start in range(0, height, rows):
                count = min(rows, height - start)
                run = (count - 1) * line + width
                shape = (groups, inner, *geometry.kernel, run)
                strides = (channel * inner, channel, *cells, 1)
                self.blocks.append(
                    (
                        self.source.view(shape, strides, number * sample + start * line),
                        sketch.view(columns, shape),
                        sketch.view(columns, (groups, depth, run)),
                        sketch.view(product, (groups, filters, run)),
                        sketch.view(
                            product,
                            (groups, filters, count, width),
                            strides=(filters * run, run, line, 1),
                        ),
                        (number, slice(None), slice(None), slice(start, start + count)),
                    )
                )
        self.views = len(sketch.views)

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`."""
        views = workspace(self.sketch)
        source = self.source.read(data, views)
        matrix = weight.reshape(self.matrix)
        result = np.empty(self.result, self.sketch.dtype)
        for window, columns, lowered, product, outputs, part in self.blocks:
            np.copyto(views[columns], window.of(source, views))
            np.matmul(matrix, views[lowered], out=views[product])
            result[part] = views[outputs]
        return result
