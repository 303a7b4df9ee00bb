"""Sweeps over HTTP: each row is what the same layer is answered by itself."""

import base64
import json
import random
from typing import Any

import numpy as np
import pytest

from contract_client import ContractClient

SWEEP = "/v1/shapes/sweep"


def rows_of(client: ContractClient, body: dict[str, Any], columns: dict[str, list[int]]) -> None:
    """Compare a sweep with POST /v1/shapes, row by row."""
    swept = client.post(SWEEP, json=body | columns).get_json()
    count = len(next(iter(columns.values())))
    assert swept["rows"] == count
    for row in range(count):
        one = {name: column[row] for name, column in columns.items()}
        size, channels = one.pop("input"), one.pop("channels")
        layer = {name: value for name, value in (body | one).items() if name != "results"}
        if body.get("framework") == "pytorch":
            layer["input_shape"] = [1, channels, size, size]
        else:
            layer["input_shape"] = [size, size, channels]
        alone = client.post("/v1/shapes", json=layer)
        found = alone.get_json()
        if alone.status_code != 200:
            assert swept["codes"][swept["code"][row]] == found["code"], layer
            assert swept["results"]["output_height"][row] is None
            continue
        assert swept["code"][row] == 0, layer
        results = {name: column[row] for name, column in swept["results"].items()}
        assert [results["output_height"], results["output_width"]] == [
            axis["output"] for axis in found["axes"]
        ]
        assert results["unread_height"] == found["axes"][0]["unread"]
        if "params" in results:
            assert (results["params"], results["macs"]) == (found["params"], found["macs"])


@pytest.mark.parametrize(
    "body",
    [
        {"op": "conv2d", "filters": 6},
        {"op": "conv2d", "filters": 6, "padding": "same"},
        {"op": "conv2d", "framework": "pytorch", "out_channels": 6},
        {"op": "max_pool2d", "framework": "pytorch", "ceil_mode": True},
    ],
    ids=["textbook", "same", "pytorch", "pool"],
)
def test_rows_are_layers(client: ContractClient, body: dict[str, Any]) -> None:
    rng = random.Random(5)  # noqa: S311
    count = 60
    columns = {
        "input": [rng.randrange(1, 40) for _ in range(count)],
        "channels": [rng.randrange(1, 5) for _ in range(count)],
        "kernel_size": [rng.randrange(0, 9) for _ in range(count)],
        "stride": [rng.randrange(0, 4) for _ in range(count)],
        "dilation": [rng.randrange(1, 4) for _ in range(count)],
    }
    pools = body["op"].startswith("max")
    results = ["output", "unread"] if pools else ["output", "params", "macs", "unread"]
    rows_of(client, body | {"results": results}, columns)


def test_a_million_rows(client: ContractClient) -> None:
    kernels = (np.arange(1_000_000, dtype=np.int32) % 11) + 1
    column = {"dtype": "int32", "data": base64.b64encode(kernels.tobytes()).decode()}
    body = {"op": "conv2d", "input": 224, "channels": 3, "filters": 8, "kernel_size": column}
    answer = client.post(SWEEP, json=body | {"encoding": "base64", "results": ["output"]})
    assert answer.status_code == 200
    height = answer.get_json()["results"]["output_height"]
    assert height["shape"] == [1_000_000]
    outputs = np.frombuffer(base64.b64decode(height["data"]), np.dtype(height["dtype"]))
    assert np.array_equal(outputs, 224 - kernels + 1)
    listed = {"op": "conv1d", "input": 99, "filters": 1, "kernel_size": kernels.tolist()}
    raw = json.dumps(listed | {"stride": [1] * 1_000_000, "results": ["params"]})
    assert len(raw) > 5_000_000
    answer = client.post(SWEEP, data=raw, content_type="application/json")
    assert answer.get_json()["results"]["params"][:3] == [2, 3, 4]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"op": "conv2d", "input": 9}, "missing_parameter", "/kernel_size"),
        ({"op": "conv", "input": 9}, "unknown_operation", "/op"),
        ({"framework": "caffe", "op": "conv2d", "input": 9}, "unknown_framework", "/framework"),
        (
            {"op": "conv1d", "input": {"stop": 10**7}, "kernel_size": 1, "filters": 1},
            "too_many_rows",
            "/input",
        ),
        (
            {"op": "conv1d", "input": {"dtype": "int32", "data": "!"}, "kernel_size": 1},
            "base64_unreadable",
            "/input/data",
        ),
        (
            {"op": "conv1d", "input": [1, 2.5], "kernel_size": 1, "filters": 1},
            "wrong_type",
            "/input/1",
        ),
        (
            {"op": "conv1d", "input": 9, "kernel_size": 1, "filters": 1, "kernels": 3},
            "unknown_parameter",
            "/kernels",
        ),
    ],
)
def test_what_is_no_sweep(
    client: ContractClient, body: dict[str, Any], code: str, pointer: str
) -> None:
    refused = client.post(SWEEP, json=body)
    assert refused.status_code == 422
    problem = refused.get_json()
    assert (problem["code"], problem["errors"][0]["pointer"]) == (code, pointer)


def test_a_sweep_as_text(client: ContractClient) -> None:
    body = {"op": "conv1d", "input": [8, 2], "kernel_size": 3, "filters": 1, "results": ["output"]}
    text = client.post(f"{SWEEP}?format=text", json=body).text
    assert text.splitlines() == [
        "conv1d (textbook): 2 rows",
        "output_length",
        "            6",
        "kernel_larger_than_padded_input",
        "refused, kernel_larger_than_padded_input: 1",
    ]
