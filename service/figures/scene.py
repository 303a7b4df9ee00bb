"""One step of a kernel over its input: which cells it reads, which there are, and the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from service.figures.parts import each, number, paddings, times
from service.shapes import Inference, Layer, derive

if TYPE_CHECKING:
    from service.figures.lanes import Lane
    from service.shapes import Axis

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "conv": "convolution",
        "conv_transpose": "transposed convolution",
        "depthwise": "depthwise convolution",
        "separable": "separable convolution",
        "max_pool": "max pooling",
        "avg_pool": "average pooling",
        "lp_pool": "Lp pooling",
        "adaptive_max_pool": "adaptive max pooling",
        "adaptive_avg_pool": "adaptive average pooling",
        "global_max_pool": "global max pooling",
        "global_avg_pool": "global average pooling",
        "global_lp_pool": "global Lp pooling",
    }
)
CellKind = Literal["input", "unread", "padding", "beyond"]
Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What stands in the cells: rows of one channel of the input and of one map of the output.

    ``sums`` says how the output of a step came about, by the step. ``partial`` holds the map after
    each step of a transposed convolution, whose patches add up. ``channel`` and ``map`` are their
    numbers, from 0.
    """

    source: Rows
    result: Rows
    sums: Mapping[int, str] = field(default_factory=dict)
    partial: Mapping[int, Rows] = field(default_factory=dict)
    channel: int = 0
    map: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """One step of one layer; a 1-d layer has a single row."""

    inference: Inference
    vertical: Lane
    horizontal: Lane
    index: int
    numbers: Numbers | None = None

    @property
    def layer(self) -> Layer:
        """The layer shown."""
        return self.inference.layer

    @property
    def position(self) -> tuple[int, int]:
        """Row and column of the window among all its positions."""
        row, column = divmod(self.index, self.horizontal.steps)
        return row, column

    @property
    def taps(self) -> set[tuple[int, int]]:
        """The cells that the kernel lies on, as rows and columns."""
        row, column = self.position
        return set(product(self.vertical.taps(row), self.horizontal.taps(column)))

    def kind(self, row: int, column: int) -> CellKind:
        """What a cell under the windows is: "input", "unread", "padding" or "beyond" that."""
        lanes = ((self.vertical, row), (self.horizontal, column))
        if all(lane.holds(cell) for lane, cell in lanes):
            return "unread" if any(lane.unread(cell) for lane, cell in lanes) else "input"
        inside = all(lane.holds(cell) or lane.is_padding(cell) for lane, cell in lanes)
        return "padding" if inside else "beyond"

    @property
    def unread(self) -> bool:
        """Whether over some of the cells no window lies."""
        return 0 in self.vertical.counts or 0 in self.horizontal.counts

    def sentence(self) -> str:
        """This step in words."""
        row, column = self.position
        never = " What is hatched is never read." if self.unread else ""
        return (
            f"Step {self.index + 1} of {self.inference.positions}: the window lies over "
            f"{self._places()} of the input{self._through()}, and makes the output at "
            f"{self._place(row, column)} (counted from 0).{never}"
        )

    def _through(self) -> str:
        """The channels that the window goes through."""
        layer, channels = self.layer, self.layer.in_channels
        if channels == 1:
            return ""
        if layer.kind == "conv":
            return f", through {channels // layer.groups} channels"
        if layer.kind == "separable":
            return (
                f", in each of {channels} channels, whose results are mixed into "
                f"{layer.out_channels} maps"
            )
        return f", in each of {channels} channels"

    def _places(self) -> str:
        """The cells under the kernel in words."""
        row, column = self.position
        columns = _span(self.horizontal.taps(column))
        if self.layer.rank == 1:
            return f"positions {columns}"
        return f"rows {_span(self.vertical.taps(row))} and columns {columns}"

    def _place(self, row: int, column: int) -> str:
        return f"row {row}, column {column}" if self.layer.rank == 2 else f"position {column}"

    def sums(self) -> list[str]:
        """How this step's number came about, if that is known."""
        found = self.numbers.sums.get(self.index) if self.numbers else None
        return [] if found is None else [found]

    def formulas(self) -> list[str]:
        """How the output's sizes come about; of an adaptive pool, how the window does."""
        if self.layer.kind.startswith("adaptive"):
            return [
                f"{axis.axis}: from ⌊{step}·{axis.input}/{axis.output}⌋ = {taps[0]} to "
                f"⌈{step + 1}·{axis.input}/{axis.output}⌉ − 1 = {taps[-1]}"
                for axis, step, taps in self._windows()
            ]
        return [
            f"{step.axis}: {step.substitution} = {step.value}"
            for step in derive(self.inference)
            if step.quantity == "output"
            and step.axis in self.layer.axis_names
            and step.substitution != str(step.value)
        ]

    def _windows(self) -> Iterator[tuple[Axis, int, range]]:
        """Each axis with the position of the window along it, and its cells."""
        for lane, step in zip((self.vertical, self.horizontal), self.position, strict=True):
            if lane.axis.axis:
                yield lane.axis, step, lane.taps(step)

    def title(self) -> str:
        """The operation and its numbers, in a line."""
        layer = self.layer
        words = [f"{layer.rank}-d {KINDS[layer.kind]}"]
        if layer.kind.startswith(("adaptive", "global")):
            sizes = [
                each(sorted({len(lane.taps(step)) for step in range(lane.steps)}), " or ")
                for lane in (self.vertical, self.horizontal)[2 - layer.rank :]
            ]
            many = "s" if self.inference.positions > 1 else ""
            return ", ".join([*words, f"window{many} {' × '.join(sizes)}"])
        name = "kernel" if layer.kind == "conv_transpose" else "window"
        words += [f"{name} {times(layer.kernel_size)}", f"stride {each(layer.stride)}"]
        if set(layer.dilation) != {1}:
            words.append(f"dilation {each(layer.dilation)}")
        if any(map(any, layer.padding)):
            words.append(f"padding {paddings(layer)}")
        if any(layer.output_padding):
            words.append(f"output padding {each(layer.output_padding)}")
        return ", ".join(words)

    def input_title(self) -> str:
        """The input and its size."""
        title = f"input {times(self.layer.input_shape)}"
        if self.numbers and self.layer.in_channels > 1:
            title += f", channel {self.numbers.channel}"
        return title

    def output_title(self) -> str:
        """The output and its size."""
        title = f"output {times(self.inference.output_shape)}"
        maps = self.layer.out_channels or self.layer.in_channels
        if self.numbers and maps > 1:
            title += f", map {self.numbers.map}"
        return title

    @property
    def zeros(self) -> bool:
        """Whether the padding counts as zeros."""
        layer = self.layer
        if layer.kind in ("conv", "depthwise", "separable"):
            return layer.padding_mode == "zeros"
        return layer.kind == "avg_pool" and layer.count_include_pad

    def padding_words(self) -> str:
        """What the padding holds."""
        layer = self.layer
        if layer.kind == "max_pool":
            return "padding (never the maximum)"
        if layer.kind == "lp_pool":
            return "padding (adds nothing)"
        if layer.kind == "avg_pool":
            return "padding (counted as 0)" if layer.count_include_pad else "padding (not counted)"
        return f"padding ({layer.padding_mode})"


