"""Convolutions over HTTP: right on every answer of the frameworks, traced, and refused in time."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract_client import ContractClient

ORACLE = Path(__file__).parents[1] / "oracle" / "convolutions.jsonl"
GREY = [[1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1]]
EDGES = [[2, 0, 1], [0, 1, 2], [1, 0, 2]]


def oracle() -> list[dict[str, Any]]:
    """PyTorch's and onnxruntime's own numbers."""
    return [json.loads(line) for line in ORACLE.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("line", oracle(), ids=lambda line: line["id"])
def test_agrees_with_the_frameworks(client: ContractClient, line: dict[str, Any]) -> None:
    framework = {"torch": "pytorch", "onnxruntime": "onnx"}[line["framework"]]
    body = {"framework": framework, "op": line["op"], "layout": line["layout"], **line["params"]}
    body.pop("bias", None)
    body |= {name: line[name] for name in ("input", "weight", "bias") if name in line}
    answer = client.post("/v1/convolutions", json=body).get_json()
    expected = line["expected"]
    assert answer.get("output_shape") == expected["output_shape"], answer
    if expected["exact"]:
        assert answer["output"] == expected["output"]
    else:
        np.testing.assert_allclose(answer["output"], expected["output"], rtol=1e-5, atol=1e-6)


def test_a_picture_and_a_kernel_are_enough(client: ContractClient) -> None:
    answer = client.post(
        "/v1/convolutions", json={"op": "conv2d", "input": GREY, "weight": EDGES, "padding": 1}
    ).get_json()
    assert answer == {
        "op": "conv2d",
        "framework": "textbook",
        "layout": "HW",
        "output_shape": [4, 4],
        "output": [[7, 12, 10, 2], [4, 15, 16, 10], [10, 6, 15, 6], [8, 10, 4, 3]],
        "macs": 144,
    }


def test_takes_a_layer_s_flag_for_no_bias(client: ContractClient) -> None:
    body = {"op": "conv2d", "input": GREY, "weight": EDGES}
    without = client.post("/v1/convolutions", json=body).data
    assert client.post("/v1/convolutions", json={**body, "bias": False}).data == without
    assert client.post("/v1/convolutions", json={**body, "bias": None}).data == without
    refused = client.post("/v1/convolutions", json={**body, "bias": True}).get_json()
    assert refused["errors"][0]["hint"] == "give a list of numbers, one for each filter, or false"


def test_a_kernel_alone_is_one_filter_in_pytorch_too(client: ContractClient) -> None:
    body = {"framework": "pytorch", "op": "conv2d", "input": [GREY], "weight": EDGES}
    assert client.post("/v1/convolutions", json=body).get_json()["output_shape"] == [1, 2, 2]


def test_many_filters_give_depth(client: ContractClient) -> None:
    weight = [[EDGES], [EDGES], [EDGES]]
    body = {"op": "conv2d", "input": GREY, "weight": weight, "filters": 3, "bias": [0, 1, 2]}
    answer = client.post("/v1/convolutions", json=body).get_json()
    assert (answer["layout"], answer["output_shape"]) == ("HWC", [2, 2, 3])
    assert answer["output"][0][0] == [15, 16, 17]


def test_traces_what_it_is_asked_for(client: ContractClient) -> None:
    body = {
        "op": "conv2d",
        "input": GREY,
        "weight": [[EDGES]],
        "bias": [0.5],
        "padding": 1,
        "trace": {"positions": [[0, 0], [1, 1]]},
    }
    answer = client.post("/v1/convolutions", json=body).get_json()
    first, second = answer["trace"]
    assert first["corner"] == [-1, -1]
    assert first["window"] == [[[0, 0, 0], [0, 1, 2], [0, 0, 1]]]
    assert first["products"] == [[[0, 0, 0], [0, 1, 4], [0, 0, 2]]]
    assert (first["sum"], first["bias"], first["result"]) == (7, 0.5, 7.5)
    assert second["result"] == answer["output"][1][1][0] == 15.5


def test_traces_everything_by_default(client: ContractClient) -> None:
    body = {"op": "max_pool2d", "input": GREY, "kernel_size": 2, "trace": {}}
    points = client.post("/v1/convolutions", json=body).get_json()["trace"]
    assert [point["maximum_at"] for point in points] == [[0, 1], [0, 2], [2, 0], [2, 3]]
    mean = {"op": "avg_pool1d", "input": [1, 2, 4], "kernel_size": 2, "trace": {"positions": "all"}}
    (point,) = client.post("/v1/convolutions", json=mean).get_json()["trace"]
    assert (point["sum"], point["divisor"], point["result"]) == (3, 2, 1.5)


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"op": "conv2d", "weight": EDGES}, "validation_failed", "/input"),
        ({"op": "conv2d", "input": GREY}, "weight_missing", "/weight"),
        ({"op": "conv2d", "input": GREY, "kernel_size": 3}, "weight_missing", "/weight"),
        ({"op": "conv2d", "input": GREY, "weight": [1, 2]}, "weight_shape_mismatch", "/weight"),
        (
            {"op": "conv2d", "input": GREY, "weight": EDGES, "kernel_size": 2},
            "weight_shape_mismatch",
            "/weight",
        ),
        (
            {"op": "conv2d", "input": GREY, "weight": EDGES, "bias": [1, 2]},
            "bias_shape_mismatch",
            "/bias",
        ),
        (
            {"op": "conv2d", "input": GREY, "weight": EDGES, "bias": [[1]]},
            "tensor_too_deep",
            "/bias/0",
        ),
        (
            {"op": "max_pool2d", "input": GREY, "kernel_size": 2, "weight": EDGES},
            "weight_not_wanted",
            "/weight",
        ),
        (
            {"op": "max_pool2d", "input": GREY, "kernel_size": 2, "bias": [1]},
            "bias_not_wanted",
            "/bias",
        ),
        ({"op": "max_pool2d", "input": GREY}, "validation_failed", "/kernel_size"),
        ({"op": "conv2d", "input": [[1, 2], [3]], "weight": EDGES}, "ragged_tensor", "/input/1"),
        ({"op": "conv2d", "input": [[1, "2"]], "weight": EDGES}, "wrong_type", "/input/0/1"),
        ({"op": "conv2d", "input": "image", "weight": EDGES}, "wrong_type", "/input"),
        ({"op": "conv2d", "input": [[2**60]], "weight": [[1]]}, "number_too_large", "/input/0/0"),
        ({"op": "conv2d", "input": [[1e308]], "weight": [[1e308]]}, "not_finite", ""),
        (
            {"op": "conv2d", "input": GREY, "weight": EDGES, "stride": 0},
            "stride_not_positive",
            "/stride",
        ),
        (
            {"op": "conv2d", "input": GREY, "weight": EDGES, "trace": {"positions": [[9, 9]]}},
            "position_outside_output",
            "/trace/positions/0/0",
        ),
        (
            {"op": "conv2d", "input": GREY, "weight": EDGES, "trace": {"positions": [["a"]]}},
            "positions_unreadable",
            "/trace/positions/0",
        ),
        (
            {"op": "conv2d", "input": GREY, "weight": EDGES, "trace": {"positions": "some"}},
            "validation_failed",
            "/trace/positions",
        ),
        (
            {"op": "conv2d", "input": GREY, "weight": EDGES, "trace": {"channel": 1}},
            "channel_outside_output",
            "/trace/channel",
        ),
        (
            {"op": "conv2d", "input": GREY, "weight": EDGES, "trace": {"sample": 1}},
            "sample_outside_batch",
            "/trace/sample",
        ),
        (
            {"op": "conv2d", "input": GREY, "weight": EDGES, "trace": {"chanel": 1}},
            "validation_failed",
            "/trace/chanel",
        ),
        (
            {"op": "conv2d", "input": GREY, "weight": EDGES, "input_shape": [4, 4]},
            "validation_failed",
            "/input_shape",
        ),
    ],
)
def test_points_to_what_is_wrong(
    client: ContractClient, body: dict[str, Any], code: str, pointer: str
) -> None:
    answer = client.post("/v1/convolutions", json=body).get_json()
    assert (answer["code"], answer["errors"][0]["pointer"]) == (code, pointer)


@pytest.mark.parametrize(
    ("more", "quantity"),
    [
        ({"padding": 10**9}, "output"),
        ({"padding": 2**31 - 1}, "output"),
        ({"padding": 100_000, "stride": 100_000}, "workspace"),
    ],
)
def test_refuses_by_the_declared_sizes(
    client: ContractClient, more: dict[str, Any], quantity: str
) -> None:
    body = {"op": "conv2d", "input": GREY, "weight": EDGES, **more}
    answer = client.post("/v1/convolutions", json=body).get_json()
    assert answer["code"] == "over_budget"
    assert answer["quantity"] == quantity
    assert answer["asked"] > answer["limit"]


def test_the_limit_on_work_is_a_setting(make_app: Any) -> None:
    body = {"op": "conv2d", "input": GREY, "weight": EDGES}
    client = make_app(mode="local", max_macs=35).test_client()
    assert client.post("/v1/convolutions", json=body).get_json()["limit"] == 35
    client = make_app(mode="local", max_macs=36).test_client()
    assert client.post("/v1/convolutions", json=body).status_code == 200


def test_shows_maps_as_text(client: ContractClient) -> None:
    body = {"op": "conv2d", "input": GREY, "weight": EDGES}
    assert client.post("/v1/convolutions?format=text", json=body).text == (
        "conv2d: 2×2 (HW)\n15 16\n 6 15\n"
    )
    several = {
        "op": "conv1d",
        "input": [[1, 2], [3, 4], [5, 6]],
        "weight": [[[1], [0]], [[0], [0.5]]],
    }
    assert client.post("/v1/convolutions?format=text", json=several).text == (
        "conv1d: 3×2 (LC)\nmap 0\n1 3 5\nmap 1\n1 2 3\n"
    )
    large = {"op": "max_pool1d", "input": list(range(30)), "kernel_size": 1}
    assert client.post("/v1/convolutions?format=text", json=large).text.endswith(
        " 23\n(only the first 24 of each axis are shown)\n"
    )
