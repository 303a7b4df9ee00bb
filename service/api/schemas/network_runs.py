"""What a run of a network takes and answers."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from marshmallow import ValidationError

from service.api.fields import (
    Anything,
    Choice,
    ListOf,
    Number,
    ObjectOf,
    Strict,
    Text,
    WholeNumber,
    fault,
)
from service.api.fields.base import kind_of
from service.api.fields.free import whole_numbers
from service.api.schemas.base import Request, Result
from service.api.schemas.convolutions import Bias, ReadPictureSchema
from service.api.schemas.named import place_picture
from service.api.schemas.networks import MAX_LAYERS, NAME, NetworkReader
from service.api.schemas.shapes import NoteSchema
from service.api.schemas.tensors import (
    NamedFilter,
    Notes,
    PictureTensor,
    Tensor,
    WeightTensor,
    half_notes,
    widened,
)
from service.convolution import Picture
from service.convolution.networks import (
    INITIALISATIONS,
    check_weight_names,
    place_filters,
    pointer_step,
)
from service.quiz.draw import MAX_SEED
from service.shapes import FRAMEWORKS, ShapeError, layouts
from service.shapes.catalogue import entry
from service.shapes.network import NetworkInference, infer_network, read_network

if TYPE_CHECKING:
    import numpy as np

    from service.api.fields.base import JSONSchema, Writer

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["NetworkRunSchema", "RunJob", "RunReader"]

_TENSORS: Final[dict[str, Tensor]] = {
    "weight": WeightTensor(
        description="In the framework's own order; or a filter by its name, or a list of them, one "
        "for each output channel. Of a normalisation, its scale."
    ),
    "bias": Bias(description="A number for each filter."),
    "pointwise_weight": Tensor(description="The second weight of a separable convolution."),
    "depthwise_bias": Tensor(description="What it adds before channels are mixed.", axes=1),
    "mean": Tensor(description="The moving mean of a normalisation; 0 if left out.", axes=1),
    "variance": Tensor(description="Its moving variance; 1 if left out.", axes=1),
}
"""Every tensor that a layer may have learned."""


class LayerWeights(Strict):
    """Tensors by the names of layers, and by their own; read once the layers are known."""

    wanted = "an object with an object of tensors for each layer"

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, dict[str, Any]]:
        if type(value) is not dict:
            self.refuse(value)
        for name, tensors in value.items():
            if type(tensors) is not dict:
                error = fault(f"It must be an object of tensors, not {kind_of(tensors)}.")
                raise ValidationError({name: error.messages})
        return cast("dict[str, dict[str, Any]]", value)

    def json_schema(self, writer: Writer) -> JSONSchema:
        """An object of objects."""
        filters = {
            "type": "array",
            "minItems": 1,
            "items": _TENSORS["weight"].json_schema(writer)["oneOf"][-1],
        }
        members = {name: writer.field(field) for name, field in _TENSORS.items()}
        members["weight"]["oneOf"].append(filters)
        tensors = {"type": "object", "additionalProperties": False, "properties": members}
        return {"type": "object", "additionalProperties": tensors}


class Wanted(Strict):
    """Names of layers, or "all"."""

    wanted = '"all" or a list of names of layers'

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if value == "all":
            return value
        if type(value) is not list or any(type(name) is not str for name in value):
            self.refuse(value)
        return value

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A word, or an array of names."""
        names = {"type": "array", "items": {"type": "string"}, "maxItems": MAX_LAYERS}
        return {"oneOf": [{"const": "all"}, names]}


class RunRequest(Request):
    """What a run takes beside the network itself."""

    network = Text(64, allow_none=True, description="A network of GET /v1/networks, in its place.")
    input = PictureTensor(required=True, description="The input, in the order of the layout.")
    weights = LayerWeights(
        allow_none=True, description="What layers have learned, by their names and then by its own."
    )
    seed = WholeNumber(
        0,
        MAX_SEED,
        allow_none=True,
        description="Weights that are missing are drawn from it. Without `weights`, 0.",
    )
    initialisation = Choice(
        tuple(INITIALISATIONS),
        load_default=next(iter(INITIALISATIONS)),
        description="The rule by which weights are drawn: "
        + " ".join(f"`{one.name}`: {one.about}" for one in INITIALISATIONS.values()),
    )
    wanted = Wanted(
        data_key="return",
        allow_none=True,
        description="Whose feature maps are returned; by default all of a small network, else "
        "those that no layer reads.",
    )
    encoding = Choice(
        ("lists", "base64"),
        load_default="lists",
        description="How JSON gives feature maps: nested lists, or {shape, dtype, data}.",
    )