class StampScene(Scene):
    """One step of a transposed convolution: the patch of one input cell, put down on the output."""

    __slots__ = ()

    def sentence(self) -> str:
        """This step in words."""
        row, column = self.position
        first = (
            f"Step {self.index + 1} of {self.inference.positions}: the input at "
            f"{self._place(row, column)} times the kernel is a patch, put down on "
            f"{self._places()} of the output (counted from 0){self._through()}."
        )
        words = [first]
        if self.overlaps:
            words.append("Where patches overlap they add up.")
        if any(map(any, self.layer.padding)):
            words.append("The padding is cropped from the output.")
        if self.unread:
            words.append("What is hatched is reached by no patch.")
        return " ".join(words)

    def _through(self) -> str:
        channels = self.layer.in_channels // self.layer.groups
        return f"; the patches of {channels} channels add up" if channels > 1 else ""

    @property
    def overlaps(self) -> bool:
        """Whether some cells of the output are in more than one patch."""
        return max(*self.vertical.counts, *self.horizontal.counts) > 1

    def reached(self) -> dict[tuple[int, int], int]:
        """How many patches lie on each cell by now, the cropped ones included."""
        found: dict[tuple[int, int], int] = {}
        for step in range(self.index + 1):
            row, column = divmod(step, self.horizontal.steps)
            taps = product(self.vertical.taps(row), self.horizontal.taps(column))
            for place in taps:
                found[place] = found.get(place, 0) + 1
        return found

    @property
    def zeros(self) -> bool:
        """What is cropped holds nothing that is shown."""
        return False


def _span(taps: range) -> str:
    if len(taps) == 1:
        return number(taps[0])
    if taps.step == 1:
        return f"{number(taps[0])} to {number(taps[-1])}"
    return f"{', '.join(map(number, taps[:-1]))} and {number(taps[-1])}"
