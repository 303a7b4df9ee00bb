"""What windows do along one axis: which cells there are, which are read, which never."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from service.shapes import Axis

if TYPE_CHECKING:
    from service.shapes import Inference

__all__ = ["UNIT", "Chosen", "Lane", "Stamped", "lanes"]


@dataclass(frozen=True)
class Lane:
    """One axis of a window that slides over its padded input.

    Cells are counted from the first one of the input, padding below 0.
    """

    axis: Axis

    @property
    def size(self) -> int:
        """How many cells the windows lie over, those around them not counted."""
        return self.axis.input

    @property
    def steps(self) -> int:
        """How many positions the window has."""
        return self.axis.output

    @property
    def cells(self) -> range:
        """All cells there are: padding, input, padding, and what a window hangs over the end."""
        before, after = self.axis.padding
        return range(-before, max(self.size + after, self._end))

    @property
    def _end(self) -> int:
        """The cell after the last window."""
        axis = self.axis
        return (self.steps - 1) * axis.stride + axis.effective_kernel_size - axis.padding[0]

    def taps(self, position: int) -> range:
        """The cells that the window at this position reads."""
        start = position * self.axis.stride - self.axis.padding[0]
        return range(start, start + self.axis.effective_kernel_size, self.axis.dilation)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many windows lie over each cell."""
        counts = [0] * self.size
        for position in range(self.steps):
            for cell in self.taps(position):
                if self.holds(cell):
                    counts[cell] += 1
        return tuple(counts)

    def unread(self, cell: int) -> bool:
        """Whether no window lies over one of the cells."""
        return not self.counts[cell]

    def holds(self, cell: int) -> bool:
        """Whether a cell belongs to the input, and not to what is around it."""
        return 0 <= cell < self.size

    def is_padding(self, cell: int) -> bool:
        """Whether a cell belongs to the padding, and not to the input or beyond the padding."""
        before, after = self.axis.padding
        return -before <= cell < self.size + after and not self.holds(cell)


class Chosen(Lane):
    """One axis of an adaptive or a global pool: the output chooses the windows.

    Window j of o over i cells is [⌊j·i/o⌋, ⌈(j + 1)·i/o⌉).
    """

    def taps(self, position: int) -> range:
        """The cells of one window."""
        size, windows = self.size, self.steps
        return range(position * size // windows, -(-(position + 1) * size // windows))

    @property
    def _end(self) -> int:
        return self.size


class Stamped(Lane):
    """One axis of a transposed convolution: each input cell puts a patch down on the output.

    Cells are counted from the first one of the output; what padding crops lies below 0 and behind
    its last one.
    """

    @property
    def size(self) -> int:
        """How many cells the output keeps."""
        return self.axis.output

    @property
    def steps(self) -> int:
        """How many patches there are."""
        return self.axis.input

    @property
    def cells(self) -> range:
        """The output, and around it what is cropped."""
        return range(min(0, -self.axis.padding[0]), max(self.size, self._end))

    def is_padding(self, cell: int) -> bool:
        """Whether a cell is cropped."""
        return not self.holds(cell)


UNIT = Lane(Axis("", 1, 1, 1, 1, 1, (0, 0), 1, 0))
"""The single row of a 1-d layer."""


def lanes(inference: Inference) -> tuple[Lane, ...]:
    """The axes of a layer, each with its windows."""
    kind = inference.layer.kind
    if kind == "conv_transpose":
        return tuple(map(Stamped, inference.axes))
    chosen = kind.startswith(("adaptive", "global"))
    return tuple(map(Chosen if chosen else Lane, inference.axes))
