"""``/v1/networks``: whole networks, layer by layer, and a catalogue of well-known ones."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.api.auth import anonymous
from service.api.blueprints.shapes import SHAPE_CODES
from service.api.codes import networks as codes
from service.api.conditional import fixed
from service.api.fields import Text
from service.api.operation import Answer, Body, Example, Resource
from service.api.problems import Problem
from service.api.schemas.networks import (
    CatalogueSchema,
    EntrySchema,
    ImportedSchema,
    ImportQuery,
    ModelReader,
    NetworkReader,
    NetworkSchema,
)
from service.integrations.keras_json import import_keras
from service.integrations.onnx_file import import_onnx
from service.shapes import ShapeError
from service.shapes.catalogue import Entry, catalogue, entry
from service.shapes.network import (
    Network,
    NetworkInference,
    csv_table,
    describe_network,
    infer_network,
    read_network,
    text_table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.integrations.imported import ImportedNetwork

__all__ = ["CSV", "resource"]

resource = Resource(
    "networks",
    tag="Networks",
    about="Graphs of layers: every layer's output, parameters, multiply-accumulates and receptive "
    "field, the sums, and a catalogue of well-known networks.",
)

CSV: Final = "text/csv"

_READER: Final = NetworkReader()
_CACHE: Final = fixed(3600)
_SMALL: Final = {
    "input_shape": [28, 28, 1],
    "layers": [
        {"name": "conv1", "op": "conv2d", "params": {"filters": 16, "kernel_size": 5}},
        {"name": "relu1", "op": "relu"},
        {"name": "pool1", "op": "max_pool2d", "params": {"kernel_size": 2}},
        {"op": "flatten"},
        {"name": "fc", "op": "linear", "params": {"out_features": 10}},
    ],
}
_RESIDUAL: Final = {
    "framework": "pytorch",
    "input_shape": [1, 64, 56, 56],
    "layers": [
        {
            "name": "conv1",
            "op": "conv2d",
            "params": {"out_channels": 64, "kernel_size": 3, "padding": 1},
        },
        {"name": "sum", "op": "add", "inputs": ["conv1", "input"]},
    ],
}
_TOO_LARGE: Final = {
    "input_shape": [8, 8, 3],
    "layers": [
        {"name": "conv1", "op": "conv2d", "params": {"kernel_size": 3}},
        {"name": "conv2", "op": "conv2d", "params": {"kernel_size": 7}},
    ],
}


@resource.post(
    "/v1/networks",
    id="computeNetwork",
    summary="A whole network, layer by layer",
    access=anonymous("compute"),
    request=_READER,
    answers={
        200: Answer(
            "Every layer, the sums, and the receptive field.",
            NetworkSchema(),
            example=lambda: describe_network(infer_network(_READER.load(_SMALL))),
            dump=describe_network,
            text=text_table,
            media={CSV: csv_table},
        )
    },
    errors=(*SHAPE_CODES, *codes.TABLE["Networks"]),
    examples=(
        Example("One convolution, one pool, one linear layer", body=_SMALL),
        Example("A residual connection, in PyTorch's words", body=_RESIDUAL),
        Example(
            "A kernel larger than what is left",
            body=_TOO_LARGE,
            status=422,
            code="kernel_larger_than_padded_input",
        ),
        Example("No layers", body={"input_shape": [8], "layers": []}, status=422),
    ),
)
def compute_network(body: Network) -> NetworkInference:
    """Compute every layer of a network of up to 10,000, and what it takes in all.

    A layer reads the one before it, or those that `inputs` names; `input` is the network's own
    input. Errors point to the value: `/layers/3/params/kernel_size`. As `text/plain` the answer is
    a table, as `text/csv` one for spreadsheets.
    """
    return infer_network(body)


def _listed(one: Entry) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "source": one.source,
        "note": one.note,
        "input_shape": list(one.input_shape),
    }


def _catalogue() -> dict[str, Any]:
    return {"items": [_listed(one) for one in catalogue()]}


def _catalogue_text(value: Mapping[str, Any]) -> str:
    return "\n".join(
        f"{one['name']}: {one['title']}, input {'×'.join(map(str, one['input_shape']))}"
        for one in value["items"]
    )


@resource.get(
    "/v1/networks",
    id="listNetworks",
    summary="Well-known networks",
    access=anonymous("compute"),
    answers={
        200: Answer(
            "The catalogue, families in the order of their years.",
            CatalogueSchema(),
            example=lambda: {"items": _catalogue()["items"][:2]},
            text=_catalogue_text,
        )
    },
    cache=_CACHE,
    examples=(Example("All of them"),),
)
def list_networks() -> dict[str, Any]:
    """List the networks of the catalogue."""
    return _catalogue()


class _Known(NamedTuple):
    entry: Entry
    definition: dict[str, object]
    inference: NetworkInference


@lru_cache(maxsize=64)
def _known(name: str) -> _Known:
    found = entry(name)
    definition = found.document()
    return _Known(found, definition, infer_network(read_network(definition)))


def _described(known: _Known) -> dict[str, object]:
    listed = _listed(known.entry)
    return {**listed, **describe_network(known.inference), "definition": known.definition}


@resource.get(
    "/v1/networks/{name}",
    id="getNetwork",
    summary="A well-known network",
    access=anonymous("compute"),
    path={"name": Text(64, description="The name in the catalogue.", example="lenet5")},
    answers={
        200: Answer(
            "Its definition, every layer, and the sums.",
            EntrySchema(),
            example=lambda: _described(_known("lenet5")),
            dump=_described,
            text=lambda known: f"{known.entry.title}\n{text_table(known.inference)}",
            media={CSV: lambda known: csv_table(known.inference)},
        )
    },
    errors=("not_found",),
    cache=_CACHE,
    examples=(
        Example("LeNet-5", path={"name": "lenet5"}),
        Example("As a table", path={"name": "resnet18"}, query={"format": "text"}),
        Example("Not in the catalogue", path={"name": "lenet6"}, status=404, code="not_found"),
    ),
)
def get_network(name: str) -> _Known:
    """Show a network of the catalogue: how it is defined, and what it comes to.

    `definition` is what POST /v1/networks takes, to be changed and sent.
    """
    try:
        return _known(name)
    except ShapeError as error:
        hint = f" {error.hint[:1].upper()}{error.hint[1:]}" if error.hint else ""
        raise Problem("not_found", f"{error.detail}{hint}") from None


_BYTES: Final = "application/octet-stream"
_KERAS: Final = {
    "class_name": "Sequential",
    "config": {
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"name": "input_layer", "batch_shape": [None, 28, 28, 1]},
            },
            {
                "class_name": "Conv2D",
                "config": {"name": "conv", "filters": 16, "kernel_size": [5, 5], "strides": [1, 1]},
            },
            {"class_name": "Flatten", "config": {"name": "flatten"}},
            {"class_name": "Dense", "config": {"name": "dense", "units": 10}},
        ]
    },
}


class _Imported(NamedTuple):
    network: ImportedNetwork
    inference: NetworkInference


def _import(model: dict[str, Any] | bytes, input_shape: str | None) -> _Imported:
    shape = None if input_shape is None else [int(one) for one in re.split("[x×*,]", input_shape)]
    if isinstance(model, dict):
        found = import_keras(model, shape)
    else:
        try:
            found = import_onnx(model, shape)
        except ModuleNotFoundError:
            raise Problem(
                "unsupported_media_type",
                "This installation reads no ONNX files: the package `onnx` is missing. Whoever "
                "runs the service can install convcards[onnx]; a Keras model is read as JSON.",
                headers={"Accept": "application/json"},
            ) from None
    return _Imported(found, infer_network(_READER.load(found.document)))


def _described_import(imported: _Imported) -> dict[str, object]:
    described = describe_network(imported.inference)
    definition = {"layout": described["layout"], **imported.network.document}
    return {**described, "definition": definition, "notes": list(imported.network.notes)}


@resource.post(
    "/v1/networks/import",
    id="importNetwork",
    summary="A network from an ONNX file or a Keras model",
    access=anonymous("compute"),
    request=ModelReader(),
    bodies={
        _BYTES: Body(
            lambda raw, _: raw,
            {"type": "string", "contentMediaType": _BYTES, "description": "An ONNX file."},
            ("What begins an ONNX file", "\x08\x08"),
        )
    },
    query=ImportQuery(),
    answers={
        200: Answer(
            "Every layer, the sums, and the definition in this service's words.",
            ImportedSchema(),
            example=lambda: _described_import(_import(_KERAS, None)),
            dump=_described_import,
            text=lambda imported: text_table(imported.inference),
            media={CSV: lambda imported: csv_table(imported.inference)},
        )
    },
    errors=(*SHAPE_CODES, *codes.TABLE["Networks"], *codes.TABLE["Files of networks"]),
    examples=(
        Example("A Keras model", body=_KERAS),
        Example("With the sizes of another input", body=_KERAS, query={"input_shape": "1x32x32x1"}),
        Example(
            "JSON that is no model",
            body={"class_name": "Conv2D", "config": {}},
            status=422,
            code="not_a_keras_model",
        ),
    ),
)
def import_network(body: dict[str, Any] | bytes, query: Mapping[str, Any]) -> _Imported:
    """Compute a network that another program wrote down: an ONNX file, or a Keras model's JSON.

    An ONNX file is sent as it is (`Content-Type: application/octet-stream`); only its graph and the
    sizes of its weights are read, so it may be exported without them. `definition` is what
    POST /v1/networks takes, to be changed and sent; errors about a layer point into it.
    """
    return _import(body, query["input_shape"])
