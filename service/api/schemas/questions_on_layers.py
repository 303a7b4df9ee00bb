"""What diagnoses, solutions and comparisons read and answer: requests with a layer in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.fields import (
    Anything,
    Choice,
    Flag,
    ListOf,
    MapOf,
    ObjectOf,
    ResponseValue,
    Sizes,
    Text,
    WholeNumber,
)
from service.api.fields.free import Inner, Values
from service.api.schemas.base import Request, Result
from service.api.schemas.layers import LayerReader, families
from service.shapes import FRAMEWORKS

if TYPE_CHECKING:
    from service.api.fields.base import JSONSchema, Writer

__all__ = [
    "LAYERS",
    "ComparisonRequestSchema",
    "ComparisonSchema",
    "DiagnosisRequestSchema",
    "DiagnosisSchema",
    "SolutionsSchema",
    "SolveRequestSchema",
]

LAYERS: Final = LayerReader()
"""Reads the layers in these requests."""

_FAR: Final = 10**400


class _AnyLayer:
    """The schemas of layers by their names: POST /v1/shapes defines them."""

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """One of the families' schemas."""
        return {"oneOf": [{"$ref": f"#/components/schemas/{family.name}"} for family in families()]}


def _values(data: Any) -> dict[str, Any]:
    framework, values = LAYERS.load_values(data)
    return {**values, "framework": framework}


class DiagnosisRequestSchema(Request):
    """A layer, and what somebody thinks comes out of it."""

    layer = Inner(
        _AnyLayer(), LAYERS.load, required=True, description="As POST /v1/shapes takes it."
    )
    answer = ResponseValue(
        required=True, description="Numbers, or what a learner typed.", example="13x13x20"
    )
    quantity = Text(
        32,
        allow_none=True,
        documented_default="output_shape",
        description="What was asked for: output_shape, params, macs, or an axis such as height.",
    )


class LayerMistakeSchema(Result):
    """A mistake that would have given the answer."""

    code = Text(64, required=True)
    explanation = Text(2000, required=True)
    would_give = Anything(required=True, description="A shape, or a number.")


class DiagnosisSchema(Result):
    """Whether an answer is right, and what may have gone wrong."""

    correct = Flag(required=True)
    answer = Anything(required=True, description="As it was read: a shape, or a number.")
    expected = Anything(required=True, description="What is right.")
    mistakes = ListOf(
        ObjectOf(LayerMistakeSchema), 64, required=True, description="Likeliest first."
    )


class SolveRequestSchema(Request):
    """Two shapes, and what is wanted between them."""

    framework = Choice(
        FRAMEWORKS,
        allow_none=True,
        documented_default=FRAMEWORKS[0],
        description="Whose names, defaults and refusals apply.",
    )
    op = Text(64, required=True, description="What the layer does.", example="conv2d")
    layout = Text(8, allow_none=True, description="The letters of the input's axes.")
    input_shape = Sizes(alone=False, longest=5, required=True, description="Sizes of the input.")
    output_shape = Sizes(
        alone=False, longest=5, required=True, description="Sizes that shall come out."
    )
    wanted = ListOf(
        Text(64),
        8,
        data_key="unknown",
        shortest=1,
        required=True,
        description="The parameters to find, in the framework's names.",
        example=["padding"],
    )
    fixed = Values(
        allow_none=True, description="The parameters that are given, in the framework's names."
    )
    limit = WholeNumber(
        1,
        1000,
        allow_none=True,
        documented_default=100,
        description="The most solutions to list; `count` counts all.",
    )


class NearestSchema(Result):
    """Values that come close, and the shape that they give."""

    values = Values(required=True)
    output_shape = ListOf(WholeNumber(0, _FAR), 5, required=True)


class SolutionsSchema(Result):
    """What leads from one shape to the other."""

    solutions = ListOf(
        Values(), 1000, required=True, description="Commonest first, in the framework's names."
    )
    count = WholeNumber(0, _FAR, required=True, description="How many there are, listed or not.")
    why_none = Text(2000, allow_none=True, required=True, description="Null if there is one.")
    nearest = ListOf(
        ObjectOf(NearestSchema), 64, required=True, description="Where there is none: what is near."
    )


class ComparisonRequestSchema(Request):
    """A layer, and whom to ask about it."""

    layer = Inner(_AnyLayer(), _values, required=True, description="As POST /v1/shapes takes it.")
    frameworks = ListOf(
        Choice(FRAMEWORKS),
        len(FRAMEWORKS),
        shortest=1,
        allow_none=True,
        description="By default all.",
    )


class RefusalSchema(Result):
    """Why a framework does not take the layer."""

    code = Text(64, required=True)
    detail = Text(2000, required=True)
    hint = Text(2000, required=True)


class DifferenceSchema(Result):
    """A named difference."""

    code = Text(64, required=True)
    detail = Text(2000, required=True)


class QuirkSchema(DifferenceSchema):
    """What a program does in spite of its rules."""

    refuses = Flag(required=True)


class ReasonSchema(DifferenceSchema):
    """Why results differ, and between whom."""

    frameworks = ListOf(Choice(FRAMEWORKS), len(FRAMEWORKS), required=True)
    disagrees = Flag(required=True, description="False for a rule that all of them follow.")


class OutcomeSchema(Result):
    """What one framework makes of the layer: a shape, or a problem."""

    available = Flag(required=True, description="Whether it has words for the layer.")
    layout = Text(8, allow_none=True, required=True)
    input_shape = ListOf(WholeNumber(0), 5, allow_none=True, required=True)
    values = Values(
        allow_none=True, required=True, description="The layer in the framework's own words."
    )
    nearest = Text(2000, required=True, description="What had to be said otherwise.")
    output_shape = ListOf(WholeNumber(0, _FAR), 5, allow_none=True, required=True)
    padding = ListOf(ListOf(WholeNumber(-_FAR, _FAR), 2), 3, allow_none=True, required=True)
    params = WholeNumber(0, _FAR, allow_none=True, required=True)
    code = Text(10_000, lines=True, allow_none=True, required=True)
    problem = ObjectOf(RefusalSchema, allow_none=True, required=True)
    values_shift = Flag(required=True, description="Whether numbers differ at equal shape.")
    shifts = ListOf(ObjectOf(DifferenceSchema), 16, required=True)
    edit = Text(2000, allow_none=True, required=True, description="What makes them agree.")
    quirks = ListOf(ObjectOf(QuirkSchema), 16, required=True)


class ComparisonSchema(Result):
    """One layer in several frameworks."""

    op = Text(64, required=True)
    framework = Choice(FRAMEWORKS, required=True, description="That of the request.")
    frameworks = MapOf(ObjectOf(OutcomeSchema), required=True, description="Each one's outcome.")
    agree = Flag(required=True, description="Whether shapes and numbers are the same everywhere.")
    reasons = ListOf(ObjectOf(ReasonSchema), 64, required=True)
    notes = ListOf(ObjectOf(ReasonSchema), 64, required=True)
    edit = Text(4000, allow_none=True, required=True, description="All changes together.")
