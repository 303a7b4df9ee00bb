"""``/v1/comparisons``: one layer in every framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.auth import anonymous
from service.api.blueprints.shapes import SHAPE_CODES
from service.api.fields.free import within
from service.api.operation import Answer, Example, Resource
from service.api.schemas.questions_on_layers import ComparisonRequestSchema, ComparisonSchema
from service.shapes import ShapeError
from service.shapes.comparison import Comparison, Outcome, compare

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["comparison_text", "plain_comparison", "resource"]

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


def _outcome(found: Outcome) -> dict[str, Any]:
    problem = found.problem
    return {
        "available": found.available,
        "layout": found.layout,
        "input_shape": _listed(found.input_shape),
        "values": None if found.values is None else dict(found.values),
        "nearest": found.nearest,
        "output_shape": _listed(found.output_shape),
        "padding": None if found.padding is None else [list(pair) for pair in found.padding],
        "params": found.params,
        "code": found.code,
        "problem": None
        if problem is None
        else {"code": problem.code, "detail": problem.detail, "hint": problem.hint},
        "values_shift": found.values_shift,
        "shifts": [shift._asdict() for shift in found.shifts],
        "edit": found.edit,
        "quirks": [quirk._asdict() for quirk in found.quirks],
    }


def _listed(shape: tuple[int, ...] | None) -> list[int] | None:
    return None if shape is None else list(shape)


def plain_comparison(found: Comparison) -> dict[str, Any]:
    """The answer as plain data."""
    return {
        "op": found.op,
        "framework": found.framework,
        "frameworks": {name: _outcome(outcome) for name, outcome in found.outcomes.items()},
        "agree": found.agree,
        "reasons": [reason._asdict() for reason in found.reasons],
        "notes": [note._asdict() for note in found.notes],
        "edit": found.edit,
    }


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
            example=lambda: plain_comparison(
                _compare(ComparisonRequestSchema().load({"layer": _STRIDED}))
            ),
            dump=plain_comparison,
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
