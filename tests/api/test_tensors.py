"""Tensors in every form, in and out: one layer gives the same numbers whichever way it comes."""

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from contract_client import ContractClient

RNG = np.random.default_rng(11)
INPUT = RNG.integers(-4, 5, (3, 6, 5)).astype(np.float32) / 4
WEIGHT = RNG.integers(-4, 5, (2, 3, 3, 3)).astype(np.float32) / 4
BIAS = np.array([0.5, -0.25], dtype=np.float32)
LAYER = {"framework": "pytorch", "op": "conv2d"}


def expected() -> Any:
    """The definition of the layer, in loops."""
    output = np.zeros((2, 4, 3))
    for f, row, column in np.ndindex(2, 4, 3):
        window = INPUT[:, row : row + 3, column : column + 3]
        output[f, row, column] = (window * WEIGHT[f]).sum() + BIAS[f]
    return output


def packed(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    little = array.astype(array.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode()
    return {"shape": list(array.shape), "dtype": array.dtype.name, "data": data}


def form(client: FlaskClient, layer: object, headers: Any = None, **arrays: Any) -> Any:
    parts = {name: (io.BytesIO(content), f"{name}.npy") for name, content in arrays.items()}
    text = layer if isinstance(layer, str) else json.dumps(layer)
    data = {"layer": text, **parts}
    return client.post(
        "/v1/convolutions", data=data, content_type="multipart/form-data", headers=headers
    )


def saved(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_lists_base64_and_files_are_one(client: ContractClient) -> None:
    tensors = {"input": INPUT, "weight": WEIGHT, "bias": BIAS}
    answers = [
        client.post("/v1/convolutions", json=LAYER | {n: t.tolist() for n, t in tensors.items()}),
        client.post("/v1/convolutions", json=LAYER | {n: packed(t) for n, t in tensors.items()}),
        form(client, LAYER, **{name: saved(tensor) for name, tensor in tensors.items()}),
        form(client, LAYER | {"bias": BIAS.tolist()}, input=saved(INPUT), weight=saved(WEIGHT)),
        form(
            client,
            LAYER,
            input=saved(np.asfortranarray(INPUT).astype(">f8")),
            weight=saved(WEIGHT),
            bias=saved(BIAS),
        ),
    ]
    for answer in answers:
        assert answer.get_json()["output_shape"] == [2, 4, 3]
        np.testing.assert_array_equal(answer.get_json()["output"], expected())


def test_an_npy_file_comes_out(client: ContractClient) -> None:
    answer = form(
        client,
        LAYER,
        {"Accept": "application/x-npy"},
        input=saved(INPUT),
        weight=saved(WEIGHT),
        bias=saved(BIAS),
    )
    assert answer.mimetype == "application/x-npy"
    output = np.load(io.BytesIO(answer.data), allow_pickle=False)
    assert output.dtype == np.float32
    np.testing.assert_array_equal(output, expected())


def test_base64_comes_out(client: ContractClient) -> None:
    body = {
        "op": "max_pool1d",
        "input": [3, 1, 4, 1],
        "kernel_size": 2,
        "encoding": "base64",
        "return_indices": True,
    }
    answer = client.post("/v1/convolutions", json=body).get_json()
    assert answer["output"] == packed(np.array([3, 4]))
    assert answer["indices"]["shape"] == [2]


def test_halves_are_computed_as_float32_and_that_is_said(client: ContractClient) -> None:
    half = {"input": INPUT.astype("f2"), "weight": WEIGHT.astype("f2")}
    body = LAYER | {name: packed(tensor) for name, tensor in half.items()}
    answer = client.post("/v1/convolutions", json=body | {"bias": packed(BIAS)}).get_json()
    np.testing.assert_array_equal(answer["output"], expected())
    (warning,) = answer["warnings"]
    assert warning["code"] == "computed_as_float32"
    assert warning["detail"].startswith("input, weight are float16")
    text = client.post("/v1/convolutions?format=text", json=body).text
    assert "computed as float32" in text
    network = {"layers": [{"name": "one", "op": "relu"}], "input": packed(np.float16([-1, 2.5]))}
    answer = client.post("/v1/networks/run", json=network).get_json()
    assert answer["layers"][0]["output"] == [0, 2.5]
    assert answer["warnings"][0]["code"] == "computed_as_float32"


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16"])
def test_small_integers_are_integers(client: ContractClient, dtype: str) -> None:
    numbers = np.array([1, 0, 1, 1]).astype(dtype)
    ones = packed(np.ones(3, dtype))
    body = {"op": "conv1d", "input": packed(numbers), "weight": ones, "encoding": "base64"}
    answer = client.post("/v1/convolutions", json=body).get_json()
    assert answer["output"] == packed(np.array([2, 2]))
    assert "warnings" not in answer
    pool = {"op": "max_pool1d", "kernel_size": 2}
    kept = form(client, pool, {"Accept": "application/x-npy"}, input=saved(numbers))
    output = np.load(io.BytesIO(kept.data), allow_pickle=False)
    assert output.dtype == ("uint8" if dtype == "bool" else dtype)
    assert output.tolist() == [1, 1]


def test_float32_has_the_digits_that_it_needs(client: ContractClient) -> None:
    body = {"op": "max_pool1d", "input": packed(np.float32([0.1, -0.0])), "kernel_size": 1}
    answer = client.post("/v1/convolutions", json=body)
    assert '"output":[0.1,0.0]' in answer.text


TEN_GIGABYTES = {"shape": [50_000, 50_000], "dtype": "float32", "data": ""}
HEADER = (
    b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, "
    b"'shape': (50000, 50000), }".ljust(80)
)


@pytest.mark.parametrize("name", ["input", "weight", "bias"])
def test_what_is_declared_too_large_is_refused(client: ContractClient, name: str) -> None:
    body = {"op": "conv2d", "input": [[1]], "weight": [[1]], name: TEN_GIGABYTES}
    answer = client.post("/v1/convolutions", json=body).get_json()
    assert (answer["code"], answer["asked"]) == ("over_budget", 2_500_000_000)
    assert answer["errors"][0]["pointer"] == f"/{name}/shape"
    del body[name]
    answer = form(client, body, **{name: HEADER}).get_json()
    assert (answer["code"], answer["asked"]) == ("over_budget", 2_500_000_000)
    assert answer["errors"][0]["pointer"] == f"/{name}"


@pytest.mark.parametrize(
    ("tensor", "code", "pointer"),
    [
        ({}, "validation_failed", "/input/shape"),
        ({"shape": [1], "dtype": "float32"}, "validation_failed", "/input/data"),
        ({"shape": [0], "dtype": "float32", "data": ""}, "validation_failed", "/input/shape/0"),
        ({"shape": [1], "dtype": "object", "data": ""}, "validation_failed", "/input/dtype"),
        ({"shape": [1], "dtype": "int8", "data": 1}, "validation_failed", "/input/data"),
        ({"shape": [1], "dtype": "int8", "data": "AA"}, "tensor_size_mismatch", "/input/data"),
        ({"shape": [1], "dtype": "int8", "data": "A==="}, "base64_unreadable", "/input/data"),
        ({"shape": [1], "dtype": "int8", "data": "AA==", "x": 1}, "validation_failed", "/input/x"),
    ],
)
def test_points_into_packed_tensors(
    client: ContractClient, tensor: Any, code: str, pointer: str
) -> None:
    body = {"op": "max_pool1d", "input": tensor, "kernel_size": 1}
    answer = client.post("/v1/convolutions", json=body).get_json()
    assert (answer["code"], answer["errors"][0]["pointer"]) == (code, pointer)


def raw_form(*parts: str, end: str = "--b--\r\n") -> bytes:
    return ("".join(f"--b\r\n{part}\r\n" for part in parts) + end).encode()


NAMED = 'Content-Disposition: form-data; name="layer"\r\n\r\n{"op": "max_pool1d"}'


@pytest.mark.parametrize(
    ("raw", "boundary", "status", "words"),
    [
        (raw_form(NAMED), "", 400, "no boundary"),
        (raw_form(NAMED), "x" * 201, 400, "no boundary"),
        (raw_form(NAMED), "é", 400, "no boundary"),
        (raw_form(NAMED), "c", 400, "nowhere"),
        (b"x", "b", 400, "nowhere"),
        (raw_form(NAMED, end=""), "b", 400, "closing"),
        (raw_form(*[NAMED] * 20), "b", 400, "more than"),
        (raw_form(*[NAMED] * 4000), "b", 400, "more than"),
        (raw_form("x"), "b", 400, "no header"),
        (raw_form("\r\n{}"), "b", 400, "no header"),
        (raw_form("Content-Disposition: form-data\r\n\r\n{}"), "b", 400, "no name"),
        (raw_form("X: " + "y" * 3000 + "\r\n\r\n{}"), "b", 400, "no header"),
        (
            raw_form("Content-Transfer-Encoding: base64\r\n" + NAMED),
            "b",
            400,
            "transfer encoding",
        ),
        (raw_form(NAMED, NAMED), "b", 422, "twice"),
        (raw_form(), "b", 422, "missing"),
        (raw_form(NAMED.replace("layer", "leyer")), "b", 422, "no such part"),
        (raw_form(NAMED.partition("{")[0] + "[]"), "b", 422, "an object"),
        (raw_form(NAMED.partition("{")[0] + "{"), "b", 400, "Expecting"),
        (raw_form(NAMED), "b", 422, "missing"),
    ],
)
def test_forms_that_are_none(
    client: ContractClient, raw: bytes, boundary: str, status: int, words: str
) -> None:
    answer = client.post(
        "/v1/convolutions",
        data=raw,
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    assert answer.status_code == status
    assert words in answer.get_json()["detail"]


def test_a_tensor_is_given_once(client: ContractClient) -> None:
    layer = {"op": "max_pool1d", "kernel_size": 1, "input": [1]}
    answer = form(client, layer, input=saved(np.ones(1))).get_json()
    assert answer["errors"][0] == {
        "pointer": "/input",
        "detail": "It stands in layer and is a part as well.",
        "hint": "give one",
    }


def test_only_convolutions_take_forms(client: ContractClient) -> None:
    answer = client.post("/v1/shapes", data={"layer": "{}"}, content_type="multipart/form-data")
    assert (answer.status_code, answer.headers["Accept"]) == (415, "application/json")
    answer = client.post("/v1/convolutions", data=b"", content_type="text/plain")
    assert answer.headers["Accept"] == "application/json, multipart/form-data"
