"""Few columns, taken in one go by an index."""

from typing import Any, Final

import numpy as np

from service.convolution.geometry import Array, Geometry, windows
from service.convolution.padding import padded
from service.convolution.plans.cost import Effort, multiplied
from service.convolution.plans.workspace import Sketch, workspace

__all__ = ["Gathered"]

_MOST: Final = 8192
"""Most entries of an index: 64 KB."""


class Gathered:
    """Few columns: taken in one go by an index that is made once, padding and all."""

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether it can do such work."""
        return geometry.lowered_elements <= _MOST

    @staticmethod
    def effort(geometry: Geometry) -> Effort:
        """What it takes."""
        taken = geometry.batch * geometry.channels * geometry.taps * geometry.positions
        extra = 4 if geometry.needs_padding else 1
        return multiplied(
            geometry, geometry.batch, geometry.positions, calls=2 + extra, taken=taken
        )

    def __init__(self, geometry: Geometry, dtype: np.dtype[Any], mode: str) -> None:
        groups = geometry.groups
        depth = geometry.group_channels * geometry.taps
        self.one = groups == geometry.batch == 1
        self.matrix = (groups, geometry.filters // groups, depth)
        shape = (geometry.batch, geometry.channels, *geometry.size)
        cells = 1 + np.arange(np.prod(shape)).reshape(shape)
        index = windows(padded(cells, geometry, mode=mode), geometry)
        self.whole = bool(index.min())  # no window reads the zero that stands before the input
        shape = (geometry.batch, groups, depth, geometry.positions)
        shape = shape[2:] if self.one else shape
        self.index = np.ascontiguousarray(index).reshape(shape) - self.whole
        self.sketch = Sketch(dtype)
        self.columns = self.sketch.array(*shape)
        self.cells = self.sketch.array(1 + cells.size)
        self.views = 3
        self.after = self.sketch.view(self.cells, cells.shape, 1)

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`."""
        views = workspace(self.sketch)
        if self.whole:
            cells = data
        else:
            cells = views[self.cells]
            cells[0] = 0
            views[self.after][...] = data
        columns = views[self.columns]
        cells.take(self.index, None, columns, "clip")
        if self.matrix[2] == 1:
            products: Array = np.multiply(weight.reshape(self.matrix), columns)
            return products
        if self.one:
            flat: Array = weight.reshape(self.matrix[1:]).dot(columns)
            return flat
        result: Array = np.matmul(weight.reshape(self.matrix), columns)
        return result
