"""Pixel by pixel: a product with the input as it lies."""

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.plans.cost import Effort, multiplied

__all__ = ["Pointwise"]


class Pointwise:
    """One pixel at a time: kernel 1, stride 1, no padding."""

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether it can do such work."""
        return set(geometry.kernel + geometry.stride) == {1} and not geometry.needs_padding

    @staticmethod
    def effort(geometry: Geometry) -> Effort:
        """What it takes."""
        return multiplied(geometry, geometry.batch, geometry.positions, calls=2)

    def __init__(self, geometry: Geometry) -> None:
        groups, inner = geometry.groups, geometry.group_channels
        self.matrix = (groups, geometry.filters // groups, inner)
        self.pixels = (geometry.batch, groups, inner, geometry.positions)
        self.views = 0
        self.one = groups == geometry.batch == 1

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`."""
        if self.one:
            flat: Array = weight.reshape(self.matrix[1:]).dot(data.reshape(self.pixels[2:]))
            return flat
        result: Array = np.matmul(weight.reshape(self.matrix), data.reshape(self.pixels))
        return result