_REQUEST: Final = RunRequest()
_OWN: Final = frozenset(
    field.data_key or name for name, field in cast("Any", _REQUEST).load_fields.items()
)


@dataclass(frozen=True, slots=True)
class RunJob:
    """A network, the numbers to run it on, and what is wanted of it."""

    network: str | None
    """Its name in the catalogue, if the request has that in place of layers."""
    inference: NetworkInference
    input: Array
    picture: Picture | None
    given: dict[str, dict[str, Any]]
    """Tensors by layer, as they stand in the request; `weights` reads them."""
    seed: int | None
    initialisation: str
    wanted: Any
    """Names of layers, "all", or None."""
    encoding: str
    half: list[str]
    """What was float16."""

    def weights(self) -> tuple[dict[str, dict[str, Array]], Notes]:
        """Read the tensors, and say what there is to say of them.

        Raises what their readers do, and ``unknown_layer``.
        """
        check_weight_names(self.inference, self.given)
        nodes = self.inference.network.nodes
        layers = {
            node.name: one.layer for node, one in zip(nodes, self.inference.layers, strict=True)
        }
        found: dict[str, dict[str, Array]] = {}
        half = list(self.half)
        for name, tensors in self.given.items():
            path = f"weights/{pointer_step(name)}"
            try:
                read = {one: _read(one, value, path) for one, value in tensors.items()}
            except ValidationError as error:
                raise ValidationError({"weights": {name: error.messages}}) from None
            read, narrow = widened(read)
            half += [f"{name[:64]}.{one}" for one in narrow]
            found[name] = {
                one: place_filters(layers[name], array, f"/{path}/weight")
                if isinstance(array, list)
                else array
                for one, array in read.items()
                if array is not None
            }
        return found, half_notes(half)


def _read(tensor: str, value: Any, path: str) -> Any:
    """One tensor as an array; kernels of filters by name as a list, and null as None."""
    if value is None:
        return None
    field = _TENSORS[tensor]
    several = tensor == "weight" and type(value) is list and value and type(value[0]) is dict
    kernels = []
    for index, one in enumerate(value if several else [value]):
        where = f"{tensor}/{index}" if several else tensor
        try:
            read = field.deserialize(one, f"{path}/{where}")
        except ValidationError as error:
            messages = {index: error.messages} if several else error.messages
            raise ValidationError({tensor: messages}) from None
        if not isinstance(read, NamedFilter):
            if not several:
                return read
            raise ValidationError({tensor: {index: fault("It must be a filter.").messages}})
        kernels.append(read.kernel)
    return kernels


class RunReader(NetworkReader):
    """Reads a network or the name of one, and the numbers to run it on."""

    def load(self, data: Any) -> Any:
        """The job that a request describes; raises ValidationError and the engines' errors."""
        if type(data) is not dict:
            raise fault(f"It must be an object, not {kind_of(data)}.")
        asked = _REQUEST.load({name: value for name, value in data.items() if name in _OWN})
        asked, half = widened(asked)
        document = {name: value for name, value in data.items() if name not in _OWN}
        name, numbers, picture = asked.get("network"), asked["input"], None
        if name is not None:
            document = _known(name, document)
        if isinstance(numbers, Picture):
            picture = numbers
            numbers, document["layout"] = _placed(document, picture)
        if document.get("input_shape") is None:
            document["input_shape"] = list(numbers.shape)
        try:
            inference = infer_network(super().load(document))
        except ShapeError as error:
            if name is not None:
                error.pointer = "/input"  # the network itself is right: this input is not
            raise
        given = asked.get("weights")
        seed = asked.get("seed")
        return RunJob(
            name,
            inference,
            numbers,
            picture,
            given or {},
            0 if given is None and seed is None else seed,
            asked["initialisation"],
            asked.get("wanted"),
            asked["encoding"],
            half,
        )

    def json_schema(self, writer: Writer) -> JSONSchema:
        """A network with a few members more."""
        schema = super().json_schema(writer)
        own = {
            field.data_key or name: writer.field(cast("Strict", field))
            for name, field in cast("Any", _REQUEST).load_fields.items()
        }
        shape = {
            "type": ["array", "null"],
            "minItems": 1,
            "items": {"type": "integer", "minimum": 1},
            "description": "Sizes of the input, if it is to be held to them.",
        }
        properties = {**schema["properties"], "input_shape": shape, **own}
        return {
            "type": "object",
            "additionalProperties": False,
            "required": ["input"],
            "anyOf": [{"required": ["layers"]}, {"required": ["network"]}],
            "properties": properties,
        }


