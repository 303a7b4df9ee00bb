"""Comparisons over HTTP: what the frameworks themselves say of the same layers."""

import json
from pathlib import Path
from typing import Any

import pytest

from contract_client import ContractClient
from service.shapes import FRAMEWORKS

STRIDED: dict[str, Any] = {
    "framework": "pytorch",
    "op": "conv2d",
    "input_shape": [1, 3, 224, 224],
    "out_channels": 64,
    "kernel_size": 7,
    "stride": 2,
    "padding": 3,
}
LINES = [
    line
    for line in map(
        json.loads,
        (Path(__file__).parents[1] / "oracle" / "shapes.jsonl").read_text("utf-8").splitlines(),
    )
    if line["framework"] == "torch"
    and line["op"] in ("conv2d", "max_pool2d", "avg_pool2d")
    and "engine_note" not in line
    and "output_shape" in line["expected"]
]


def ask(client: ContractClient, layer: dict[str, Any], *frameworks: str) -> Any:
    body = {"layer": layer, "frameworks": list(frameworks) or None}
    return client.post("/v1/comparisons", json=body).get_json()


def test_says_of_pytorch_what_pytorch_says(client: ContractClient) -> None:
    assert len(LINES) > 50
    for line in LINES:
        layer = {
            "framework": "pytorch",
            "op": line["op"],
            "layout": line["layout"],
            "input_shape": line["input_shape"],
            **line["params"],
        }
        outcome = ask(client, layer, "pytorch")["frameworks"]["pytorch"]
        assert outcome["output_shape"] == line["expected"]["output_shape"], line["id"]
        assert outcome["params"] == line["expected"]["params"], line["id"]


def test_same_padding_with_a_stride_is_split_otherwise(client: ContractClient) -> None:
    """224 pixels, kernel 7, stride 2 need 5 pixels of padding: TensorFlow puts 2 before, 3 after.

    PyTorch's 3 and 3 give the same 112 outputs from other windows.
    """
    found = ask(client, STRIDED)
    assert list(found["frameworks"]) == list(FRAMEWORKS)
    keras, pytorch = found["frameworks"]["keras"], found["frameworks"]["pytorch"]
    assert keras["output_shape"] == [1, 112, 112, 64]
    assert pytorch["output_shape"] == [1, 64, 112, 112]
    assert (keras["padding"], pytorch["padding"]) == ([[2, 3], [2, 3]], [[3, 3], [3, 3]])
    assert (keras["values_shift"], pytorch["values_shift"]) == (True, False)
    assert found["agree"] is False
    assert "padding_split" in [reason["code"] for reason in found["reasons"]]
    assert "ZeroPadding2D" in keras["edit"]


def test_two_that_pad_alike_agree(client: ContractClient) -> None:
    found = ask(client, STRIDED, "pytorch", "onnx")
    assert list(found["frameworks"]) == ["pytorch", "onnx"]
    assert (found["agree"], found["reasons"], found["edit"]) == (True, [], None)


def test_a_refusal_is_an_answer(client: ContractClient) -> None:
    """PyTorch refuses "same" with a stride; Keras takes it."""
    layer = {
        "framework": "keras",
        "op": "conv2d",
        "input_shape": [1, 28, 28, 3],
        "filters": 8,
        "kernel_size": 3,
        "strides": 2,
        "padding": "same",
    }
    outcomes = ask(client, layer)["frameworks"]
    assert outcomes["keras"]["output_shape"] == [1, 14, 14, 8]
    refused = [name for name, one in outcomes.items() if one["problem"] is not None]
    for name in refused:
        assert outcomes[name]["output_shape"] is None
        assert outcomes[name]["problem"]["detail"]
    asked = {**STRIDED, "padding": "same"}
    own = ask(client, asked, "pytorch", "keras")["frameworks"]
    assert own["pytorch"]["problem"]["code"] == "same_with_stride"
    assert own["keras"]["output_shape"] == [1, 112, 112, 64]


def test_as_text(client: ContractClient) -> None:
    body = {"layer": STRIDED, "frameworks": ["pytorch", "keras"]}
    text = client.post("/v1/comparisons?format=text", json=body).text.splitlines()
    assert text[:3] == [
        "They do not agree.",
        "pytorch: 1×64×112×112 (NCHW)",
        "keras: 1×112×112×64 (NHWC), other numbers",
    ]
    assert text[-1].startswith("To agree: keras: ")
    body = {"layer": {**STRIDED, "padding": "same"}, "frameworks": ["pytorch", "onnx"]}
    assert "pytorch: refused: " in client.post("/v1/comparisons?format=text", json=body).text


@pytest.mark.parametrize(
    ("layer", "frameworks", "code", "pointer"),
    [
        ({"stride": 0}, None, "stride_not_positive", "/layer/stride"),
        ({"input_shape": [3]}, None, "input_rank_or_size", "/layer/input_shape"),
        ({"kernel_size": "3"}, None, "validation_failed", "/layer/kernel_size"),
        ({"filters": 3}, None, "validation_failed", "/layer/filters"),
        ({"op": "cnv2d"}, None, "validation_failed", "/layer/op"),
        ({}, ["caffe"], "validation_failed", "/frameworks/0"),
        ({}, [], "validation_failed", "/frameworks"),
    ],
)
def test_points_to_what_is_wrong(
    client: ContractClient,
    layer: dict[str, Any],
    frameworks: list[str] | None,
    code: str,
    pointer: str,
) -> None:
    body = {"layer": {**STRIDED, **layer}, "frameworks": frameworks}
    found = client.post("/v1/comparisons", json=body).get_json()
    assert (found["code"], found["errors"][0]["pointer"]) == (code, pointer)


def test_joins_cannot_be_compared(client: ContractClient) -> None:
    found = ask(client, {"op": "add", "input_shape": [4], "other_shapes": [[4]]})
    assert (found["code"], found["errors"][0]["pointer"]) == ("not_comparable", "/layer/op")
