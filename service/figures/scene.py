"""One step of a kernel over its input: which cells it reads, which there are, and the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from service.figures.parts import each, number, paddings, times
from service.shapes import Inference, Layer, derive

if TYPE_CHECKING:
    from service.figures.lanes import Lane

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "conv": "convolution",
        "depthwise": "depthwise convolution",
        "max_pool": "max pooling",
        "avg_pool": "average pooling",
        "lp_pool": "Lp pooling",
    }
)
CellKind = Literal["input", "unread", "padding", "beyond"]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What stands in the cells: rows of the input (one channel) and of the output (one map)."""

    source: tuple[tuple[str, ...], ...]
    result: tuple[tuple[str, ...], ...]


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
        """Row and column of the output."""
        row, column = divmod(self.index, self.horizontal.axis.output)
        return row, column

    @property
    def taps(self) -> set[tuple[int, int]]:
        """The cells that the kernel reads, as rows and columns of the input."""
        row, column = self.position
        return set(product(self.vertical.taps(row), self.horizontal.taps(column)))

    def kind(self, row: int, column: int) -> CellKind:
        """What a cell is: "input", "unread", "padding" or "beyond" the padding."""
        lanes = ((self.vertical, row), (self.horizontal, column))
        if all(lane.is_input(cell) for lane, cell in lanes):
            return "unread" if any(cell in lane.unread for lane, cell in lanes) else "input"
        inside = all(lane.is_input(cell) or lane.is_padding(cell) for lane, cell in lanes)
        return "padding" if inside else "beyond"

    @property
    def unread(self) -> bool:
        """Whether some of the input is never read."""
        return bool(self.vertical.unread or self.horizontal.unread)

    def sentence(self) -> str:
        """This step in words."""
        row, column = self.position
        places = f"positions {_span(self.horizontal.taps(column))}"
        made = f"position {column}"
        if self.layer.rank == 2:
            rows, columns = self.vertical.taps(row), self.horizontal.taps(column)
            places = f"rows {_span(rows)} and columns {_span(columns)}"
            made = f"row {row}, column {column}"
        channels = self.layer.in_channels
        through = f", in each of {channels} channels" if channels > 1 else ""
        if channels > 1 and self.layer.kind == "conv":
            through = f", through {channels // self.layer.groups} channels"
        never = " What is hatched is never read." if self.unread else ""
        return (
            f"Step {self.index + 1} of {self.inference.positions}: the window lies over {places} "
            f"of the input{through}, and makes the output at {made} (counted from 0).{never}"
        )

    def formulas(self) -> list[str]:
        """How the output's sizes come about."""
        return [
            f"{step.axis}: {step.substitution} = {step.value}"
            for step in derive(self.inference)
            if step.quantity == "output" and step.axis in self.layer.axis_names
        ]

    def title(self) -> str:
        """The operation and its numbers, in a line."""
        layer = self.layer
        words = [f"{layer.rank}-d {KINDS[layer.kind]}", f"window {times(layer.kernel_size)}"]
        words.append(f"stride {each(layer.stride)}")
        if set(layer.dilation) != {1}:
            words.append(f"dilation {each(layer.dilation)}")
        if any(map(any, layer.padding)):
            words.append(f"padding {paddings(layer)}")
        return ", ".join(words)

    def input_title(self) -> str:
        """The input and its size."""
        return f"input {times(self.layer.input_shape)}"

    def output_title(self) -> str:
        """The output and its size."""
        return f"output {times(self.inference.output_shape)}"

    @property
    def zeros(self) -> bool:
        """Whether the padding counts as zeros."""
        layer = self.layer
        if layer.kind in ("conv", "depthwise"):
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


def _span(taps: range) -> str:
    if len(taps) == 1:
        return number(taps[0])
    if taps.step == 1:
        return f"{number(taps[0])} to {number(taps[-1])}"
    return f"{', '.join(map(number, taps[:-1]))} and {number(taps[-1])}"
