"""Keras' and TensorFlow's own answers: shape, parameters, or the reason of the refusal."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.shapes import ShapeError, infer, layouts, operations, read_layer

LINES = [
    line
    for line in map(
        json.loads,
        (Path(__file__).parents[1] / "oracle" / "shapes.jsonl").read_text("utf-8").splitlines(),
    )
    if line["framework"].startswith(("keras", "tensorflow"))
]
EMPTY = "output_would_be_zero_or_negative"


def framework(line: dict[str, Any]) -> str:
    """The framework without its backend."""
    name: str = line["framework"].partition("[")[0]
    return name


def answer(line: dict[str, Any], layout: str | None) -> dict[str, object]:
    """Answer a line as the oracle does."""
    values = {name: value for name, value in line["params"].items() if name != "api"}
    try:
        layer = read_layer(framework(line), line["op"], line["input_shape"], values, layout)
    except ShapeError as error:
        return {"error_class": error.code}
    inference = infer(layer)
    return {"output_shape": list(inference.output_shape), "params": inference.params}


def expected(line: dict[str, Any]) -> dict[str, object]:
    """What is to be answered: what the layer's own rule says where a backend has an accident.

    oneDNN cannot make some transposed convolutions whose size Keras itself works out, and on JAX
    a pool larger than its input has size 0 where Keras itself and its other backends refuse it.
    """
    given: dict[str, object] = line["expected"]
    by_rule: dict[str, object] = line.get("compute_output_shape", {})
    if given.get("error_class") == "engine_error" or by_rule.get("error_class") == EMPTY:
        given = by_rule
    wanted = ("output_shape", "params", "error_class")
    return {name: given[name] for name in wanted if name in given}


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
    values = {name: value for name, value in line["params"].items() if name != "api"}
    with pytest.raises(ShapeError) as caught:
        read_layer(framework(line), line["op"], line["input_shape"], values, line["layout"])
    assert caught.value.detail.endswith(".")
    assert caught.value.hint
    name, *index = caught.value.pointer[1:].split("/")
    given = {**values, "input_shape": line["input_shape"]}[name]
    assert not index or isinstance(given[int(index[0])], int)


def test_there_are_lines_for_most_operations() -> None:
    asked = {(framework(line), line["op"]) for line in LINES}
    missing = {
        op for op in operations("keras") if op[-2:-1].isdigit() and ("keras", op) not in asked
    }
    assert {op[:-2] for op in missing} == {
        "adaptive_avg_pool",
        "adaptive_max_pool",
        "batch_norm",
        "global_avg_pool",
        "global_max_pool",
    }
    assert len(LINES) == 493


@pytest.mark.parametrize("name", ["keras", "tensorflow"])
def test_layouts_have_a_channel_axis(name: str) -> None:
    for op in operations(name):
        assert all("C" in letters for letters in layouts(name, op))
