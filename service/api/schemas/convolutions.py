"""What the convolutions resource takes and answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from marshmallow import post_load

from service.api.fields import (
    Anything,
    Choice,
    Flag,
    ListOf,
    ObjectOf,
    Strict,
    Text,
    WholeNumber,
    fault,
)
from service.api.schemas.base import Request, Result
from service.api.schemas.implied import FILTERS, KERNEL, complete, multiplied, stem_of
from service.api.schemas.layers import (
    DEFAULT_FRAMEWORK,
    Family,
    LayerReader,
    families,
    family_of,
    frame_fields,
    parameter_field,
)
from service.api.schemas.named import for_each_channel, place_picture
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
from service.api.schemas.traces import TracePointSchema
from service.convolution import OperandError, Picture
from service.shapes import Layer, parameters, read_layer

if TYPE_CHECKING:
    import numpy as np

    from service.api.fields.base import JSONSchema, Writer

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = [
    "TENSORS",
    "Bias",
    "ConvolutionReader",
    "ConvolutionSchema",
    "Job",
    "ReadPictureSchema",
    "Trace",
]


@dataclass(frozen=True, slots=True)
class Trace:
    """Which outputs are to be explained; ``positions`` is "all" or lists of numbers."""

    positions: Any
    channel: int
    sample: int


@dataclass(frozen=True, slots=True)
class Job:
    """A layer and the numbers to run it on."""

    layer: Layer
    input: Array
    weight: Array | None
    bias: Array | None
    trace: Trace | None
    others: dict[str, Array]
    """Further tensors, by the names that `service.convolution.run` has for them."""
    encoding: str
    picture: Picture | None
    """What the input was, if it was one."""
    notes: Notes = ()


class Bias(Tensor):
    """A list of numbers; false is none, as the flag of a layer says it."""

    wanted = "a list of numbers, one for each filter"

    def __init__(self, *, alone: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alone = alone
        """Whether a single number will do."""

    def _deserialize(self, value: Any, attr: str | None, *args: Any, **kwargs: Any) -> Any:
        if self.alone and type(value) in (int, float):
            value = [value]
        if value is True:
            raise fault("The numbers themselves are needed.", f"give {self.wanted}, or false")
        return None if value is False else super()._deserialize(value, attr, *args, **kwargs)

    def json_schema(self, writer: Writer) -> JSONSchema:
        """An array of numbers, an object, or false."""
        if self.alone:
            forms = [*super().json_schema(writer)["oneOf"], {"type": "number"}]
        else:
            numbers = {"type": "array", "items": {"type": "number"}, "minItems": 1}
            forms = [numbers, *self.objects(writer)]
        return {"oneOf": [*forms, {"const": False}]}


class Positions(Strict):
    """``"all"``, or a list of positions; the convolution engine reads the numbers in it."""

    wanted = '"all" or a list of positions such as [[0, 0], [0, 1]]'

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if value != "all" and type(value) is not list:
            self.refuse(value)
        return value

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A word, or an array of arrays of integers."""
        number = {"type": "integer", "minimum": 0}
        position = {"type": "array", "items": number, "minItems": 1, "maxItems": 3}
        positions = {"type": "array", "items": position, "maxItems": 1024}
        return {"oneOf": [{"const": "all"}, positions]}


class TraceRequest(Request):
    """Which outputs are to be explained: the window, the weights, the products, the sum."""

    positions = Positions(
        load_default="all",
        description="Positions in the output, one number per spatial axis: [row, column] in 2-d.",
    )
    channel = WholeNumber(0, load_default=0, description="Which output channel.")
    sample = WholeNumber(0, load_default=0, description="Which input of the batch.")

    @post_load
    def make(self, values: dict[str, Any], **_kwargs: Any) -> Trace:
        """The trace that is asked for."""
        return Trace(**values)


_BIAS: Final = frozenset({"bias", "use_bias"})
_ANOTHER_WAY: Final = _BIAS | {"activation"}
"""What numbers say in another way (a bias is a list of them), and what is not computed."""

_WITH_KERNEL: Final = ("conv", "conv_transpose", "depthwise_conv", "separable_conv")
_WEIGHTED: Final = (*_WITH_KERNEL, "linear", "gemm", "batch_norm")
_JOINS: Final = ("add", "concat", "center_crop_like")
_MORE: Final[dict[str, dict[str, str]]] = {
    "separable_conv": {
        "pointwise_weight": "The second weight, which mixes the channels of each pixel: output "
        "channels, depthwise channels, 1 for each axis; or in the framework's own order.",
        "depthwise_bias": "A number for each depthwise channel, added before they are mixed.",
    },
    "batch_norm": {
        "mean": "The moving mean of each channel; 0 if left out.",
        "variance": "The moving variance of each channel; 1 if left out.",
    },
}
"""Tensors that an operation has besides input, weight and bias."""

TENSORS: Final[dict[str, str]] = {
    "input": "The input, in the order of the layout.",
    "weight": "The filters, in the framework's own order.",
    "bias": "A number for each filter.",
    **{name: about for more in _MORE.values() for name, about in more.items()},
}
"""Every tensor that a request may have, and what it is."""


