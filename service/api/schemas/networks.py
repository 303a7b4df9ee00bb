"""What the networks resource reads and answers."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from service.api.fields import (
    Choice,
    Flag,
    Formula,
    ListOf,
    Number,
    ObjectOf,
    Text,
    WholeNumber,
    fault,
)
from service.api.fields.base import JSONSchema, Writer, kind_of
from service.api.fields.free import Values, whole_numbers
from service.api.fields.scalars import MAX_WHOLE
from service.api.schemas.base import Request, Result
from service.api.schemas.shapes import NoteSchema
from service.shapes import FRAMEWORKS
from service.shapes.network import Network, NetworkError, read_network
from service.shapes.symbolic.run import has_names

__all__ = [
    "MAX_LAYERS",
    "NAME",
    "CatalogueSchema",
    "EntrySchema",
    "ImportQuery",
    "ImportedSchema",
    "ModelReader",
    "NamedNetwork",
    "NamedNetworkReader",
    "NetworkReader",
    "NetworkSchema",
]

MAX_LAYERS: Final = 10_000
"""The most layers that one request may have."""

_FAR: Final = 10**400
NAME: Final = 200
"""The longest name of a layer."""


class NetworkReader:
    """Reads a network: the engine checks all of it, so that its codes and pointers stay."""

    def load(self, data: Any) -> Network:
        """The network; raises ValidationError for what is no object, ShapeError for the rest."""
        if type(data) is not dict:
            raise fault(f"It must be an object, not {kind_of(data)}.")
        layers = data.get("layers")
        if type(layers) is list and len(layers) > MAX_LAYERS:
            raise NetworkError(
                "too_many_layers",
                f"The network has {len(layers):,} layers.",
                pointer="/layers",
                hint=f"at most {MAX_LAYERS:,}",
            )
        return read_network(whole_numbers(data))

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An object; what stands in `params` depends on the operation."""
        words = {"type": "string", "minLength": 1, "maxLength": NAME}
        layer = {
            "type": "object",
            "additionalProperties": False,
            "required": ["op"],
            "properties": {
                "name": {
                    **words,
                    "type": ["string", "null"],
                    "description": "Unique; by default the operation and its place.",
                },
                "op": {"type": "string", "description": "An operation of GET /v1/shapes."},
                "inputs": {
                    "type": ["array", "null"],
                    "minItems": 1,
                    "items": words,
                    "description": "Layers that it reads, or `input`; by default the one before.",
                },
                "params": {
                    "type": ["object", "null"],
                    "description": "The parameters of the operation, in the framework's names.",
                },
            },
        }
        return {
            "type": "object",
            "additionalProperties": False,
            "required": ["input_shape", "layers"],
            "properties": {
                "framework": {
                    "type": ["string", "null"],
                    "enum": [*FRAMEWORKS, None],
                    "default": FRAMEWORKS[0],
                    "description": "Whose names, defaults and refusals apply.",
                },
                "layout": {
                    "type": ["string", "null"],
                    "description": "The letters of the input's axes.",
                },
                "input_shape": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "oneOf": [
                            {"type": "integer", "minimum": 1, "maximum": MAX_WHOLE},
                            {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,15}$"},
                        ]
                    },
                    "description": "Sizes of the network's input; POST /v1/networks takes names "
                    "as well and answers with formulas in them.",
                },
                "layers": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MAX_LAYERS,
                    "items": layer,
                    "description": "In any order: a layer may read one that is listed after it.",
                },
            },
        }


class NamedNetwork(NamedTuple):
    """A network whose input has names as sizes, unread."""

    document: dict[str, Any]


class NamedNetworkReader(NetworkReader):
    """Reads a network whose input may have names as sizes."""

    def load(self, data: Any) -> Any:
        """The network, a NamedNetwork if a size is a name; raises what its parent does."""
        if type(data) is dict and has_names(data.get("input_shape")):
            return NamedNetwork(whole_numbers(data))
        return super().load(data)


class ModelReader:
    """Takes a model as another program wrote it; the importer of its format checks it."""

    def load(self, data: Any) -> dict[str, Any] | bytes:
        """The JSON of a Keras model as a dict, or the bytes of an ONNX file."""
        if not isinstance(data, dict | bytes):
            raise fault(f"It must be an object, not {kind_of(data)}.", "what to_json() writes")
        return data

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An object of Keras's making."""
        return {
            "type": "object",
            "required": ["class_name", "config"],
            "properties": {
                "class_name": {"type": "string", "enum": ["Sequential", "Functional", "Model"]},
                "config": {"description": "The layers, as Keras describes them."},
            },
            "description": "What `model.to_json()` writes in Keras 2 or 3.",
        }


class ImportQuery(Request):
    """What a file may leave open."""

    input_shape = Text(
        100,
        load_default=None,
        pattern=r"[0-9]{1,10}([x×*,][0-9]{1,10}){0,7}",
        wanted="sizes such as 1x3x224x224",
        description="Sizes of the input, batch and channels included, in place of the file's.",
        example="1x28x28x1",
    )


