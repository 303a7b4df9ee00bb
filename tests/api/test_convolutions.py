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


def test_explains_in_text(client: ContractClient) -> None:
    body = {"op": "conv_transpose2d", "input": [[1, -2]], "weight": [[3, 4]], "padding": 0}
    text = client.post(
        "/v1/convolutions?format=text", json={**body, "trace": {"positions": [[0, 1]]}}
    ).text
    assert text == (
        "conv_transpose2d: 1×3 (HW)\n"
        " 3 -2 -8\n"
        "(0, 1) of map 0:\n"
        "  input (0, 0) by tap (0, 1): 1·4 = 4\n"
        "  input (0, 1) by tap (0, 0): (-2)·3 = -6\n"
        "  sum -2\n"
    )
    pool = {"op": "lp_pool1d", "input": [3, -4], "kernel_size": 2, "trace": {}}
    assert client.post("/v1/convolutions?format=text", json=pool).text == (
        "lp_pool1d: 1 (L)\n5\n(0) of map 0, window at (0): (9 + 16)^(1/2) = 5\n"
    )
    mixed = {
        "op": "separable_conv1d",
        "layout": "CL",
        "input": [[1], [2]],
        "weight": [[[3]], [[4]]],
        "pointwise_weight": [[[1], [-1]]],
        "bias": [0.5],
        "trace": {},
    }
    assert client.post("/v1/convolutions?format=text", json=mixed).text.splitlines()[2:] == [
        "(0) of map 0:",
        "  depthwise channel 0:",
        "    channel 0: 1·3 = 3",
        "    sum 3",
        "  depthwise channel 1:",
        "    channel 1: 2·4 = 8",
        "    sum 8",
        "  mixed: 3·1 + 8·(-1)",
        "  sum -5 + bias 0.5 = -4.5",
    ]


def test_says_where_maxima_are(client: ContractClient) -> None:
    body = {"op": "max_pool2d", "input": GREY, "kernel_size": 2, "return_indices": True}
    answer = client.post("/v1/convolutions", json=body).get_json()
    assert (answer["output"], answer["indices"]) == ([[2, 3], [3, 2]], [[1, 2], [8, 11]])
    by_column = {
        "framework": "onnx",
        "op": "max_pool2d",
        "input": [[GREY, GREY]],
        "kernel_shape": [2, 2],
        "strides": [2, 2],
        "storage_order": 1,
        "return_indices": True,
    }
    answer = client.post("/v1/convolutions", json=by_column).get_json()
    assert answer["indices"] == [[[[4, 8], [2, 14]], [[20, 24], [18, 30]]]]


def test_turns_kernels_around(client: ContractClient) -> None:
    body = {"op": "conv1d", "input": [1, 2, 3], "weight": [1, 10], "flip_kernel": True, "trace": {}}
    answer = client.post("/v1/convolutions", json=body).get_json()
    assert answer["output"] == np.convolve([1, 2, 3], [1, 10], "valid").tolist()
    assert answer["trace"][0]["weights"] == [[10, 1]]


def test_an_output_may_be_empty(client: ContractClient) -> None:
    body = {"framework": "jax", "op": "conv1d", "input": [[[1.5]]], "weight": [[[1]], [[1]]]}
    answer = client.post("/v1/convolutions", json=body).get_json()
    assert (answer["output_shape"], answer["output"]) == ([1, 1, 0], [[[]]])
    text = client.post("/v1/convolutions?format=text", json=body).text
    assert text == "conv1d: 1×1×0 (NCL)\n"


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"op": "add", "input": [1], "other_shapes": [[1]]}, "op_not_supported", "/op"),
        ({"op": "relu", "input": [1], "trace": {}}, "op_not_supported", "/trace"),
        (
            {"op": "separable_conv1d", "input": [[1]], "weight": [[[1]]]},
            "weight_missing",
            "/pointwise_weight",
        ),
        (
            {"op": "zero_padding1d", "input": [1, 2], "padding": 1, "value": 0.5},
            "fill_not_whole",
            "/value",
        ),
        (
            {
                "op": "zero_padding1d",
                "input": [1, 2],
                "padding": 1,
                "value": 1,
                "padding_mode": "reflect",
            },
            "fill_without_constant",
            "/value",
        ),
        (
            {"op": "batch_norm1d", "input": [[1, 2]], "variance": [-1, 1]},
            "negative_variance",
            "/variance",
        ),
        ({"framework": "onnx", "op": "gemm", "input": [[1]]}, "weight_missing", "/weight"),
        (
            {"framework": "onnx", "op": "gemm", "input": [[1]], "weight": [[1]], "bias": [1, 2]},
            "bias_shape_mismatch",
            "/bias",
        ),
        (
            {
                "framework": "onnx",
                "op": "col2im",
                "input": [[[1], [2], [3]]],
                "image_shape": [2],
                "block_shape": [2],
            },
            "blocks_do_not_fit",
            "/block_shape",
        ),
        (
            {
                "framework": "pytorch",
                "op": "lp_pool1d",
                "input": [[-1.0, -2.0]],
                "kernel_size": 2,
                "norm_type": 3,
            },
            "not_finite",
            "",
        ),
        (
            {"framework": "onnx", "op": "pad", "input": [[1]], "pads": [1, 1], "axes": [2]},
            "axis_out_of_range",
            "/axes/0",
        ),
        (
            {
                "framework": "onnx",
                "op": "zero_padding1d",
                "input": [[[1, 2]]],
                "pads": [-2, 0],
                "mode": "edge",
            },
            "output_would_be_zero_or_negative",
            "/pads",
        ),
        (
            {
                "framework": "onnx",
                "op": "zero_padding1d",
                "input": [[[1, 2]]],
                "pads": [-2, 3],
                "mode": "edge",
            },
            "padding_too_large",
            "/pads",
        ),
    ],
)
def test_points_to_what_is_wrong_elsewhere(
    client: ContractClient, body: dict[str, Any], code: str, pointer: str
) -> None:
    answer = client.post("/v1/convolutions", json=body).get_json()
    assert (answer["code"], answer["errors"][0]["pointer"]) == (code, pointer)
