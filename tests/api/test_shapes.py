"""Shapes over HTTP: right on every answer of the frameworks, by POST, by GET and as text."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from contract_client import ContractClient
from service.api.schemas.layers import families
from service.shapes import FRAMEWORKS, operations, parameters, write_text

ORACLE = Path(__file__).parents[1] / "oracle" / "shapes.jsonl"
HERE = {"torch": "pytorch", "onnxruntime": "onnx"}
"""Where the oracle calls a framework otherwise than the service does."""
EMPTY = "output_would_be_zero_or_negative"


def framework(line: dict[str, Any]) -> str:
    """The framework of a line as the service calls it, without Keras' backend."""
    name = line["framework"].partition("[")[0]
    return HERE.get(name, name)


def expected(line: dict[str, Any]) -> dict[str, Any]:
    """What is to be answered: what the framework's own rule says where a backend has an accident.

    ``engine_note`` marks what onnxruntime lacks (ONNX's own inference answers) and three lines of
    torch, which are left out; oneDNN and JAX differ from Keras in places.
    """
    given: dict[str, Any] = line["expected"]
    by_rule = line.get("compute_output_shape", {})
    if "engine_note" in line and "onnx_shape_inference" in line:
        given = line["onnx_shape_inference"]
    elif given.get("error_class") == "engine_error" or by_rule.get("error_class") == EMPTY:
        given = by_rule
    return given


def oracle() -> list[dict[str, Any]]:
    """The frameworks' own answers for all that the service offers."""
    lines = map(json.loads, ORACLE.read_text("utf-8").splitlines())
    return [
        line
        for line in lines
        if line["op"] in operations(framework(line))
        and not (line["framework"] == "torch" and "engine_note" in line)
    ]


def request_of(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "framework": framework(line),
        "op": line["op"],
        "layout": line["layout"],
        "input_shape": line["input_shape"],
        **{name: value for name, value in line["params"].items() if name != "api"},
    }


def agrees(answer: Any, wanted: dict[str, Any]) -> bool:
    if "error_class" in wanted:
        return bool(answer.get("code") == wanted["error_class"])
    names = [name for name in ("output_shape", "params") if name in wanted]
    return bool(names) and all(answer.get(name) == wanted[name] for name in names)


@pytest.mark.no_cover  # thousands of rounds through lines that others measure
def test_agrees_with_the_frameworks_by_post(client: ContractClient) -> None:
    lines = oracle()
    assert len(lines) > 1000
    wrong = [
        line["id"]
        for line in lines
        if not agrees(client.post("/v1/shapes", json=request_of(line)).get_json(), expected(line))
    ]
    assert wrong == []


def has_text(line: dict[str, Any]) -> bool:
    """Whether its values have a text: a list of one (for two sides, or of null) is a number."""
    return not any(
        isinstance(value := line["params"].get(parameter.name), list) and len(value) == 1
        for parameter in parameters(framework(line), line["op"])
        if parameter.kind in ("output", "sides")
    )


@pytest.mark.no_cover  # thousands of rounds through lines that others measure
def test_agrees_with_the_frameworks_by_get(client: ContractClient) -> None:
    wrong = []
    lines = oracle()
    spoken = [line for line in lines if has_text(line)]
    assert len(lines) - len(spoken) < 20
    for line in spoken:
        request = request_of(line)
        path = f"/v1/shapes/{request.pop('op')}"
        texts = {
            name: value if isinstance(value, str) else write_text(value)
            for name, value in request.items()
            if value is not None
        }
        answer = client.get(path, query_string=texts).get_json()
        if not agrees(answer, expected(line)):
            wrong.append(line["id"])
    assert wrong == []


def test_get_answers_what_post_answers(client: ContractClient) -> None:
    body = {"op": "conv2d", "input_shape": [28, 28, 3], "kernel_size": [3, 5], "padding": "same"}
    query = urlencode({"input_shape": "28x28x3", "kernel_size": "3x5", "padding": "same"})
    assert (
        client.get(f"/v1/shapes/conv2d?{query}").data == client.post("/v1/shapes", json=body).data
    )


