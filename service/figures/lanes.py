"""What windows do along one axis: which cells there are, which are read, which never."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from service.shapes import Axis


@dataclass(frozen=True)
class Lane:
    """One axis of a layer; cells are counted from the first one of the input, padding below 0."""

    axis: Axis

    @property
    def cells(self) -> range:
        """All cells there are: padding, input, padding, and what a window hangs over the end."""
        before, after = self.axis.padding
        end = (self.axis.output - 1) * self.axis.stride + self.axis.effective_kernel_size - before
        return range(-before, max(self.axis.input + after, end))

    def taps(self, position: int) -> range:
        """The cells that the window of an output position reads."""
        start = position * self.axis.stride - self.axis.padding[0]
        return range(start, start + self.axis.effective_kernel_size, self.axis.dilation)

    @cached_property
    def unread(self) -> frozenset[int]:
        """The input cells that no window reads."""
        read = (cell for position in range(self.axis.output) for cell in self.taps(position))
        return frozenset(range(self.axis.input)).difference(read)

    def is_input(self, cell: int) -> bool:
        """Whether a cell belongs to the input."""
        return 0 <= cell < self.axis.input

    def is_padding(self, cell: int) -> bool:
        """Whether a cell belongs to the padding, and not to the input or beyond the padding."""
        before, after = self.axis.padding
        return -before <= cell < self.axis.input + after and not self.is_input(cell)


UNIT = Lane(Axis("", 1, 1, 1, 1, 1, (0, 0), 1, 0))
"""The single row of a 1-d layer."""