class FieldAxisSchema(Result):
    """A receptive field along one axis."""

    axis = Text(16, required=True, description="height, width, depth or length.")
    size = WholeNumber(0, _FAR, required=True, description="Input pixels that one output sees.")
    stride = Number(0, required=True, description="How far neighbouring outputs lie apart.")
    padding = WholeNumber(-_FAR, _FAR, required=True, description="Before the first pixel.")
    span = WholeNumber(0, _FAR, required=True, description="From the first pixel to the last.")


class ReceptiveFieldSchema(Result):
    """What one output sees of the network's input, along the axis where it sees most."""

    size = WholeNumber(0, _FAR, required=True)
    stride = Number(0, required=True)
    padding = WholeNumber(-_FAR, _FAR, required=True)
    axes = ListOf(ObjectOf(FieldAxisSchema), 3, required=True)


class NetworkFieldSchema(ReceptiveFieldSchema):
    """The receptive field of the network, and where it was taken."""

    layer = Text(NAME, required=True, description="The last layer that still has positions.")
    aligned = Flag(required=True, description="Whether all paths are centred on the same pixel.")


class NetworkLayerSchema(Result):
    """A layer in its network."""

    name = Text(NAME, required=True)
    op = Text(64, required=True)
    inputs = ListOf(Text(NAME), MAX_LAYERS, required=True)
    output_shape = ListOf(Formula(), 8, required=True)
    params = Formula(required=True)
    buffers = Formula(required=True, description="Kept, but not learned.")
    macs = Formula(required=True)
    receptive_field = ObjectOf(
        ReceptiveFieldSchema,
        allow_none=True,
        description="Null where an output has no place, or sees everything.",
    )


class TotalSchema(Result):
    """The sums over all layers."""

    params = Formula(required=True)
    buffers = Formula(required=True)
    macs = Formula(required=True)
    flops = Formula(required=True)
    activation_elements = Formula(required=True)
    activation_bytes = Formula(required=True)


class CountSchema(Result):
    """What a well-known counter prints for this network, and by which rule."""

    counter = Text(64, required=True)
    quantity = Text(64, required=True)
    value = WholeNumber(0, _FAR, required=True)
    why = Text(1000, required=True)


class NetworkSchema(Result):
    """A network, layer by layer, and in all.

    Where sizes have names, members that need numbers are left out.
    """

    framework = Choice(FRAMEWORKS, required=True)
    layout = Text(8, required=True, allow_none=True)
    input_shape = ListOf(Formula(), 8, required=True)
    layers = ListOf(ObjectOf(NetworkLayerSchema), MAX_LAYERS, required=True)
    total = ObjectOf(TotalSchema, required=True)
    receptive_field = ObjectOf(NetworkFieldSchema, allow_none=True)
    convention = Text(1000, required=True, description="What the numbers count.")
    counters = ListOf(ObjectOf(CountSchema), 64)
    warnings = ListOf(ObjectOf(NoteSchema), MAX_LAYERS)
    conditions = ListOf(
        Text(200), 16, description="With names as sizes: for which sizes the formulas hold."
    )


class DefinedLayerSchema(Result):
    """A layer as POST /v1/networks takes it."""

    name = Text(NAME, required=True)
    op = Text(64, required=True)
    inputs = ListOf(Text(NAME), MAX_LAYERS, required=True)
    params = Values(required=True)


class DefinitionSchema(Result):
    """A network as POST /v1/networks takes it."""

    framework = Choice(FRAMEWORKS, required=True)
    layout = Text(8, required=True)
    input_shape = ListOf(WholeNumber(1), 8, required=True)
    layers = ListOf(ObjectOf(DefinedLayerSchema), MAX_LAYERS, required=True)


class ListedNetworkSchema(Result):
    """A network of the catalogue."""

    name = Text(64, required=True)
    title = Text(200, required=True)
    source = Text(500, required=True, description="Who published it.")
    note = Text(1000, required=True, description="What sets this version apart.")
    input_shape = ListOf(WholeNumber(1), 8, required=True)


class CatalogueSchema(Result):
    """The catalogue of networks."""

    items = ListOf(ObjectOf(ListedNetworkSchema), 1000, required=True)


class ImportedSchema(NetworkSchema):
    """A network from a file: what it comes to, and how it is defined here."""

    definition = ObjectOf(
        DefinitionSchema, required=True, description="To be sent to POST /v1/networks."
    )
    notes = ListOf(
        Text(1000),
        2 * MAX_LAYERS,
        required=True,
        description="What could not be taken over as it was, in sentences.",
    )


class EntrySchema(NetworkSchema):
    """A network of the catalogue: where it is from, how it is defined, and what it comes to."""

    name = Text(64, required=True)
    title = Text(200, required=True)
    source = Text(500, required=True)
    note = Text(1000, required=True)
    definition = ObjectOf(
        DefinitionSchema, required=True, description="To be sent to POST /v1/networks."
    )
