"""JAX's, flax's and ONNX's own answers: shape, parameters, or the reason of the refusal."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.shapes import ShapeError, infer, layouts, operations, read_layer

FRAMEWORKS = {"jax": "jax", "flax": "flax", "onnxruntime": "onnx"}
LINES = [
    line
    for line in map(
        json.loads,
        (Path(__file__).parents[1] / "oracle" / "shapes.jsonl").read_text("utf-8").splitlines(),
    )
    if line["framework"] in FRAMEWORKS
]


def expected(line: dict[str, Any]) -> dict[str, object]:
    """What is to be answered: ONNX's own inference where onnxruntime lacks or miscounts it."""
    given = line["onnx_shape_inference"] if "engine_note" in line else line["expected"]
    wanted = ("output_shape", "params", "error_class")
    return {name: given[name] for name in wanted if name in given}


def answer(line: dict[str, Any], layout: str | None) -> dict[str, object]:
    """Answer a line as the oracle does."""
    framework = FRAMEWORKS[line["framework"]]
    try:
        layer = read_layer(framework, line["op"], line["input_shape"], line["params"], layout)
    except ShapeError as error:
        return {"error_class": error.code}
    inference = infer(layer)
    return {"output_shape": list(inference.output_shape), "params": inference.params}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["id"])
def test_the_answer_is_the_frameworks_own(line: dict[str, Any]) -> None:
    found = answer(line, line["layout"])
    wanted = expected(line)
    assert {name: found.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["id"])
def test_the_layout_is_inferred_as_well(line: dict[str, Any]) -> None:
    assert answer(line, None) == answer(line, line["layout"])


REFUSED = [line for line in LINES if "error_class" in expected(line)]


@pytest.mark.parametrize("line", REFUSED, ids=lambda line: line["id"])
def test_every_refusal_says_what_where_and_what_would_be_right(line: dict[str, Any]) -> None:
    framework = FRAMEWORKS[line["framework"]]
    with pytest.raises(ShapeError) as caught:
        read_layer(framework, line["op"], line["input_shape"], line["params"], line["layout"])
    assert caught.value.detail.endswith(".")
    assert caught.value.hint
    name, *index = caught.value.pointer[1:].split("/")
    given = {**line["params"], "input_shape": line["input_shape"]}[name]
    assert not index or isinstance(given[int(index[0])], int)


def test_there_are_lines_of_every_framework() -> None:
    asked = {(FRAMEWORKS[line["framework"]], line["op"]) for line in LINES}
    assert all(op in operations(framework) for framework, op in asked)
    assert {framework for framework, _ in asked} == set(FRAMEWORKS.values())
    assert (len(LINES), len(REFUSED)) == (316, 35)


@pytest.mark.parametrize("framework", FRAMEWORKS.values())
def test_layouts_have_a_channel_axis(framework: str) -> None:
    for op in operations(framework):
        assert all("C" in letters for letters in layouts(framework, op))
