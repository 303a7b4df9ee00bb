"""Writing JAX code: arrays by their shapes, and a function that uses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from service.shapes.layer import LAYOUTS

if TYPE_CHECKING:
    from service.shapes.infer import Inference
    from service.shapes.layer import Layer
    from service.shapes.padding import Pads

__all__ = ["View", "ones", "random"]


class View(NamedTuple):
    """A layer as lax is to see it: its own order of axes, completed by a batch and channels."""

    inference: Inference
    letters: str
    """Its axes: those of the layer, an N before them and a C behind them where they lack one."""
    shape: tuple[int, ...]
    """The sizes of those axes."""

    @property
    def layer(self) -> Layer:
        """The layer itself."""
        return self.inference.layer

    @property
    def start(self) -> int:
        """Index of the first spatial axis."""
        return LAYOUTS[self.letters].start

    @property
    def axes(self) -> tuple[int, ...]:
        """Indices of the spatial axes."""
        return tuple(range(self.start, self.start + self.layer.rank))

    @property
    def channels_last(self) -> bool:
        """Whether the channels are the last axis."""
        return self.letters.endswith("C")

    def around(self, inside: Sequence[object], outside: object) -> str:
        """Write a tuple with one entry for each axis: ``inside`` for the spatial ones."""
        entries = [outside] * len(self.shape)
        entries[self.start : self.start + self.layer.rank] = inside
        return f"({', '.join(map(str, entries))})"

    def pads(self, padding: Pads) -> str:
        """Write padding for all axes, none for batch and channels."""
        return self.around(padding, (0, 0))

    def kernel(self, inputs: int, outputs: int) -> tuple[str, str]:
        """Write the letters and the shape of a kernel in the order of the layer's axes."""
        size = self.layer.kernel_size
        spatial = self.letters[self.start : self.start + self.layer.rank]
        if self.channels_last:
            return f"{spatial}IO", str((*size, inputs, outputs))
        return f"OI{spatial}", str((outputs, inputs, *size))

    def per_channel(self, name: str) -> str:
        """Write a vector with a number for each channel so that it fits the layer's axes."""
        behind = 0 if self.channels_last else self.layer.rank
        return name + (f"[:, {', '.join(['None'] * behind)}]" if behind else "")


def random(shape: str, key: int) -> str:
    """Write an array of random numbers."""
    return f"jax.random.normal(jax.random.key({key}), {shape})"


def ones(layer: Layer) -> tuple[int, ...]:
    """Return 1 for every spatial axis."""
    return (1,) * layer.rank
