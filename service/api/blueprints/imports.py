"""``/v1/networks/import``: networks from the files of other programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.api.auth import anonymous
from service.api.blueprints.networks import READER, drawings, resource
from service.api.blueprints.shapes import SHAPE_CODES
from service.api.codes import networks as codes
from service.api.negotiation import CSV
from service.api.operation import Answer, Body, Example
from service.api.problems import Problem
from service.api.schemas.networks import ImportedSchema, ImportQuery, ModelReader
from service.integrations.keras_json import import_keras
from service.integrations.onnx_file import import_onnx
from service.shapes.network import (
    NetworkInference,
    csv_table,
    describe_network,
    infer_network,
    text_table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.integrations.imported import ImportedNetwork

__all__ = ["resource"]

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
    return _Imported(found, infer_network(READER.load(found.document)))


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
            media={
                CSV: lambda imported: csv_table(imported.inference),
                **drawings(lambda imported: imported.inference),
            },
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
