"""Diagnoses over HTTP: answers in every form, against PyTorch's own and wrong rules by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from contract_client import ContractClient

LINES = [
    line
    for line in map(
        json.loads,
        (Path(__file__).parents[1] / "oracle" / "shapes.jsonl").read_text("utf-8").splitlines(),
    )
    if line["framework"] == "torch"
    and line["op"] in ("conv1d", "conv2d", "conv3d", "max_pool2d", "avg_pool2d")
    and "output_shape" in line["expected"]
    and "engine_note" not in line
]
LAYER = {
    "op": "conv2d",
    "input_shape": [32, 32, 3],
    "kernel_size": 8,
    "stride": 2,
    "padding": 1,
    "filters": 20,
}


def ask(client: ContractClient, answer: Any, quantity: str | None = None, **layer: Any) -> Any:
    body = {"layer": {**LAYER, **layer}, "answer": answer, "quantity": quantity}
    return client.post("/v1/diagnoses", json=body).get_json()


def test_what_pytorch_says_is_right(client: ContractClient) -> None:
    assert len(LINES) > 100
    for line in LINES:
        layer = {
            "framework": "pytorch",
            "op": line["op"],
            "layout": line["layout"],
            "input_shape": line["input_shape"],
            **line["params"],
        }
        shape = line["expected"]["output_shape"]
        for answer in (shape, "x".join(map(str, shape))):
            body = {"layer": layer, "answer": answer}
            found = client.post("/v1/diagnoses", json=body).get_json()
            assert found == {
                "correct": True,
                "answer": shape,
                "expected": shape,
                "mistakes": [],
            }, line["id"]


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ([14, 14, 20], [14, 14, 20]),
        ([14.0, 14, 20], [14, 14, 20]),
        ("14 × 14 × 20", [14, 14, 20]),
        ("(14, 14, 20)", [14, 14, 20]),
        ("C=20, H=14, W=14", [14, 14, 20]),
    ],
)
def test_reads_what_people_type(client: ContractClient, answer: Any, read: list[int]) -> None:
    found = ask(client, answer)
    assert (found["correct"], found["answer"]) == (True, read)


@pytest.mark.parametrize(
    ("answer", "quantity", "mistake"),
    [
        ([(32 - 8) // 2 + 1] * 2 + [20], "output_shape", "forgot_padding"),
        ((32 + 2 - 8) // 2, "height", "forgot_plus_one"),
        ((32 + 2 - 8) // 1 + 1, "width", "ignored_stride"),
        (8 * 8 * 3 * 20, "params", "forgot_bias"),
        ("3,840", "params", "forgot_bias"),
        (2 * 14 * 14 * 20 * 8 * 8 * 3, "macs", "counted_flops"),
    ],
)
def test_names_the_wrong_rule(
    client: ContractClient, answer: Any, quantity: str, mistake: str
) -> None:
    found = ask(client, answer, quantity)
    assert found["correct"] is False
    assert mistake in [one["code"] for one in found["mistakes"]]
    assert all(one["would_give"] == found["answer"] for one in found["mistakes"])
    assert all(one["explanation"] for one in found["mistakes"])


@pytest.mark.parametrize(
    ("quantity", "right"),
    [
        (None, [14, 14, 20]),
        ("height", 14),
        ("params", 8 * 8 * 3 * 20 + 20),
        ("macs", 14 * 14 * 20 * 8 * 8 * 3),
    ],
)
def test_says_what_is_right(client: ContractClient, quantity: str | None, right: Any) -> None:
    found = ask(client, right, quantity)
    assert (found["correct"], found["expected"]) == (True, right)


@pytest.mark.parametrize(
    ("answer", "quantity", "reason"),
    [
        ("smaller", None, "not_a_number"),
        ("14x14", None, "len"),
        ([14, 14], None, "len"),
        ("14.5", "height", "non_integer"),
        ("1" * 65, "height", "too_long"),
        ("H=14, H=14, C=20", None, "duplicate_axis"),
        ([1, 2], "params", "not_a_number"),
    ],
)
def test_what_cannot_be_read_has_a_reason(
    client: ContractClient, answer: Any, quantity: str | None, reason: str
) -> None:
    found = ask(client, answer, quantity)
    assert (found["code"], found["reason"]) == ("unreadable_response", reason)
    assert found["errors"][0]["pointer"] == "/answer"


@pytest.mark.parametrize(
    ("layer", "quantity", "code", "pointer"),
    [
        ({"stride": 0}, None, "stride_not_positive", "/layer/stride"),
        ({"kernel_size": [3, 40]}, None, "kernel_larger_than_padded_input", "/layer/kernel_size/1"),
        ({"kernel_size": "3"}, None, "validation_failed", "/layer/kernel_size"),
        ({"strid": 1}, None, "validation_failed", "/layer/strid"),
        ({"op": "cnv2d"}, None, "validation_failed", "/layer/op"),
        ({}, "depth", "unknown_quantity", "/quantity"),
    ],
)
def test_points_into_the_layer(
    client: ContractClient, layer: dict[str, Any], quantity: str | None, code: str, pointer: str
) -> None:
    found = ask(client, 1, quantity, **layer)
    assert (found["code"], found["errors"][0]["pointer"]) == (code, pointer)


def test_as_text(client: ContractClient) -> None:
    body = {"layer": LAYER, "answer": "13x13x20"}
    text = client.post("/v1/diagnoses?format=text", json=body).text
    assert text.startswith("13×13×20 is not right; it is 14×14×20.\nforgot_padding: ")
    body["answer"] = "14x14x20"
    assert client.post("/v1/diagnoses?format=text", json=body).text == "Right: 14×14×20\n"
