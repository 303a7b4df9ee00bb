"""The frameworks' own numbers, through the layer as they write it, in their dtype."""

import json
from pathlib import Path

import numpy as np
import pytest

from service.convolution import check_budget, run, trace
from service.shapes import read_layer

ORACLE = Path(__file__).parents[1] / "oracle" / "convolutions.jsonl"
LINES = [json.loads(line) for line in ORACLE.read_text("utf-8").splitlines()]
FRAMEWORKS = {"torch": "pytorch", "onnxruntime": "onnx"}


def test_the_sample_is_whole():
    assert len(LINES) == 176
    assert len({line["op"] for line in LINES}) == 18


@pytest.mark.parametrize("line", LINES, ids=[line["id"] for line in LINES])
def test_equal_to_the_framework(line):
    dtype = line["dtype"]
    data = np.array(line["input"], dtype=dtype)
    weight = np.array(line["weight"], dtype=dtype) if "weight" in line else None
    bias = np.array(line["bias"], dtype=dtype) if "bias" in line else None
    framework = FRAMEWORKS[line["framework"]]
    layer = read_layer(framework, line["op"], data.shape, line["params"], line["layout"])
    expected = np.array(line["expected"]["output"], dtype=dtype)
    check_budget(layer)
    output = run(layer, data, weight, bias)
    assert list(output.shape) == line["expected"]["output_shape"]
    assert output.dtype == dtype
    if line["expected"]["exact"]:
        assert np.array_equal(output, expected)
    else:
        assert np.allclose(output, expected, rtol=1e-5, atol=1e-6)
    for channel in range(expected.shape[1]):
        points = trace(layer, data, weight, bias, channel=channel, sample=data.shape[0] - 1)
        assert [point.result for point in points] == output[-1, channel].ravel().tolist()
