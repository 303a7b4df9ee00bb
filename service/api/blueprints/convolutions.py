"""``/v1/convolutions``: layers on real numbers, and how single outputs come about."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.api.auth import anonymous
from service.api.blueprints.shapes import SHAPE_CODES
from service.api.codes import numbers
from service.api.context import services
from service.api.operation import Answer, Example, Resource
from service.api.schemas.convolutions import ConvolutionReader, ConvolutionSchema, Job
from service.convolution import (
    DEFAULT_BUDGET,
    Budget,
    TracePoint,
    check_budget,
    indices,
    run,
    trace,
    write_tensor,
)
from service.shapes import infer

if TYPE_CHECKING:
    from service.shapes import Layer

__all__ = ["resource"]

resource = Resource(
    "convolutions",
    tag="Convolutions",
    about="Small layers on real numbers, and the arithmetic behind single outputs.",
)

_READER: Final = ConvolutionReader()
_SHOWN: Final = 24  # rows, columns and maps that the text shows


@dataclass(frozen=True, slots=True)
class Result:
    """What a convolution gave."""

    layer: Layer
    output: np.ndarray[Any, np.dtype[Any]]
    macs: int
    points: list[TracePoint] | None
    indices: np.ndarray[Any, np.dtype[Any]] | None = None


_EDGES: Final = {
    "op": "conv2d",
    "input": [[1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1]],
    "weight": [[2, 0, 1], [0, 1, 2], [1, 0, 2]],
    "padding": 1,
    "trace": {"positions": [[0, 0]]},
}


def _compute(job: Job, budget: Budget) -> Result:
    layer = job.layer
    check_budget(layer, budget)
    output = run(layer, job.input, job.weight, job.bias, **job.others)
    places = indices(layer, job.input) if layer.details.return_indices else None
    asked, points = job.trace, None
    if asked is not None:
        points = trace(
            layer,
            job.input,
            job.weight,
            job.bias,
            asked.positions,
            asked.channel,
            sample=asked.sample,
            output=output,
        )
    return Result(layer, output, infer(layer).macs, points, places)


def _plain(result: Result) -> dict[str, Any]:
    """The answer as plain data."""
    plain: dict[str, Any] = {
        "op": result.layer.op,
        "framework": result.layer.framework,
        "layout": infer(result.layer).output_layout,
        "output_shape": list(result.output.shape),
        "output": write_tensor(result.output),
        "macs": result.macs,
    }
    if result.indices is not None:
        plain["indices"] = write_tensor(result.indices)
    if result.points is not None:
        plain["trace"] = [_plain_point(point) for point in result.points]
    return plain


def _plain_point(point: TracePoint) -> dict[str, Any]:
    """One traced output, without what its kind of layer does not have."""
    return {name: value for name, value in asdict(point).items() if value is not None}


def _text(result: Result) -> str:
    """The output as grids of numbers, one for each map."""
    letters, shape = infer(result.layer).output_layout, result.output.shape
    named = f" ({letters})" if letters else ""
    lines = [f"{result.layer.op}: {'×'.join(map(str, shape))}{named}"]
    lines += _grids(result.output, letters)
    if result.indices is not None:
        lines += ["indices of the maxima", *_grids(result.indices, letters)]
    if max(shape, default=0) > _SHOWN:
        lines.append(f"(only the first {_SHOWN} of each axis are shown)")
    return "\n".join(lines)


def _grids(array: np.ndarray[Any, np.dtype[Any]], letters: str | None) -> list[str]:
    """Rows of numbers, the last two spatial axes of each map as a grid."""
    spatial = [axis for axis, letter in enumerate(letters or "") if letter not in "NC"]
    spatial = spatial or list(range(array.ndim))[-1:]
    others = [axis for axis in range(array.ndim) if axis not in spatial]
    grids = array.transpose(others + spatial)
    maps = grids.reshape(-1, *grids.shape[-min(2, len(spatial)) :])
    lines = []
    for number, grid in enumerate(maps[:_SHOWN]):
        if len(maps) > 1:
            lines.append(f"map {number}")
        rows = np.atleast_2d(grid)[:_SHOWN, :_SHOWN].tolist()
        texts = [[f"{value:.6g}" for value in row] for row in rows]
        width = max(len(text) for row in texts for text in row)
        lines += [" ".join(text.rjust(width) for text in row) for row in texts]
    return lines


@resource.post(
    "/v1/convolutions",
    id="computeConvolution",
    summary="The numbers that come out of a layer",
    access=anonymous("compute"),
    request=_READER,
    answers={
        200: Answer(
            "The output, and the traced positions if a trace was asked for.",
            ConvolutionSchema(),
            example=lambda: _plain(_compute(_READER.load(_EDGES), DEFAULT_BUDGET)),
            dump=_plain,
            text=_text,
        )
    },
    errors=(*SHAPE_CODES, *(code for codes in numbers.TABLE.values() for code in codes)),
    examples=(
        Example("One filter on a grey 4×4, with the arithmetic of the first pixel", body=_EDGES),
        Example(
            "A maximum over windows of two",
            body={"op": "max_pool1d", "input": [3, 1, 4, 1, 5, 9], "kernel_size": 2},
        ),
        Example(
            "Two filters on an RGB pixel, in PyTorch's layout",
            body={
                "framework": "pytorch",
                "op": "conv2d",
                "input": [[[0.5]], [[0.25]], [[1.0]]],
                "weight": [[[[1]], [[1]], [[1]]], [[[1]], [[0]], [[-1]]]],
                "bias": [0, 0.5],
            },
        ),
        Example(
            "More than one request may ask for",
            body={
                "op": "conv2d",
                "input": [[1, 2], [3, 4]],
                "weight": [[1]],
                "padding": 1_000_000,
            },
            status=422,
            code="over_budget",
        ),
    ),
)
def compute_convolution(body: Job) -> Result:
    """Run a convolution, a pool or any other layer of one input on nested lists of numbers.

    Kernel size and output channels are read off the weight. `flip_kernel` turns kernels around;
    `return_indices` says where each maximum was found. `trace` explains single outputs: the
    window, the weights, the products, their sum and the bias. What would be too much work or
    memory is refused by the declared sizes, before anything is allocated.
    """
    budget = replace(DEFAULT_BUDGET, max_macs=services().settings.max_macs)
    return _compute(body, budget)
