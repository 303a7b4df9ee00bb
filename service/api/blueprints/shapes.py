"""``/v1/shapes``: what a layer makes of the sizes of its input."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from flask import g
from marshmallow import ValidationError

from service.api.auth import anonymous
from service.api.codes import layers
from service.api.codes import operations as further
from service.api.conditional import fixed
from service.api.fields import Text
from service.api.operation import Answer, Example, Resource
from service.api.problems import Problem, as_problem, problem_body
from service.api.schemas.batches import BatchReader
from service.api.schemas.layers import (
    DEFAULT_FRAMEWORK,
    Family,
    NamedLayer,
    ShapeReader,
    families,
    family_of,
    values_of_texts,
)
from service.api.schemas.query import LayerQuery
from service.api.schemas.shapes import BatchSchema, OperationsSchema, ShapeSchema
from service.shapes import (
    FRAMEWORKS,
    Inference,
    Layer,
    MisfitError,
    ShapeError,
    describe,
    infer,
    operations,
    summary,
)
from service.shapes.symbolic.report import describe_named, named_summary
from service.shapes.symbolic.run import MOST_AT_ONCE, has_names

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SHAPE_CODES", "body_of_address", "resource"]

resource = Resource(
    "shapes",
    tag="Shapes",
    about="What a layer makes of the sizes of its input: output shape, how it comes about, "
    "parameters and multiply-accumulates. Pure arithmetic: the same request, the same answer.",
)

_READER: Final = ShapeReader()
_CACHE: Final = fixed(3600)

_AREAS: Final = ("Layers: further values", "Layers: values together")

SHAPE_CODES: Final = (
    *(code for codes in layers.TABLE.values() for code in codes),
    *(code for area in _AREAS for code in further.TABLE[area]),
    "wrong_number_of_inputs",
)
"""All that reading a layer can end in."""

_CONV: Final = {
    "op": "conv2d",
    "input_shape": [32, 32, 3],
    "kernel_size": 8,
    "stride": 2,
    "padding": 1,
    "filters": 20,
}
_POOL: Final = {
    "framework": "pytorch",
    "op": "max_pool2d",
    "input_shape": [1, 64, 112, 112],
    "kernel_size": 3,
    "stride": 2,
    "padding": 1,
}


_NAMED: Final = {
    "framework": "pytorch",
    "op": "conv2d",
    "input_shape": ["N", 3, "H", "W"],
    "out_channels": 64,
    "kernel_size": 7,
    "stride": 2,
    "padding": 3,
}

_Found = Inference | dict[str, Any]


def _found(layer: Layer | NamedLayer) -> _Found:
    """What the engine finds out; the answer itself where sizes have names."""
    return describe_named(*layer) if isinstance(layer, NamedLayer) else infer(layer)


def _described(found: _Found) -> dict[str, Any]:
    return found if isinstance(found, dict) else describe(found)


def _summary(found: _Found) -> str:
    return named_summary(found) if isinstance(found, dict) else summary(found)


def _example() -> object:
    return describe(infer(_READER.load(_CONV)))


_SHAPE: Final = Answer(
    "The shape, and how it comes about.",
    ShapeSchema(),
    example=_example,
    dump=_described,
    text=_summary,
)


@resource.post(
    "/v1/shapes",
    id="computeShape",
    summary="The output shape of a layer",
    access=anonymous("compute"),
    request=_READER,
    answers={200: _SHAPE},
    errors=SHAPE_CODES,
    pure=True,
    examples=(
        Example("Twenty filters 8 by 8, stride 2, padding 1", body=_CONV),
        Example("The first pool of ResNet, in PyTorch's words", body=_POOL),
        Example(
            "Same padding on a grey 28×28",
            body={"op": "conv2d", "input_shape": [28, 28], "kernel_size": 3, "padding": "same"},
        ),
        Example("Names as sizes", body=_NAMED),
        Example(
            "A size that is neither a number nor a name",
            body={"op": "conv2d", "input_shape": ["H/2", "W"], "kernel_size": 3},
            status=422,
            code="bad_size_name",
        ),
        Example(
            "A stride that no layer can have",
            body={"op": "conv1d", "input_shape": [10, 1], "kernel_size": 3, "stride": -1},
            status=422,
            code="stride_not_positive",
        ),
        Example(
            "A misspelt parameter",
            body={"op": "conv2d", "input_shape": [28, 28], "kernel_size": 3, "strid": 2},
            status=422,
            code="validation_failed",
        ),
    ),
)
def compute_shape(body: Layer | NamedLayer) -> _Found:
    """Compute what a layer makes of its input.

    `framework` chooses the names, defaults and refusals; `textbook`, the default, takes the names
    of PyTorch and of textbooks, every padding with every stride, and is channels last (28×28×3).
    A size may be a name (`"H"`): shape and counts are then formulas in the names, `conditions` says
    for which sizes they hold, and members that need numbers are left out.
    """
    return _found(body)


def _answer_of(item: object, request_id: str) -> dict[str, Any]:
    """What one item of a batch is answered, whatever the others are."""
    try:
        return {"status": 200, "shape": _described(_found(_READER.load(item)))}
    except (ValidationError, ShapeError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        body = problem_body(problem, request_id)
        return {"status": body["status"], "problem": body}


def _check_names(items: list[Any]) -> None:
    """Refuse a batch in which too many layers have names as sizes; raises MisfitError."""
    named = [
        at
        for at, item in enumerate(items)
        if type(item) is dict and has_names(item.get("input_shape"))
    ]
    if len(named) > MOST_AT_ONCE:
        raise MisfitError(
            "name_needs_number",
            f"{len(named):,} layers of the batch have names as sizes.",
            pointer=f"/items/{named[MOST_AT_ONCE]}/input_shape",
            hint=f"at most {MOST_AT_ONCE} in one request; give numbers or send several",
        )


_BATCH: Final = {"items": [_POOL, {"op": "conv1d", "input_shape": [10, 1], "kernel_size": 0}]}


@resource.post(
    "/v1/shapes/batch",
    id="computeShapes",
    summary="Many layers at once",
    access=anonymous("compute"),
    request=BatchReader(10_000, "A layer, as POST /v1/shapes takes it."),
    answers={
        200: Answer(
            "An answer for each item, in their order.",
            BatchSchema(),
            example=lambda: {"items": [_answer_of(_BATCH["items"][0], "4f1c2a9be07d6358")]},
            dump=lambda plain: plain,
        )
    },
    errors=("name_needs_number",),
    pure=True,
    examples=(
        Example("A pool, and a convolution that no one can have", body=_BATCH),
        Example("Nothing", body={"items": []}, status=422, code="validation_failed"),
    ),
)
def compute_shapes(body: list[Any]) -> dict[str, Any]:
    """Compute up to 10,000 layers, each on its own: a bad one is answered with its problem.

    Up to 100 of them may have names as sizes.
    `status`, `shape` and `problem` of an item are what `POST /v1/shapes` answers for it alone.
    """
    request_id = g.get("request_id", "-")
    _check_names(body)
    return {"items": [_answer_of(item, request_id) for item in body]}


def body_of_address(op: str, query: Mapping[str, str]) -> dict[str, Any]:
    """The body that asks the same as an address; ``not_found`` if there is no such operation."""
    framework = query.get("framework", DEFAULT_FRAMEWORK)
    family = family_of(framework, op)
    if family is None and framework in FRAMEWORKS:
        near = get_close_matches(op, operations(framework), n=1)
        hint = f" Did you mean {near[0]}?" if near else " GET /v1/shapes lists them."
        raise Problem("not_found", f"{framework} has no operation {op}.{hint}")
    values = values_of_texts(family, query) if family else dict(query)
    return {**values, "op": op}


@resource.get(
    "/v1/shapes/{op}",
    id="getShape",
    summary="The same, by its address",
    access=anonymous("compute"),
    path={"op": Text(64, description="What the layer does.", example="conv2d")},
    query=LayerQuery(),
    answers={200: _SHAPE},
    errors=("not_found", *SHAPE_CODES),
    cache=_CACHE,
    examples=(
        Example(
            "Twenty filters 8 by 8, stride 2, padding 1",
            path={"op": "conv2d"},
            query={
                "input_shape": "32x32x3",
                "kernel_size": "8",
                "stride": "2",
                "padding": "1",
                "filters": "20",
            },
        ),
        Example(
            "As text",
            path={"op": "avg_pool1d"},
            query={"input_shape": "10x4", "kernel_size": "2", "format": "text"},
        ),
        Example(
            "An operation that isn't there",
            path={"op": "conv4d"},
            query={"input_shape": "28x28"},
            status=404,
            code="not_found",
        ),
    ),
)
def get_shape(op: str, query: Mapping[str, str]) -> _Found:
    """Compute a shape from an address, so that it can be linked, cached and typed.

    Sizes are written `3` or `3x3`, padding also `same` or, before:after, `0:1x0:1`.
    """
    return _found(_READER.load(body_of_address(op, query)))


def _operation(family: Family) -> dict[str, Any]:
    return {
        "framework": family.framework,
        "ops": family.ops,
        "layouts": family.layouts,
        "parameters": [
            {
                "name": parameter.name,
                "kind": parameter.kind,
                "required": parameter.required,
                "default": None if parameter.required else parameter.default,
                "choices": parameter.choices,
                "alias_of": parameter.alias_of,
                "help": parameter.help,
            }
            for parameter in family.parameters
        ],
    }


def _operations_text(value: Mapping[str, Any]) -> str:
    lines = []
    for item in value["items"]:
        names = ", ".join(
            parameter["name"] + ("*" if parameter["required"] else "")
            for parameter in item["parameters"]
        )
        lines.append(f"{item['framework']} {' '.join(item['ops'])}: {names}")
    return "\n".join([*lines, "(* required)"])


def _all_operations() -> dict[str, Any]:
    return {"items": [_operation(family) for family in families()]}


@resource.get(
    "/v1/shapes",
    id="listOperations",
    summary="What can be computed",
    access=anonymous("compute"),
    answers={
        200: Answer(
            "Every operation of every framework, with its parameters.",
            OperationsSchema(),
            example=lambda: {"items": _all_operations()["items"][:1]},
            text=_operations_text,
        )
    },
    cache=_CACHE,
    examples=(Example("Everything there is"),),
)
def list_operations() -> dict[str, Any]:
    """List the operations of each framework, and the parameters that they take."""
    return _all_operations()