def test_the_card_s_own_example(client: ContractClient) -> None:
    body = {
        "op": "conv2d",
        "input_shape": [32, 32, 3],
        "kernel_size": 8,
        "stride": 2,
        "padding": 1,
        "filters": 20,
    }
    answer = client.post("/v1/shapes", json=body).get_json()
    assert answer["output_shape"] == [14, 14, 20]
    assert answer["neurons_per_patch"] == 20
    assert [axis["axis"] for axis in answer["axes"]] == ["height", "width"]
    assert answer["derivation"][0]["value"] == 14
    assert answer["code"]["pytorch"]


def test_null_is_not_given(client: ContractClient) -> None:
    body: dict[str, Any] = {"op": "conv1d", "input_shape": [10, 2], "kernel_size": 3}
    nulls = {
        parameter.name: None
        for parameter in parameters("textbook", "conv1d")
        if parameter.name not in body
    }
    given = client.post("/v1/shapes", json={**body, **nulls, "framework": None, "layout": None})
    assert given.data == client.post("/v1/shapes", json=body).data


def test_whole_floats_are_whole_numbers(client: ContractClient) -> None:
    body = {"op": "conv1d", "input_shape": [10.0, 2], "kernel_size": 3.0, "padding": [[0.0, 1]]}
    answer = client.post("/v1/shapes", json=body)
    assert answer.get_json()["output_shape"] == [9, 1]
    assert "." not in json.dumps(answer.get_json()["input_shape"])


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "validation_failed", "/op"),
        ({"op": None}, "validation_failed", "/op"),
        ({"op": 3}, "validation_failed", "/op"),
        ({"op": ["conv2d"]}, "validation_failed", "/op"),
        ({"op": "conv2D"}, "validation_failed", "/op"),
        ({"op": "conv2d", "framework": "torch"}, "validation_failed", "/framework"),
        ({"op": "conv2d", "framework": {}}, "validation_failed", "/framework"),
        ({"op": "conv2d", "framework": "pytorch"}, "validation_failed", "/out_channels"),
        ({"kernel_size": [3, "3"]}, "validation_failed", "/kernel_size/1"),
        ({"kernel_size": 2.5}, "validation_failed", "/kernel_size"),
        ({"input_shape": "28x28"}, "validation_failed", "/input_shape"),
        ({"layout": "HCW"}, "validation_failed", "/layout"),
        ({"padding": "smae"}, "bad_padding_value", "/padding"),
        ({"bias": 1}, "validation_failed", "/bias"),
        ({"padding_mode": "zero"}, "bad_padding_mode_value", "/padding_mode"),
        ({"stride": -1}, "stride_not_positive", "/stride"),
        ({"stride": [1, 0]}, "stride_not_positive", "/stride/1"),
        ({"stride": -(2**63)}, "stride_not_positive", "/stride"),
        ({"stride": 2**31}, "number_too_large", "/stride"),
        ({"stride": 10**400}, "number_too_large", "/stride"),
        ({"input_shape": [2**31, 1, 1]}, "number_too_large", "/input_shape/0"),
        ({"input_shape": [28]}, "input_rank_or_size", "/input_shape"),
        ({"input_shape": [0, 28]}, "input_rank_or_size", "/input_shape/0"),
        ({"kernel_size": [3, 3, 3]}, "wrong_length", "/kernel_size"),
        ({"kernel_size": 29}, "kernel_larger_than_padded_input", "/kernel_size"),
        ({"filters": 2, "out_channels": 2}, "given_twice", "/filters"),
    ],
)
def test_points_to_what_is_wrong(
    client: ContractClient, body: dict[str, Any], code: str, pointer: str
) -> None:
    base = {"op": "conv2d", "input_shape": [28, 28], "kernel_size": 3}
    if "op" in body or not body:
        base = {"input_shape": [28, 28], "kernel_size": 3}
    answer = client.post("/v1/shapes", json={**base, **body}).get_json()
    assert (answer["code"], answer["errors"][0]["pointer"]) == (code, pointer)


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"op": "cnv2d"}, "did you mean `conv2d`?"),
        ({"op": "conv2d", "strides": 2}, "did you mean `stride`?"),
        ({"op": "conv2d", "framework": "pytorh"}, "did you mean `pytorch`?"),
        ({"op": "conv2d", "padding": "vaild"}, "did you mean `valid`?"),
    ],
)
def test_teaches(client: ContractClient, body: dict[str, Any], hint: str) -> None:
    base = {"input_shape": [28, 28], "kernel_size": 3}
    answer = client.post("/v1/shapes", json={**base, **body}).get_json()
    assert hint in [fault.get("hint") for fault in answer["errors"]]