class ConvolutionReader(LayerReader):
    """Reads a layer and its numbers; what the weight's shape says need not be said again."""

    suffix = "Run"

    def fields(self, family: Family) -> dict[str, Strict]:
        """The members of a request: the layer's parameters without what the weight says."""
        stem, names = stem_of(family.ops[0]), {parameter.name for parameter in family.parameters}
        implied = KERNEL | FILTERS if stem in _WEIGHTED else frozenset()
        return {
            **frame_fields(family),
            "input": PictureTensor(required=True, description=TENSORS["input"]),
            "weight": WeightTensor(
                allow_none=True,
                description=_weight_help(stem),
            ),
            "bias": Bias(
                axes=2 if stem == "gemm" else 1,
                alone=stem == "gemm",
                allow_none=True,
                description="A number for each filter, or false.",
            ),
            **{
                name: Tensor(allow_none=True, description=what)
                for name, what in _MORE.get(stem, {}).items()
            },
            **(
                {
                    "flip_kernel": Flag(
                        load_default=False,
                        description="Turn each kernel around: the convolution of mathematics, "
                        "where frameworks compute a cross-correlation.",
                    )
                }
                if stem in _WITH_KERNEL
                else {}
            ),
            **(
                {
                    "return_indices": Flag(
                        load_default=False, description="Return the place of each maximum too."
                    )
                }
                if stem.endswith("max_pool") and "return_indices" not in names
                else {}
            ),
            "trace": ObjectOf(TraceRequest, allow_none=True),
            "encoding": Choice(
                ("lists", "base64"),
                load_default="lists",
                description="How JSON gives tensors back: nested lists, or {shape, dtype, data}.",
            ),
            **{
                parameter.name: parameter_field(
                    parameter, required=parameter.required and parameter.name not in implied
                )
                for parameter in family.parameters
                if parameter.name not in _ANOTHER_WAY
            },
        }

    def json_schema(self, writer: Writer) -> JSONSchema:
        """One of the schemas of the families that have numbers."""
        known = [family for family in families() if stem_of(family.ops[0]) not in _JOINS]
        return {"oneOf": [writer.schema(self.schema(family)) for family in known]}

    def load(self, data: Any) -> Any:
        """The job that a request describes; raises ValidationError and the engines' errors."""
        _refuse_joins(data)
        framework, values = self.load_values(data)
        values, half = widened(values)
        op, layout = values.pop("op"), values.pop("layout", None)
        numbers, weight = values.pop("input"), values.pop("weight", None)
        bias, trace = values.pop("bias", None), values.pop("trace", None)
        encoding = values.pop("encoding", "lists")
        picture = numbers if isinstance(numbers, Picture) else None
        if picture is not None:
            numbers, layout = place_picture(framework, op, layout, values, picture)
        if isinstance(weight, NamedFilter):
            values, weight = for_each_channel(framework, op, layout, values, numbers.shape, weight)
        stem = stem_of(op)
        others = {name: values.pop(name, None) for name in _MORE.get(stem, {})}
        flipped = values.pop("flip_kernel", False)
        names = {parameter.name for parameter in parameters(framework, op)}
        wanted = "return_indices" in values and "return_indices" not in names
        indices = wanted and values.pop("return_indices")
        if stem in _WEIGHTED and stem != "batch_norm":
            values = complete(framework, op, values, weight, others.get("pointwise_weight"))
            values |= dict.fromkeys(sorted(_BIAS & names)[:1], bias is not None)
        layer = read_layer(framework, op, numbers.shape, values, layout)
        if layer.kind in ("depthwise", "separable"):
            layer = multiplied(layer, values, weight)
        if flipped or indices:
            details = replace(layer.details, flip_kernel=flipped)
            if indices:
                details = replace(details, return_indices=True)
            layer = replace(layer, details=details)
        return Job(layer, numbers, weight, bias, trace, others, encoding, picture, half_notes(half))


def _weight_help(stem: str) -> str:
    if stem == "batch_norm":
        return "The scale of each channel; 1 if left out."
    if stem in ("linear", "gemm"):
        return "The weights, in the framework's own order."
    if stem not in _WEIGHTED:
        return "There is none."
    return (
        "The filters, in the framework's own order: output channels, input channels, kernel (or "
        "kernel first and output channels last; a transposed convolution has the channels the "
        "other way round). The kernel alone will do for one filter on one channel."
    )


def _refuse_joins(data: Any) -> None:
    """Refuse an operation that has more inputs than a request here."""
    if not isinstance(data, dict):
        return
    framework, op = data.get("framework") or DEFAULT_FRAMEWORK, data.get("op")
    if type(framework) is not str or type(op) is not str or op not in _JOINS:
        return
    if family_of(framework, op) is not None:
        raise OperandError(
            "op_not_supported",
            f"{op} joins several inputs, and there is one here.",
            pointer="/op",
            hint="Run it as a layer of a network.",
        )


class ReadPictureSchema(Result):
    """How a picture was read."""

    width = WholeNumber(1, required=True)
    height = WholeNumber(1, required=True)
    channels = Text(8, required=True, description="grey or rgb.")
    values = Text(8, required=True, description="What its numbers are: 0..255 or 0..1.")
    notes = ListOf(Text(200), 8, required=True, description="What was done to it.")


class PictureSchema(ReadPictureSchema):
    """How a picture was read, and how the output is made one again."""

    mapping = Text(200, required=True, description="How numbers become greys in image/png.")


class ConvolutionSchema(Result):
    """The numbers that come out of a layer."""

    op = Text(64, required=True)
    framework = Text(64, required=True)
    layout = Text(
        8, required=True, allow_none=True, description="The letters of the output's axes."
    )
    output_shape = ListOf(WholeNumber(0), 5, required=True)
    output = Anything(
        required=True,
        description="Nested lists of numbers, or {shape, dtype, data} if base64 was asked for.",
    )
    indices = Anything(
        description="Where each maximum was found, if asked for: counted row by row in the "
        "input's own channel; in ONNX over the whole input."
    )
    macs = WholeNumber(0, 10**15, required=True, description="Multiply-accumulates.")
    trace = ListOf(ObjectOf(TracePointSchema), 1024, description="As asked for.")
    picture = ObjectOf(PictureSchema, description="If the input was a picture.")
    warnings = ListOf(ObjectOf(NoteSchema), 8, description="If there is something to say.")
