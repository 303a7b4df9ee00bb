"""Pixel by pixel: a product with the input as it lies."""

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.plans.cost import SMALL_FACTOR, SMALL_PRODUCT, Effort, multiplied

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
        width = min(geometry.positions, _width(geometry))
        pieces = geometry.batch * geometry.positions / width
        return multiplied(geometry, pieces, width, calls=2 + pieces)

    def __init__(self, geometry: Geometry) -> None:
        groups, inner = geometry.groups, geometry.group_channels
        self.matrix = (groups, geometry.filters // groups, inner)
        self.pixels = (geometry.batch, groups, inner, geometry.positions)
        self.result = (geometry.batch, *self.matrix[:2], geometry.positions)
        self.views = 0
        self.one = groups == geometry.batch == 1
        width = _width(geometry)
        self.parts = [slice(at, at + width) for at in range(0, geometry.positions, width)]

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`."""
        matrix, pixels = weight.reshape(self.matrix), data.reshape(self.pixels)
        if self.matrix[2] == 1:
            products: Array = np.multiply(matrix, pixels)
            return products
        if len(self.parts) > 1:
            result = np.empty(self.result, data.dtype)
            for part in self.parts:
                np.matmul(matrix, pixels[..., part], out=result[..., part])
            return result
        if self.one:
            flat: Array = matrix[0].dot(pixels[0, 0])
            return flat
        whole: Array = np.matmul(matrix, pixels)
        return whole


def _width(geometry: Geometry) -> int:
    """How many pixels are multiplied at a time."""
    factor = geometry.filters // geometry.groups * geometry.group_channels
    return SMALL_PRODUCT // factor if factor <= SMALL_FACTOR else max(1, geometry.positions)
