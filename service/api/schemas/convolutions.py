"""What the convolutions resource takes and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from marshmallow import post_load

from service.api.fields import (
    Anything,
    ListOf,
    ObjectOf,
    Strict,
    Tensor,
    Text,
    WholeNumber,
    fault,
)
from service.api.schemas.base import Request, Result
from service.api.schemas.layers import (
    DEFAULT_FRAMEWORK,
    Family,
    LayerReader,
    families,
    family_of,
    frame_fields,
    parameter_field,
)
from service.convolution import NUMERIC_KINDS, OperandError, read_weight_shape
from service.shapes import Layer, parameters, read_layer

if TYPE_CHECKING:
    import numpy as np

    from service.api.fields.base import JSONSchema, Writer

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["ConvolutionReader", "ConvolutionSchema", "Job", "Trace"]


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


class Bias(Tensor):
    """A list of numbers; false is none, as the flag of a layer says it."""

    wanted = "a list of numbers, one for each filter"

    def _deserialize(self, value: Any, attr: str | None, *args: Any, **kwargs: Any) -> Any:
        if value is True:
            raise fault("The numbers themselves are needed.", f"give {self.wanted}, or false")
        return None if value is False else super()._deserialize(value, attr, *args, **kwargs)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An array of numbers, or false."""
        numbers = {"type": "array", "items": {"type": "number"}, "minItems": 1}
        return {"oneOf": [numbers, {"const": False}]}


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


_KERNEL: Final = frozenset({"kernel_size", "kernel_shape"})
_FILTERS: Final = frozenset({"out_channels", "filters", "features"})
_BIAS: Final = frozenset({"bias", "use_bias"})
_ANOTHER_WAY: Final = _BIAS | {"activation"}
"""What numbers say in another way (a bias is a list of them), and what is not computed."""


class ConvolutionReader(LayerReader):
    """Reads a layer and its numbers; what the weight's shape says need not be said again."""

    suffix = "Run"

    def fields(self, family: Family) -> dict[str, Strict]:
        """The members of a request: the layer's parameters without what the weight says."""
        implied = _KERNEL | _FILTERS if _has_weight(family) else frozenset()
        return {
            **frame_fields(family),
            "input": Tensor(required=True, description="The input, in the order of the layout."),
            "weight": Tensor(
                allow_none=True,
                description="The filters, in the framework's own order: output channels, input "
                "channels, kernel. The kernel alone will do for one filter on one channel."
                if _has_weight(family)
                else "A pool has none.",
            ),
            "bias": Bias(
                axes=1,
                allow_none=True,
                description="A number for each filter, or false.",
            ),
            "trace": ObjectOf(TraceRequest, allow_none=True),
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
        known = [family for family in families() if _has_numbers(family.ops[0])]
        return {"oneOf": [writer.schema(self.schema(family)) for family in known]}

    def load(self, data: Any) -> Any:
        """The job that a request describes; raises ValidationError and the engines' errors."""
        _refuse_op(data)
        framework, values = self.load_values(data)
        op, layout = values.pop("op"), values.pop("layout", None)
        numbers, weight = values.pop("input"), values.pop("weight", None)
        bias, trace = values.pop("bias", None), values.pop("trace", None)
        family = family_of(framework, op)
        if family is not None and _has_weight(family):
            values = _complete(framework, op, values, weight)
            names = {parameter.name for parameter in family.parameters}
            values |= dict.fromkeys(sorted(_BIAS & names)[:1], bias is not None)
        layer = read_layer(framework, op, numbers.shape, values, layout)
        return Job(layer, numbers, weight, bias, trace)


def _has_numbers(op: str) -> bool:
    return op[:-2] in NUMERIC_KINDS


def _has_weight(family: Family) -> bool:
    return family.ops[0].startswith("conv")


def _refuse_op(data: Any) -> None:
    """Refuse an operation that is there, but has a shape alone."""
    if not isinstance(data, dict):
        return
    framework, op = data.get("framework") or DEFAULT_FRAMEWORK, data.get("op")
    if type(framework) is not str or type(op) is not str or _has_numbers(op):
        return
    if family_of(framework, op) is not None:
        raise OperandError(
            "op_not_supported",
            f"{op} has a shape here, but no numbers yet.",
            pointer="/op",
            hint=f"Numbers are computed for: {', '.join(NUMERIC_KINDS)}, each with 1d, 2d or 3d.",
        )


def _complete(
    framework: str, op: str, values: dict[str, Any], weight: Array | None
) -> dict[str, Any]:
    """The parameters, with what the shape of the weight says put in where it was left out."""
    given = {name: value for name, value in values.items() if value is not None}
    names = {parameter.name for parameter in parameters(framework, op)}
    kernel = next(name for name in sorted(_KERNEL) if name in names)
    if weight is None:
        if kernel not in given:
            raise OperandError(
                "weight_missing",
                f"{op} needs a weight.",
                pointer="/weight",
                hint="Give the numbers of the filters.",
            )
        return given
    sizes = read_weight_shape(framework, int(op[-2]), weight.shape)
    given.setdefault(kernel, list(sizes.kernel_size))
    if not _FILTERS & given.keys():
        filters = sizes.out_channels
        if filters is None and framework != "textbook":
            filters = 1
        if filters is not None:
            given[min(_FILTERS & names, key=_by_preference)] = filters
    return given


def _by_preference(name: str) -> bool:
    """Out channels before filters, where both are words for the same."""
    return name != "out_channels"


class TracePointSchema(Result):
    """One output: where its window stands, what it holds, what comes of it."""

    position = ListOf(WholeNumber(0), 3, required=True)
    channel = WholeNumber(0, required=True)
    corner = ListOf(
        WholeNumber(), 3, required=True, description="The window's first cell; < 0 in the padding."
    )
    window = Anything(required=True, description="By input channel; a pool has one.")
    result = Anything(required=True, description="The output.")
    input_channels = ListOf(WholeNumber(0), 100_000, description="Those that this filter sees.")
    weights = Anything(description="As the window.")
    products = Anything(description="Window × weights, cell by cell.")
    channel_sums = Anything(description="The products of each input channel, added up.")
    sum = Anything(description="All products added up; for a mean, what is divided.")
    bias = Anything(description="What is added to the sum.")
    maximum_at = ListOf(WholeNumber(0), 3, allow_none=True, description="The input cell it is in.")
    divisor = WholeNumber(allow_none=True, description="What the sum is divided by.")


class ConvolutionSchema(Result):
    """The numbers that come out of a layer."""

    op = Text(64, required=True)
    framework = Text(64, required=True)
    layout = Text(8, required=True, description="The letters of the output's axes.")
    output_shape = ListOf(WholeNumber(0), 5, required=True)
    output = Anything(required=True, description="Nested lists of numbers.")
    macs = WholeNumber(0, 10**15, required=True, description="Multiply-accumulates.")
    trace = ListOf(ObjectOf(TracePointSchema), 1024, description="As asked for.")
