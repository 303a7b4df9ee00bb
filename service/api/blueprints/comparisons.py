"""``/v1/comparisons``: one layer in every framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.auth import anonymous
from service.api.blueprints.shapes import SHAPE_CODES
from service.api.fields.free import within
from service.api.operation import Answer, Example, Resource
from service.api.schemas.questions_on_layers import ComparisonRequestSchema, ComparisonSchema
from service.shapes import ShapeError
from service.shapes.comparison import Comparison, compare, describe_comparison

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["comparison_text", "resource"]

resource = Resource(
    "comparisons",
    tag="Comparisons",
    about="One layer in the words of every framework: who gives which shape, who refuses, whose "
    "numbers differ though the shape is the same, and what to change so that all agree.",
)

_STRIDED: Final = {
    "framework": "pytorch",
    "op": "conv2d",
    "input_shape": [1, 3, 224, 224],
    "out_channels": 64,
    "kernel_size": 7,
    "stride": 2,
    "padding": 3,
}


def _compare(body: Mapping[str, Any]) -> Comparison:
    try:
        return compare(body["layer"], body.get("frameworks"))
    except ShapeError as error:
        raise within("/layer", error) from None


def comparison_text(found: Comparison) -> str:
    """The answer in a line for each framework and each reason."""
    lines = ["All agree." if found.agree else "They do not agree."]
    for name, outcome in found.outcomes.items():
        if outcome.output_shape is None:
            said = outcome.problem.detail if outcome.problem else ""
            lines.append(f"{name}: {'refused' if outcome.available else 'not there'}: {said}")
        else:
            shape = "×".join(map(str, outcome.output_shape))
            other = ", other numbers" if outcome.values_shift else ""
            lines.append(f"{name}: {shape} ({outcome.layout}){other}")
    lines += [f"{reason.code}: {reason.detail}" for reason in found.reasons]
    return "\n".join([*lines, f"To agree: {found.edit}"] if found.edit else lines)


@resource.post(
    "/v1/comparisons",
    id="compareFrameworks",
    summary="One layer in every framework",
    access=anonymous("compute"),
    request=ComparisonRequestSchema(),
    answers={
        200: Answer(
            "What each framework makes of it, whether they agree, and why not.",
            ComparisonSchema(),
            example=lambda: describe_comparison(
                _compare(ComparisonRequestSchema().load({"layer": _STRIDED}))
            ),
            dump=describe_comparison,
            text=comparison_text,
        )
    },
    errors=("not_comparable", "not_in_framework", *SHAPE_CODES),
    pure=True,
    examples=(
        Example("The first convolution of ResNet", body={"layer": _STRIDED}),
        Example(
            "Between two of them",
            body={"layer": _STRIDED, "frameworks": ["pytorch", "onnx"]},
        ),
        Example(
            "A framework that isn't there",
            body={"layer": _STRIDED, "frameworks": ["caffe"]},
            status=422,
            code="validation_failed",
        ),
    ),
)
def compare_frameworks(body: Mapping[str, Any]) -> Comparison:
    """Write a layer in every framework's words, or the nearest that it has, and compare.

    `agree` is true if all give the same shape and the same numbers. `values_shift` marks numbers
    that differ at equal shape (padding split otherwise), `edit` says what to change.
    """
    return _compare(body)
