"""``/v1/networks/run``: whole networks on real numbers, with the feature maps of every layer."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Final

from service.api.auth import anonymous
from service.api.blueprints import networks
from service.api.blueprints.convolutions import CONVOLUTION_CODES, MAX_BODY
from service.api.blueprints.shapes import SHAPE_CODES
from service.api.codes import networks as codes
from service.api.codes import pictures
from service.api.context import services
from service.api.forms import MULTIPART, Form
from service.api.heavy import is_heavy, take_turn
from service.api.json import loads
from service.api.negotiation import JSON, PNG, SVG
from service.api.operation import Answer, Body, Example, Resource
from service.api.ran import Ran, as_json, as_png, as_svg, as_text, plain
from service.api.schemas.network_runs import NetworkRunSchema, RunJob, RunReader
from service.convolution import ConvolutionError, OverBudget
from service.convolution.networks import (
    DEFAULT_NETWORK_BUDGET,
    INITIALISATIONS,
    NetworkBudget,
    check_network_budget,
    run_network,
    unknown_layer,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from service.shapes.network import NetworkInference

__all__ = ["resource"]

resource = Resource("network_runs", tag=networks.resource.tag, about=networks.resource.about)

_READER: Final = RunReader()
_FORM: Final = Form(
    "network",
    "The request as JSON, without what the other part has.",
    {"input": "The input, as a .npy file."},
)
_SMALL: Final = 20_000
"""So many numbers are returned without being asked for."""

_MOST: Final = 1_000_000
"""So many are returned at most."""

_STRIPES: Final = [[0, 0, 0, 9, 9, 9]] * 4
_EDGES: Final = {
    "input": _STRIPES,
    "layers": [
        {"name": "edges", "op": "conv2d", "params": {"filters": 2, "kernel_size": 3}},
        {"name": "relu", "op": "relu"},
        {"name": "pool", "op": "max_pool2d", "params": {"kernel_size": 2}},
        {"name": "mean", "op": "global_avg_pool2d"},
    ],
    "weights": {"edges": {"weight": [{"filter": "sobel_x"}, {"filter": "sobel_y"}]}},
}
_DRAWN: Final = {
    "framework": "pytorch",
    "input": [[[[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 6]]]],
    "layers": [
        {"name": "conv", "op": "conv2d", "params": {"out_channels": 2, "kernel_size": 3}},
        {"name": "norm", "op": "batch_norm2d"},
        {"name": "flat", "op": "flatten"},
        {"name": "fc", "op": "linear", "params": {"out_features": 3}},
        {"name": "softmax", "op": "softmax", "params": {"dim": 1}},
    ],
    "weights": {"norm": {"mean": [0.5, 0], "variance": [4, 1]}},
    "seed": 7,
}


def _wanted(job: RunJob, inference: NetworkInference) -> tuple[Collection[str], Collection[str]]:
    """The layers whose feature maps are returned, and those that a picture shows.

    Raises ``unknown_layer``, and OverBudget for more numbers than an answer may have.
    """
    nodes = inference.network.nodes
    sizes = {
        node.name: prod(layer.output_shape)
        for node, layer in zip(nodes, inference.layers, strict=True)
    }
    if job.wanted is None and inference.activation_elements > _SMALL:
        read = {source for node in nodes for source in node.sources}
        ends = [node.name for index, node in enumerate(nodes) if index not in read]
        returned = ends if sum(sizes[name] for name in ends) <= _MOST else []
        return returned, sizes if inference.activation_elements <= _MOST else returned
    names = list(sizes) if job.wanted in (None, "all") else job.wanted
    for index, name in enumerate(names):
        if name not in sizes:
            raise unknown_layer(name, list(sizes), f"/return/{index}")
    asked = sum(sizes[name] for name in set(names))
    if asked > _MOST:
        raise OverBudget(
            "output",
            "numbers in the feature maps that are returned",
            asked,
            _MOST,
            pointer="/return",
            hint="Name fewer layers; their ranges are in the answer all the same.",
        )
    return set(names), set(names)


def _run(job: RunJob, budget: NetworkBudget) -> Ran:
    try:
        return _ran(job, budget)
    except ConvolutionError as error:
        if job.network is not None and error.pointer.startswith("/layers/"):
            error.pointer = "/network"  # its layers do not stand in the request
        raise


def _ran(job: RunJob, budget: NetworkBudget) -> Ran:
    inference = job.inference
    heavy = is_heavy(check_network_budget(inference, budget))
    returned, shown = _wanted(job, inference)
    if heavy:
        take_turn()
    weights, notes = job.weights()
    result = run_network(
        inference,
        job.input,
        weights,
        seed=job.seed,
        initialisation=INITIALISATIONS[job.initialisation],
        keep=shown,
    )
    left_out = job.wanted is None and len(returned) < len(result.layers)
    said = (
        f"All feature maps are {inference.activation_elements:,} numbers, so only those of the "
        'outputs are returned; name others in `return`, or ask for "all".'
    )
    notes += (("maps_left_out", said),) if left_out else ()
    return Ran(job, result, frozenset(returned), notes)


def _budget(max_macs: int) -> NetworkBudget:
    layer = DEFAULT_NETWORK_BUDGET.layer.of_macs(max_macs)
    return replace(DEFAULT_NETWORK_BUDGET, max_macs=max_macs, layer=layer)


@resource.post(
    "/v1/networks/run",
    id="runNetwork",
    summary="A network on real numbers: every layer's feature maps",
    access=anonymous("compute"),
    request=_READER,
    bodies={
        MULTIPART: Body(
            _FORM.read,
            _FORM.schema,
            (
                "Everything in the part network; the input may be a part of its own",
                {"network": {"input": [[1, 2], [3, 4]], "layers": [{"op": "relu"}]}},
            ),
        )
    },
    max_body=MAX_BODY,
    answers={
        200: Answer(
            "What every layer gave.",
            NetworkRunSchema(),
            example=lambda: loads(as_json(_run(_READER.load(_EDGES), DEFAULT_NETWORK_BUDGET))),
            dump=plain,
            text=as_text,
            media={JSON: as_json, SVG: as_svg, PNG: as_png},
        )
    },
    errors=(
        "malformed_form",
        *SHAPE_CODES,
        *codes.TABLE["Networks"],
        *pictures.TABLE["Pictures"],
        *CONVOLUTION_CODES,
    ),
    examples=(
        Example("Two edge filters, and what is left of them", body=_EDGES),
        Example("Some weights given, the others drawn from a seed", body=_DRAWN),
        Example(
            "A well-known network",
            body={
                "network": "lenet5",
                "input": {"shape": [1, 1, 32, 32], "dtype": "uint8", "data": "A" * 1364 + "AA=="},
                "initialisation": "glorot_uniform",
                "return": ["output"],
            },
        ),
        Example(
            "A weight of another shape",
            body={**_EDGES, "weights": {"edges": {"weight": [[1, 2], [3, 4]]}}},
            status=422,
            code="weight_shape_mismatch",
        ),
        Example(
            "More than one request may ask for",
            body={"network": "vgg16", "input": [[[[0]]]], "input_shape": [1, 3, 224, 224]},
            status=422,
            code="over_budget",
        ),
    ),
)
def run_a_network(body: RunJob) -> Ran:
    """Run a network as one that has learned and learns no more, and show what each layer gives.

    The network is what `POST /v1/networks` takes, or the name of one in `GET /v1/networks`; its
    input is a tensor in one of the forms of `POST /v1/convolutions` or a picture, whose size then
    is the network's. `weights` are given by layer and tensor (`{"conv1": {"weight": ...}}`),
    filters by name among them; with a `seed` those that are missing are drawn, the same ones for
    ever, and biases are 0. Dropout drops nothing, and normalisations use their mean and variance.

    `return` names the layers whose feature maps are wanted. `Accept: image/svg+xml` or `image/png`
    draws them, by default those of all layers (of many, some), and `text/plain` is a table with
    the range of each layer's numbers. The work of the whole network is bounded by its declared
    sizes, before anything is allocated.
    """
    return _run(body, _budget(services().settings.max_macs))
