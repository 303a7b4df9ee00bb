"""``/v1/solve``: which parameters lead from one shape to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.auth import anonymous
from service.api.blueprints.shapes import SHAPE_CODES
from service.api.operation import Answer, Example, Resource
from service.api.schemas.questions_on_layers import SolutionsSchema, SolveRequestSchema
from service.shapes.solver import Solutions, solve

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["resource"]

resource = Resource(
    "solutions",
    tag="Solutions",
    about="Backwards: the kernel size, stride, padding or dilation that make one shape of another.",
)

_SAME: Final = {
    "op": "conv2d",
    "input_shape": [32, 32, 3],
    "output_shape": [32, 32, 16],
    "unknown": ["padding"],
    "fixed": {"kernel_size": 5},
}
_NONE: Final = {
    "op": "max_pool2d",
    "input_shape": [28, 28, 8],
    "output_shape": [9, 9, 8],
    "unknown": ["stride"],
    "fixed": {"kernel_size": 2},
}


def _solve(body: Mapping[str, Any]) -> Solutions:
    return solve(
        body["op"],
        body["input_shape"],
        body["output_shape"],
        body["wanted"],
        body.get("fixed") or {},
        body.get("framework") or "textbook",
        body.get("layout"),
        limit=body.get("limit") or 100,
    )


def _plain(found: Solutions) -> dict[str, Any]:
    return {
        "solutions": list(found.solutions),
        "count": found.count,
        "why_none": found.why_none,
        "nearest": [
            {"values": one.values, "output_shape": list(one.output_shape)} for one in found.nearest
        ],
    }


def _text(found: Solutions) -> str:
    if found.count == 0:
        near = [
            f"near: {_values(one.values)} gives {'×'.join(map(str, one.output_shape))}"
            for one in found.nearest
        ]
        return "\n".join([f"No solution: {found.why_none}", *near])
    lines = [_values(one) for one in found.solutions]
    more = found.count - len(lines)
    return "\n".join([*lines, f"(and {more:,} more)"] if more else lines)


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


@resource.post(
    "/v1/solve",
    id="solveShape",
    summary="Parameters that lead from one shape to another",
    access=anonymous("compute"),
    request=SolveRequestSchema(),
    answers={
        200: Answer(
            "All that does it, commonest first, or why nothing does.",
            SolutionsSchema(),
            example=lambda: _plain(_solve(SolveRequestSchema().load(_SAME))),
            dump=_plain,
            text=_text,
        )
    },
    errors=("not_solvable", "output_rank_or_size", *SHAPE_CODES),
    pure=True,
    examples=(
        Example("The padding that keeps the size", body=_SAME),
        Example(
            "Everything that halves it, in PyTorch's words",
            body={
                "framework": "pytorch",
                "op": "conv2d",
                "input_shape": [1, 3, 224, 224],
                "output_shape": [1, 64, 112, 112],
                "unknown": ["kernel_size", "stride", "padding"],
                "limit": 3,
            },
        ),
        Example("Nothing does it", body=_NONE),
        Example(
            "An operation without a window",
            body={**_NONE, "op": "relu", "fixed": {}},
            status=422,
            code="not_solvable",
        ),
    ),
)
def solve_shape(body: Mapping[str, Any]) -> Solutions:
    """Find the values of `unknown` parameters that make `output_shape` of `input_shape`.

    What is neither fixed nor unknown has its default; the number of filters follows from the
    shapes. If nothing does it, `why_none` says why and `nearest` what comes close.
    """
    return _solve(body)