def test_an_op_missing_lists_what_there_is(client: ContractClient) -> None:
    answer = client.post("/v1/shapes", json={}).get_json()
    assert answer["errors"][0]["hint"].startswith("one of `conv1d`, ")


@pytest.mark.parametrize(
    ("path", "code", "pointer"),
    [
        ("conv2d?input_shape=28x28&kernel_size=x", "wrong_type", "/kernel_size"),
        ("conv2d?input_shape=&kernel_size=3", "wrong_type", "/input_shape"),
        ("conv2d?kernel_size=3", "validation_failed", "/input_shape"),
        ("conv2d?input_shape=28x28&kernel_size=3&bias=maybe", "wrong_type", "/bias"),
        ("conv2d?input_shape=28x28&kernel_size=3&op=conv1d", "validation_failed", "/op"),
        ("conv2d?input_shape=28x28&framework=tf", "validation_failed", "/framework"),
        ("conv2d?input_shape=28x28&kernel_size=3&strid=2", "validation_failed", "/strid"),
        ("conv2d?input_shape=28x28&kernel_size=0", "kernel_not_positive", "/kernel_size"),
    ],
)
def test_points_into_the_query(client: ContractClient, path: str, code: str, pointer: str) -> None:
    answer = client.get(f"/v1/shapes/{path}").get_json()
    assert (answer["code"], answer["errors"][0]["pointer"]) == (code, pointer)


def test_an_operation_that_is_not_there_is_404(client: ContractClient) -> None:
    near = client.get("/v1/shapes/cnv2d?input_shape=28x28")
    assert near.status_code == 404
    assert "Did you mean conv2d?" in near.get_json()["detail"]
    far = client.get("/v1/shapes/zzz?input_shape=28x28")
    assert "GET /v1/shapes lists them." in far.get_json()["detail"]


def test_lists_every_operation_with_its_parameters(client: ContractClient) -> None:
    listed = client.get("/v1/shapes").get_json()["items"]
    found = {
        (item["framework"], op): [parameter["name"] for parameter in item["parameters"]]
        for item in listed
        for op in item["ops"]
    }
    assert found == {
        (framework, op): [parameter.name for parameter in parameters(framework, op)]
        for framework in FRAMEWORKS
        for op in operations(framework)
    }
    text = client.get("/v1/shapes?format=text").text
    assert "textbook max_pool1d max_pool2d max_pool3d: kernel_size*, stride, padding" in text


def test_families_have_names_of_their_own() -> None:
    names = [family.name for family in families()]
    assert len(names) == len(set(names))
    assert "TextbookConv" in names


REFUSALS = [
    (
        "keras",
        "conv2d",
        {"filters": 2, "kernel_size": 3, "padding": "causal"},
        "causal_not_allowed",
    ),
    ("keras", "conv2d", {"filters": 2, "kernel_size": 3, "strides": 0}, "stride_not_positive"),
    ("keras", "conv2d", {"filters": 2, "kernel_size": 3, "padding": "full"}, "bad_padding_value"),
    (
        "keras",
        "conv2d",
        {"filters": 2, "kernel_size": 3, "activation": "rleu"},
        "bad_activation_value",
    ),
    (
        "onnx",
        "conv2d",
        {"out_channels": 2, "kernel_shape": [3, 3], "pads": [1, 1]},
        "pads_wrong_length",
    ),
    (
        "onnx",
        "conv2d",
        {"out_channels": 2, "kernel_shape": [3, 3], "auto_pad": "SAME"},
        "bad_auto_pad_value",
    ),
    ("pytorch", "adaptive_avg_pool2d", {"output_size": [7, 7, 7]}, "wrong_length"),
    ("pytorch", "adaptive_avg_pool2d", {"output_size": [-1, None]}, "output_size_not_positive"),
    ("pytorch", "batch_norm2d", {"momentum": -0.5}, "momentum_out_of_range"),
    ("textbook", "add", {"other_shapes": [[8, 8, 3]]}, "shapes_differ"),
]


