"""Large kernels on few channels: products of Fourier transforms."""

from math import log2
from typing import Any, Final

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.padding import padded
from service.convolution.plans.cost import Effort

__all__ = ["Spectral"]

_LEAST_KERNEL: Final = 25
_LEAST_READ: Final = 128
_MOST_KERNELS: Final = 4
_MOST_CELLS: Final = 2**19


class Spectral:
    """float32, transformed in float64, so that what is rounded is the result.

    A cyclic convolution of the size that windows read; only outputs whose window does not go over
    the end of it are kept (overlap-save of a single block).
    """

    views = 0

    @staticmethod
    def fits(geometry: Geometry) -> bool:
        """Whether it can do such work well."""
        return (
            geometry.rank == 2
            and set(geometry.stride + geometry.dilation) == {1}
            and geometry.groups == 1
            and min(geometry.kernel) >= _LEAST_KERNEL
            and min(geometry.read) >= _LEAST_READ
            and geometry.channels * geometry.filters <= _MOST_KERNELS
            and _cells(geometry) <= _MOST_CELLS
        )

    @staticmethod
    def elements(geometry: Geometry) -> int:
        """How many numbers it works on, those of the padded input included."""
        return (2 * geometry.batch * geometry.channels + 5) * _cells(geometry)

    @staticmethod
    def effort(geometry: Geometry) -> Effort:
        """What it takes."""
        maps = geometry.batch * (geometry.channels + geometry.filters)
        kernels, cells = geometry.filters * geometry.channels, _cells(geometry)
        waves = (maps + kernels) * cells * log2(cells)
        return Effort(calls=20 + 20 * kernels, moved=2 * kernels * maps * cells, waves=waves)

    def __init__(self, geometry: Geometry, dtype: np.dtype[Any], mode: str) -> None:
        self.geometry, self.dtype, self.mode = geometry, dtype, mode
        self.sizes = tuple(map(_smooth, geometry.read))
        (first, second), (height, width) = geometry.kernel, geometry.output
        self.rows = slice(first - 1, first - 1 + height)
        self.columns = slice(second - 1, second - 1 + width)

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`."""
        geometry, (height, width) = self.geometry, self.sizes
        source = padded(data, geometry, mode=self.mode).astype(np.float64)
        spectra = np.fft.rfft2(source, self.sizes)
        turned = weight[:, :, ::-1, ::-1].astype(np.float64)
        result = np.empty((geometry.batch, geometry.filters, *geometry.output), self.dtype)
        for number, kernels in enumerate(turned):
            total: Any = 0
            for channel, kernel in enumerate(kernels):
                lines = np.fft.rfft(kernel, width, axis=1)
                total = total + spectra[:, channel] * np.fft.fft(lines, height, axis=0)
            lines = np.fft.ifft(total, axis=1)[:, self.rows]
            result[:, number] = np.fft.irfft(lines, width, axis=2)[:, :, self.columns]
        return result


def _cells(geometry: Geometry) -> int:
    height, width = map(_smooth, geometry.read)
    return height * width


def _smooth(size: int) -> int:
    """The smallest size from this one on that 2, 3 and 5 make up: they transform quickly."""
    while True:
        rest = size
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return size
        size += 1
