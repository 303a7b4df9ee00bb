"""The numbers of one patch of a convolution, computed by the convolution engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from service.convolution import ConvolutionPoint, read_tensor, run, trace
from service.figures.errors import FigureError
from service.figures.parts import factor, number, times
from service.figures.reading import engine_errors, sizes

if TYPE_CHECKING:
    from service.shapes import Inference

MAX_CELLS = 12

PadMode = Literal["constant", "reflect", "edge", "wrap"]
PAD_MODES: Mapping[str, PadMode] = MappingProxyType(
    {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
)

Array = np.ndarray[Any, np.dtype[Any]]
Table = list[list[float]]
Cells = Mapping[tuple[int, int], float]


def read_table(value: object, pointer: str, limit: int) -> Array:
    """Rows of numbers, at most ``limit`` × ``limit``; FigureError for anything else."""
    if isinstance(value, tuple):
        value = [list(row) if isinstance(row, tuple) else row for row in value]
    with engine_errors():
        table = read_tensor(value, pointer=pointer, max_elements=limit * limit)
    if table.ndim != 2:
        raise FigureError(
            "wrong_rank",
            f"The picture takes rows of numbers, but these lists have {table.ndim} axes.",
            pointer,
            "[[1, 2], [3, 4]]",
        )
    if max(table.shape) > limit:
        raise FigureError(
            "picture_too_large",
            f"{times(table.shape)} numbers are more than the picture has room for.",
            pointer,
            f"At most {limit} × {limit}.",
        )
    return table


def check_room(inference: Inference) -> None:
    """Raise FigureError if the padded input has more cells than the picture has room for."""
    for axis in inference.axes:
        cells = axis.input + sum(axis.padding)
        if cells > MAX_CELLS:
            raise FigureError(
                "picture_too_large",
                f"With its padding the input has {cells} cells along the {axis.axis}; the picture "
                f"has room for {MAX_CELLS}.",
                "/padding",
                "Use a smaller input or less padding.",
            )


@dataclass(frozen=True, slots=True)
class Numbers:
    """All that the picture shows, as the engine computed it.

    ``taps`` holds the weight over each cell of the padded input that the filter reads; ``inside``
    the rows and columns of the padded input that are no padding.
    """

    inference: Inference
    padded: Table
    inside: tuple[range, range]
    taps: Cells
    window: Table
    weights: Table
    products: Table
    output: Table
    position: tuple[int, int]
    sum: float
    bias: float
    result: float

    def input_title(self) -> str:
        """The input, its size, and its size with the padding."""
        title = f"input {times(self.inference.layer.spatial)}"
        if any(map(any, self.inference.layer.padding)):
            title += f", padded {times((len(self.padded), len(self.padded[0])))}"
        return title

    def output_title(self) -> str:
        """The output and its size."""
        return f"output {times(self.inference.output_shape)}"

    def formula(self) -> str:
        """The products and the bias, added up."""
        pairs = zip(chain(*self.window), chain(*self.weights), strict=True)
        terms = [f"{factor(value)}·{factor(weight)}" for value, weight in pairs]
        return f"{' + '.join(terms)} + {factor(self.bias)} = {number(self.result)}"

    def sentence(self) -> str:
        """What happens, in words."""
        row, column = self.position
        return (
            "The filter lies on one patch of the input. Each weight multiplies the number under "
            f"it; the sum of the products, {number(self.sum)}, plus the bias, {number(self.bias)}, "
            f"is the output at row {row}, column {column}: {number(self.result)}. Then the filter "
            "slides on, with the same weights everywhere. With several channels the sum runs over "
            "all of them."
        )


def compute(
    inference: Inference, data: Array, weights: Array, bias: Array, position: object
) -> Numbers:
    """Run the layer and trace one position; FigureError for what the engine refuses."""
    layer = inference.layer
    row, column = _position(position)
    with engine_errors():
        output = run(layer, data, weights, bias)
        points = trace(layer, data, weights, bias, [[row, column]], output=output)
    point = cast("ConvolutionPoint", points[0])
    (top, _), (left, _) = layer.padding
    return Numbers(
        inference=inference,
        padded=np.pad(data, layer.padding, mode=PAD_MODES[layer.padding_mode]).tolist(),
        inside=(range(top, top + data.shape[0]), range(left, left + data.shape[1])),
        taps={
            (
                point.corner[0] + top + i * layer.dilation[0],
                point.corner[1] + left + j * layer.dilation[1],
            ): weights[i, j].item()
            for i in range(weights.shape[0])
            for j in range(weights.shape[1])
        },
        window=point.window[0],
        weights=weights.tolist(),
        products=point.products[0],
        output=output.tolist(),
        position=(row, column),
        sum=point.sum,
        bias=point.bias,
        result=point.result,
    )


def _position(value: object) -> tuple[int, int]:
    numbers = sizes(value, "/position")
    if len(numbers) != 2:
        raise FigureError("wrong_type", "A position is a row and a column.", "/position", "[0, 0]")
    return numbers[0], numbers[1]
