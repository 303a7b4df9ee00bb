"""``/v1/diagnoses``: which mistake may have given an answer about a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.auth import anonymous
from service.api.blueprints.shapes import SHAPE_CODES
from service.api.operation import Answer, Example, Resource
from service.api.problems import Fault, Problem
from service.api.schemas.questions_on_layers import (
    DiagnosisRequestSchema,
    DiagnosisSchema,
)
from service.quiz.errors import UnreadableResponseError
from service.quiz.reading import read_integer, read_shape
from service.shapes import infer
from service.shapes.mistakes import OUTPUT_SHAPE, Diagnosis, diagnosis, expected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.shapes import Inference

__all__ = ["resource"]

resource = Resource(
    "diagnoses",
    tag="Diagnoses",
    about="Answers of learners about a layer: right or wrong, and which mistake gives that number.",
)

_LAYER: Final = {
    "op": "conv2d",
    "input_shape": [32, 32, 3],
    "kernel_size": 8,
    "stride": 2,
    "padding": 1,
    "filters": 20,
}


def _diagnose(body: Mapping[str, Any]) -> Diagnosis:
    inference = infer(body["layer"])
    quantity = body.get("quantity") or OUTPUT_SHAPE
    right = expected(inference, quantity)
    try:
        if isinstance(right, int):
            answer: int | tuple[int, ...] = read_integer(body["answer"])
        else:
            answer = read_shape(body["answer"], _letters(inference))
    except UnreadableResponseError as error:
        raise Problem(
            "unreadable_response",
            error.detail,
            faults=[Fault("/answer", error.detail, error.hint)],
            extra={"reason": error.reason},
        ) from None
    return diagnosis(inference, answer, quantity)


def _letters(inference: Inference) -> str:
    """The axes of the output, as a learner may name them."""
    return inference.output_layout or inference.layer.layout[: len(inference.output_shape)]


def _text(found: Diagnosis) -> str:
    right = _written(found.expected)
    if found.correct:
        return f"Right: {right}"
    lines = [f"{_written(found.answer)} is not right; it is {right}."]
    lines += [f"{mistake.code}: {mistake.explanation}" for mistake in found.mistakes]
    return "\n".join(lines)


def _written(value: int | tuple[int, ...]) -> str:
    return str(value) if isinstance(value, int) else "×".join(map(str, value))


def _plain(found: Diagnosis) -> dict[str, Any]:
    return {**found._asdict(), "mistakes": [mistake._asdict() for mistake in found.mistakes]}


@resource.post(
    "/v1/diagnoses",
    id="diagnoseAnswer",
    summary="What went wrong in an answer",
    access=anonymous("compute"),
    request=DiagnosisRequestSchema(),
    answers={
        200: Answer(
            "Whether it is right, and the mistakes that would give it.",
            DiagnosisSchema(),
            example=lambda: _plain(
                _diagnose(DiagnosisRequestSchema().load({"layer": _LAYER, "answer": "13x13x20"}))
            ),
            dump=_plain,
            text=_text,
        )
    },
    errors=("unreadable_response", "unknown_quantity", "len", *SHAPE_CODES),
    pure=True,
    examples=(
        Example("A forgotten padding", body={"layer": _LAYER, "answer": "13x13x20"}),
        Example("The right height", body={"layer": _LAYER, "answer": 14, "quantity": "height"}),
        Example(
            "Parameters without the biases",
            body={"layer": _LAYER, "answer": "3840", "quantity": "params"},
        ),
        Example(
            "A word",
            body={"layer": _LAYER, "answer": "smaller"},
            status=422,
            code="unreadable_response",
        ),
    ),
)
def diagnose_answer(body: Mapping[str, Any]) -> Diagnosis:
    """Judge an answer about a layer, and name the mistakes that would give it, likeliest first.

    `answer` is numbers or text as people type it: `13x13x20`, `[13, 13, 20]`, `h=13 w=13 c=20`.
    What can't be read is 422 `unreadable_response` with a `reason`, which is not the same as wrong.
    """
    return _diagnose(body)
