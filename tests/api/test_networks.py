"""Networks over HTTP: PyTorch's own numbers layer by layer, and refusals that point to a value."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from contract_client import ContractClient

NETWORKS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "oracle" / "networks.jsonl")
    .read_text("utf-8")
    .splitlines()
]
each = pytest.mark.parametrize("line", NETWORKS, ids=lambda line: line["name"])


def document(line: dict[str, Any]) -> dict[str, Any]:
    fields = ("name", "op", "inputs", "params")
    return {
        "framework": "pytorch",
        "layout": line["layout"],
        "input_shape": line["input_shape"],
        "layers": [{field: layer[field] for field in fields} for layer in line["layers"]],
    }


def check(answer: Any, line: dict[str, Any]) -> None:
    """Hold an answer to what PyTorch said of every layer, and to what was measured."""
    for layer, expected in zip(answer["layers"], line["layers"], strict=True):
        wanted = expected["expected"]
        assert {name: layer[name] for name in wanted} == wanted, layer["name"]
    assert {name: answer["total"][name] for name in line["total"]} == line["total"]
    assert answer["total"]["flops"] == 2 * line["total"]["macs"]
    assert answer["total"]["activation_bytes"] == 4 * line["total"]["activation_elements"]
    if "receptive_field" in line:
        field, measured = answer["receptive_field"], line["receptive_field"]
        assert (field["size"], field["stride"], field["padding"]) == (
            measured["size"],
            measured["stride"],
            measured["left_padding"],
        )
        assert field["aligned"] is True


@each
def test_every_layer_is_as_pytorch_says(client: ContractClient, line: dict[str, Any]) -> None:
    check(client.post("/v1/networks", json=document(line)).get_json(), line)


@each
def test_the_catalogue_has_it(client: ContractClient, line: dict[str, Any]) -> None:
    answer = client.get(f"/v1/networks/{line['name']}").get_json()
    check(answer, line)
    again = client.post("/v1/networks", json=answer["definition"]).get_json()
    assert again.items() <= answer.items()


def test_every_network_that_is_listed_can_be_had(client: ContractClient) -> None:
    listed = client.get("/v1/networks").get_json()["items"]
    names = [one["name"] for one in listed]
    assert {line["name"] for line in NETWORKS} <= set(names)
    for one in listed:
        answer = client.get(f"/v1/networks/{one['name']}").get_json()
        assert one.items() <= answer.items()
    text = client.get("/v1/networks?format=text").text
    assert [line.partition(":")[0] for line in text.splitlines()] == names


def test_a_network_that_is_not_listed(client: ContractClient) -> None:
    answer = client.get("/v1/networks/resnet51")
    assert answer.status_code == 404
    assert "resnet50" in answer.get_json()["detail"]


@each
def test_spreadsheets_have_a_row_for_each_layer(
    client: ContractClient, line: dict[str, Any]
) -> None:
    as_csv = {"Accept": "text/csv"}
    posted = client.post("/v1/networks", json=document(line), headers=as_csv)
    assert posted.content_type == "text/csv; charset=utf-8"
    assert posted.headers["Content-Disposition"] == 'attachment; filename="convcards-networks.csv"'
    assert client.get(f"/v1/networks/{line['name']}", headers=as_csv).data == posted.data
    assert client.get(f"/v1/networks/{line['name']}?format=csv").data == posted.data
    rows = list(csv.DictReader(io.StringIO(posted.text, newline="")))
    assert [(row["layer"], row["output_shape"], int(row["params"])) for row in rows] == [
        (
            layer["name"],
            "x".join(map(str, layer["expected"]["output_shape"])),
            layer["expected"]["params"],
        )
        for layer in line["layers"]
    ]


@each
def test_the_table_has_the_totals(client: ContractClient, line: dict[str, Any]) -> None:
    text = client.get(f"/v1/networks/{line['name']}?format=text").text
    assert f"Parameters: {line['total']['params']:,}" in text
    assert f"MACs: {line['total']['macs']:,}" in text
    posted = client.post("/v1/networks?format=text", json=document(line)).text
    assert text.endswith(posted)


def test_names_inputs_and_order_may_be_left_out(client: ContractClient) -> None:
    body: dict[str, Any] = {
        "framework": None,
        "input_shape": [8.0, 8, 3],
        "layers": [
            {"op": "conv2d", "params": {"kernel_size": 3.0, "stride": None}},
            {"name": "sum", "op": "add", "inputs": ["conv2d_1", "late"]},
            {"name": "late", "op": "relu", "inputs": ["conv2d_1"], "params": None},
        ],
    }
    layers = client.post("/v1/networks", json=body).get_json()["layers"]
    assert [(one["name"], one["output_shape"]) for one in layers] == [
        ("conv2d_1", [6, 6, 1]),
        ("sum", [6, 6, 1]),
        ("late", [6, 6, 1]),
    ]


CONV = {"name": "a", "op": "conv2d", "params": {"kernel_size": 3}}


def layers(*more: dict[str, Any]) -> dict[str, Any]:
    return {"layers": [CONV, *more]}


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"layers": []}, "empty_network", "/layers"),
        ({"layers": None}, "wrong_type", "/layers"),
        ({"layers": [7]}, "wrong_type", "/layers/0"),
        ({"layers": [CONV] * 10_001}, "too_many_layers", "/layers"),
        ({"framework": "torch"}, "unknown_framework", "/framework"),
        ({"layout": 3}, "wrong_type", "/layout"),
        ({"layout": "HCW"}, "unknown_layout", "/layout"),
        ({"input_shape": "8x8"}, "wrong_type", "/input_shape"),
        ({"input_shape": [8, 0]}, "input_rank_or_size", "/input_shape/1"),
        ({"layer": []}, "unknown_field", "/layer"),
        (layers({"op": "relu", "kernel_size": 3}), "unknown_field", "/layers/1/kernel_size"),
        (layers({"op": "rellu"}), "unknown_operation", "/layers/1/op"),
        (layers({"name": "a", "op": "relu"}), "duplicate_name", "/layers/1/name"),
        (layers({"name": "", "op": "relu"}), "unusable_name", "/layers/1/name"),
        (layers({"op": "relu", "inputs": ["b"]}), "unknown_input", "/layers/1/inputs/0"),
        (layers({"name": "b", "op": "relu", "inputs": ["b"]}), "cycle", "/layers/1/inputs"),
        (
            layers({"op": "relu", "inputs": ["a", "a"]}),
            "wrong_number_of_inputs",
            "/layers/1/inputs",
        ),
        (
            layers({"op": "relu"}, {"op": "relu"}, {"op": "conv2d", "params": {"kernel_size": 9}}),
            "kernel_larger_than_padded_input",
            "/layers/3/params/kernel_size",
        ),
        (
            layers({"op": "conv2d", "params": {"kernel_size": 3, "stride": [1, 0]}}),
            "stride_not_positive",
            "/layers/1/params/stride/1",
        ),
        (
            layers({"op": "conv2d", "params": {"kernel_size": 3, "strid": 1}}),
            "unknown_parameter",
            "/layers/1/params/strid",
        ),
    ],
)
def test_points_to_what_is_wrong(
    client: ContractClient, body: dict[str, Any], code: str, pointer: str
) -> None:
    asked = {"input_shape": [10, 10, 1], "layers": [CONV], **body}
    answer = client.post("/v1/networks", json=asked).get_json()
    assert (answer["code"], answer["errors"][0]["pointer"]) == (code, pointer)


def test_what_is_no_object_is_refused(client: ContractClient) -> None:
    answer = client.post("/v1/networks", json=[1]).get_json()
    assert (answer["code"], answer["errors"][0]["pointer"]) == ("validation_failed", "")


def test_ten_thousand_layers_are_taken(client: ContractClient) -> None:
    body = {"input_shape": [8], "layers": [{"op": "relu"}] * 10_000}
    text = client.post("/v1/networks?format=text", json=body).text
    assert text.count("\n") > 10_000


def test_a_residual_network_in_tensorflow_s_words(client: ContractClient) -> None:
    conv = {"kernel_size": 3, "out_channels": 8, "padding": "SAME"}
    layers = [
        {"name": "first", "op": "conv2d", "params": conv},
        {"name": "relu", "op": "relu"},
        {"name": "second", "op": "conv2d", "params": conv},
        {"name": "sum", "op": "add", "inputs": ["second", "relu"]},
        {"name": "both", "op": "concat", "inputs": ["sum", "first"], "params": {"axis": -1}},
        {"name": "mean", "op": "global_avg_pool2d"},
        {"name": "odds", "op": "softmax"},
    ]
    body = {"framework": "tensorflow", "input_shape": [2, 28, 28, 3], "layers": layers}
    answer = client.post("/v1/networks", json=body).get_json()
    shapes = [layer["output_shape"] for layer in answer["layers"]]
    same = [2, 28, 28, 8]
    assert shapes == [same, same, same, same, [2, 28, 28, 16], [2, 16], [2, 16]]
    assert answer["total"]["params"] == 8 * 9 * (3 + 8)  # tf.nn knows no biases
