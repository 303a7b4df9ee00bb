"""``/v1/convolutions``: layers on real numbers, and how single outputs come about."""

from __future__ import annotations

from typing import Final

import numpy as np

from service.api.auth import anonymous
from service.api.blueprints.shapes import SHAPE_CODES
from service.api.codes import numbers, pictures
from service.api.computed import NPY, PNG, Result, as_json, as_npy, as_png, as_text, plain
from service.api.context import services
from service.api.drawn import GIF, as_gif, as_svg
from service.api.forms import MULTIPART, Form
from service.api.heavy import is_heavy, take_turn
from service.api.json import loads
from service.api.negotiation import JSON, SVG
from service.api.operation import Answer, Body, Example, Reply, Resource
from service.api.schemas.convolutions import (
    TENSORS,
    ConvolutionReader,
    ConvolutionSchema,
    Job,
)
from service.convolution import (
    DEFAULT_BUDGET,
    Budget,
    check_budget,
    indices,
    run,
    trace,
)
from service.shapes import infer

__all__ = ["CONVOLUTION_CODES", "MAX_BODY", "resource"]

CONVOLUTION_CODES: Final = tuple(code for codes in numbers.TABLE.values() for code in codes)
"""What tensors and layers are refused for."""

MAX_BODY: Final = 24 * 2**20  # a million numbers of 24 characters each

resource = Resource(
    "convolutions",
    tag="Convolutions",
    about="Small layers on real numbers, and the arithmetic behind single outputs.",
)

_READER: Final = ConvolutionReader()
_FORM: Final = Form(
    "layer",
    "The request as JSON, without what the other parts have.",
    {name: f"{about} As a .npy file." for name, about in TENSORS.items()},
)


def _add_up_to_nothing(job: Job) -> bool:
    """Whether the weights add up to 0, so that an even grey gives 0."""
    if job.picture is None or job.weight is None:
        return False
    total = float(np.abs(job.weight).sum(dtype=np.float64))
    return abs(float(job.weight.sum(dtype=np.float64))) <= 1e-9 * total


_IN_A_FORM: Final = (
    "Everything in the part layer; input, weight and bias may be parts of their own",
    {"layer": {"op": "max_pool1d", "input": [3, 1, 4, 1, 5, 9], "kernel_size": 2}},
)

_STRIPES: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAYAAAAECAAAAACIbxGfAAAAFklEQVR42mNkYGD4z8DAxMDAwIBOAQAYdAEHslYkBwAAAABJRU5"
    "ErkJggg=="
)
"""A PNG of 4 rows: three black columns, three white ones."""

_EDGES: Final = {
    "op": "conv2d",
    "input": [[1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1]],
    "weight": [[2, 0, 1], [0, 1, 2], [1, 0, 2]],
    "padding": 1,
    "trace": {"positions": [[0, 0]]},
}


def _compute(job: Job, budget: Budget) -> Result:
    layer = job.layer
    operands = [one.dtype for one in (job.input, job.weight, job.bias) if one is not None]
    if is_heavy(check_budget(layer, budget, np.result_type(*operands))):
        take_turn()
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
            **job.others,
        )
    return Result(job, output, infer(layer).macs, points, places, _add_up_to_nothing(job))


@resource.post(
    "/v1/convolutions",
    id="computeConvolution",
    summary="The numbers that come out of a layer",
    access=anonymous("compute"),
    request=_READER,
    bodies={MULTIPART: Body(_FORM.read, _FORM.schema, _IN_A_FORM)},
    max_body=MAX_BODY,
    answers={
        200: Answer(
            "The output, and the traced positions if a trace was asked for.",
            ConvolutionSchema(),
            example=lambda: loads(as_json(_compute(_READER.load(_EDGES), DEFAULT_BUDGET))),
            dump=plain,
            text=as_text,
            media={JSON: as_json, NPY: as_npy, PNG: as_png, SVG: as_svg, GIF: as_gif},
            headers={"Picture-Mapping": "How numbers became greys, if the input was a picture."},
        )
    },
    errors=(
        "malformed_form",
        *SHAPE_CODES,
        *pictures.TABLE["Pictures"],
        *CONVOLUTION_CODES,
    ),
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
            "An edge filter on a picture",
            body={"op": "conv2d", "input": {"image": _STRIPES}, "weight": {"filter": "sobel_x"}},
        ),
        Example(
            "Tensors as base64 of their bytes",
            body={
                "op": "conv2d",
                "input": {"shape": [2, 2], "dtype": "float32", "data": "AACAPwAAAEAAAEBAAACAQA=="},
                "weight": [[1, 1]],
                "encoding": "base64",
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
def compute_convolution(body: Job) -> Result | Reply:
    """Run a convolution, a pool or any other layer of one input on numbers.

    A tensor is nested lists, or `{shape, dtype, data}` with base64 of little-endian numbers; or
    the whole request is `multipart/form-data` with the JSON in the part `layer` and tensors as
    .npy files in parts of their names. `Accept: application/x-npy` gives the output as one.
    The input may be a picture, `{image}` with base64 of a PNG or JPEG, and the weight a filter by
    its name, `{filter: "sobel_x"}`, which filters each channel by itself; `Accept: image/png` then
    gives a picture, and the header Picture-Mapping says how numbers became greys.

    `Accept: image/svg+xml` and `image/gif` draw how the numbers come about, step by step; what is
    too large for that, pictures too, is drawn as its feature maps.

    Kernel size and output channels are read off the weight. `flip_kernel` turns kernels around;
    `return_indices` says where each maximum was found. `trace` explains single outputs: the
    window, the weights, the products, their sum and the bias. What would be too much work or
    memory is refused by the declared sizes, before anything is allocated.
    """
    budget = DEFAULT_BUDGET.of_macs(services().settings.max_macs)
    result = _compute(body, budget)
    if result.picture is None:
        return result
    return Reply(result, headers={"Picture-Mapping": result.greys()[1]})
