"""Where frameworks accept what they are said to refuse, in their own answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.shapes import infer, read_layer

ORACLE = Path(__file__).parents[1] / "oracle"
LINES = [
    (framework, json.loads(line))
    for framework, name in (("keras", "keras_depthwise.jsonl"), ("onnx", "onnx_pools.jsonl"))
    for line in (ORACLE / name).read_text("utf-8").splitlines()
]


@pytest.mark.parametrize(
    ("framework", "line"), LINES, ids=lambda value: value if isinstance(value, str) else value["op"]
)
def test_the_answer_is_the_frameworks_own(framework: str, line: dict[str, Any]) -> None:
    found = infer(read_layer(framework, line["op"], line["input_shape"], line["params"]))
    assert list(found.output_shape) == line["expected"]["output_shape"]
    assert found.params == line["expected"]["params"]