def _known(name: str, document: dict[str, Any]) -> dict[str, Any]:
    """A network of the catalogue, for the input of this request."""
    for member in ("framework", "layout", "layers"):
        if document.pop(member, None) is not None:
            error = fault("The network has its own.", f"leave out {member}, or network")
            raise ValidationError({member: error.messages})
    try:
        known = entry(name).document()
    except ShapeError as error:
        error.pointer = "/network"
        raise
    return {**known, "input_shape": None, **document}


def _placed(document: dict[str, Any], picture: Picture) -> tuple[Array, str]:
    """The pixels in the order of the network's layout, or of the first that fits its input."""
    framework = document.get("framework") or FRAMEWORKS[0]
    layout, sizes = document.get("layout"), document.get("input_shape")
    if layout is None:
        known = layouts(framework, "conv2d")
        rank = len(sizes) if type(sizes) is list else len(known[0])
        layout = next((one for one in known if len(one) == rank), "")
    elif type(layout) is not str:
        read_network(whole_numbers(document))  # refuses it
    return place_picture(framework, "conv2d", layout, {}, picture)


_ANY: Final = (-sys.float_info.max, sys.float_info.max)


class RunLayerSchema(Result):
    """One layer: its sizes, its cost, and what it gave."""

    name = Text(NAME, required=True)
    op = Text(64, required=True)
    inputs = ListOf(Text(NAME), MAX_LAYERS, required=True)
    output_shape = ListOf(WholeNumber(0), 8, required=True)
    layout = Text(
        8, required=True, allow_none=True, description="The letters of the output's axes."
    )
    params = WholeNumber(0, 10**15, required=True)
    macs = WholeNumber(0, 10**15, required=True)
    minimum = Number(*_ANY, required=True, allow_none=True, description="Null without a number.")
    maximum = Number(*_ANY, required=True, allow_none=True)
    mean = Number(*_ANY, required=True, allow_none=True)
    output = Anything(
        description="Its feature maps, if they are returned: nested lists of numbers, or {shape, "
        "dtype, data} if base64 was asked for."
    )


class RunTotalSchema(Result):
    """The sums over all layers."""

    params = WholeNumber(0, 10**15, required=True)
    macs = WholeNumber(0, 10**15, required=True)
    activation_elements = WholeNumber(0, 10**15, required=True)


class NetworkRunSchema(Result):
    """What every layer of a network gave."""

    framework = Choice(FRAMEWORKS, required=True)
    layout = Text(8, required=True, allow_none=True)
    input_shape = ListOf(WholeNumber(1), 8, required=True)
    seed = WholeNumber(0, MAX_SEED, required=True, allow_none=True)
    initialisation = Choice(
        tuple(INITIALISATIONS),
        required=True,
        allow_none=True,
        description="The rule by which weights were drawn; null if none were.",
    )
    drawn = ListOf(
        Text(NAME), MAX_LAYERS, required=True, description="Layers whose weights were drawn."
    )
    layers = ListOf(ObjectOf(RunLayerSchema), MAX_LAYERS, required=True)
    outputs = ListOf(
        Text(NAME), MAX_LAYERS, required=True, description="Layers that no other reads."
    )
    total = ObjectOf(RunTotalSchema, required=True)
    picture = ObjectOf(ReadPictureSchema, description="If the input was a picture.")
    warnings = ListOf(ObjectOf(NoteSchema), 16, required=True)