@pytest.mark.parametrize(("speaks", "op", "values", "code"), REFUSALS)
def test_the_engine_s_own_codes_come_through(
    client: ContractClient, speaks: str, op: str, values: dict[str, Any], code: str
) -> None:
    body = {"framework": speaks, "op": op, "input_shape": [1, 8, 8, 8], **values}
    assert client.post("/v1/shapes", json=body).get_json()["code"] == code


@pytest.mark.parametrize(
    ("speaks", "op", "values", "output"),
    [
        ("pytorch", "adaptive_avg_pool2d", {"output_size": [7, None]}, [1, 8, 7, 8]),
        ("pytorch", "upsampling2d", {"scale_factor": [1.5, 2.0]}, [1, 8, 12, 16]),
        (
            "onnx",
            "conv2d",
            {"out_channels": 2, "kernel_shape": [3, 3], "pads": [0, 1, 0, 1]},
            [1, 2, 6, 8],
        ),
        ("textbook", "concat", {"other_shapes": [[1, 8, 8, 3]]}, [1, 8, 8, 11]),
        ("keras", "conv2d", {"filters": 2, "kernel_size": 3, "padding": "same"}, [1, 8, 8, 2]),
    ],
)
def test_takes_every_kind_of_value(
    client: ContractClient, speaks: str, op: str, values: dict[str, Any], output: list[int]
) -> None:
    body = {"framework": speaks, "op": op, "input_shape": [1, 8, 8, 8], **values}
    assert client.post("/v1/shapes", json=body).get_json()["output_shape"] == output


def test_a_batch_answers_each_item_on_its_own(client: ContractClient) -> None:
    good = {"op": "conv2d", "input_shape": [28, 28], "kernel_size": 3}
    items = [good, {**good, "stride": 0}, 7, {**good, "strid": 2}, {"op": "relu"}, good]
    answers = client.post("/v1/shapes/batch", json={"items": items}).get_json()["items"]
    assert [answer["status"] for answer in answers] == [200, 422, 422, 422, 422, 200]
    assert answers[0] == answers[-1]
    for item, answer in zip(items, answers, strict=True):
        alone = client.post("/v1/shapes", json=item).get_json()
        if answer["status"] == 200:
            assert answer["shape"] == alone
        else:
            assert {**answer["problem"], "request_id": ""} == {**alone, "request_id": ""}


@pytest.mark.parametrize(
    "body", [[], {}, {"items": None}, {"items": {}}, {"items": []}, {"items": [{}], "item": 1}]
)
def test_a_batch_is_a_list_of_items(client: ContractClient, body: Any) -> None:
    answer = client.post("/v1/shapes/batch", json=body)
    assert answer.get_json()["code"] == "validation_failed"


def test_a_batch_takes_a_hundred_layers_with_names(client: ContractClient) -> None:
    named = {"op": "relu", "input_shape": ["H", 3]}
    answer = client.post("/v1/shapes/batch", json={"items": [named] * 2})
    assert answer.get_json()["items"][1]["shape"]["output_shape"] == ["H", 3]
    answer = client.post("/v1/shapes/batch", json={"items": [named] * 101})
    assert answer.get_json()["code"] == "name_needs_number"
    assert answer.get_json()["errors"][0]["pointer"] == "/items/100/input_shape"


def test_a_batch_ends_at_ten_thousand(client: ContractClient) -> None:
    answer = client.post("/v1/shapes/batch", json={"items": [0] * 10_001})
    assert answer.get_json()["errors"][0]["hint"] == "give 1 to 10,000"
