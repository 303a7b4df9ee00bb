"""Networks on real numbers over HTTP: the frameworks' own numbers, pictures, refusals."""

import json
import zlib
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract_client import ContractClient
from picture_files import BOMB, b64, chunk, png
from service.convolution import write_npy
from service.shapes.catalogue import entry

LINES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "oracle" / "network_runs.jsonl")
    .read_text("utf-8")
    .splitlines()
]
CONV = {"name": "conv", "op": "conv2d", "params": {"filters": 1, "kernel_size": 3}}
SMALL: dict[str, Any] = {"input": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], "layers": [CONV]}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["name"])
def test_every_layer_agrees_with_the_framework(
    client: ContractClient, line: dict[str, Any]
) -> None:
    answer = client.post("/v1/networks/run", json={**line["body"], "return": "all"}).get_json()
    assert [layer["name"] for layer in answer["layers"]] == list(line["outputs"])
    for layer in answer["layers"]:
        expected = np.array(line["outputs"][layer["name"]])
        assert tuple(layer["output_shape"]) == expected.shape
        np.testing.assert_allclose(layer["output"], expected, rtol=2e-5, atol=2e-6)
        assert layer["mean"] == pytest.approx(expected.mean(), abs=1e-5)
    assert answer["drawn"] == []
    assert answer["outputs"] == [answer["layers"][-1]["name"]]


def test_a_well_known_network_runs_on_a_picture_of_any_fitting_size(client: ContractClient) -> None:
    rows = bytes([0, *range(0, 250, 25)]) * 10
    picture = {"image": b64(png(10, 10, chunk(b"IDAT", zlib.compress(rows)))), "values": "0..1"}
    body = {"network": "resnet18", "input": {**picture, "channels": "rgb"}, "seed": 4}
    answer = client.post("/v1/networks/run", json=body).get_json()
    assert answer["input_shape"] == [1, 3, 10, 10]
    assert answer["picture"] == {
        "width": 10,
        "height": 10,
        "channels": "rgb",
        "values": "0..1",
        "notes": answer["picture"]["notes"],
    }
    assert answer["total"]["params"] == 11_689_512
    assert [one["name"] for one in answer["layers"] if "output" in one] == ["fc"]
    assert [warning["code"] for warning in answer["warnings"]] == ["maps_left_out"]
    text = client.post("/v1/networks/run?format=text", json=body).text
    assert "stem.conv" in text
    assert "Min" in text.splitlines()[0]
    too_small = client.post("/v1/networks/run", json={"network": "lenet5", "input": [[[[1]]]]})
    fault = too_small.get_json()["errors"][0]
    assert (too_small.status_code, fault["pointer"]) == (422, "/input")
    assert "C1" in fault["detail"]


def test_a_picture_takes_the_place_that_the_network_has_for_it(client: ContractClient) -> None:
    grey = {"image": b64(png(3, 2, chunk(b"IDAT", zlib.compress(bytes([0, 1, 2, 3] * 2)))))}
    relu = [{"op": "relu"}]
    for frame, shape in (
        ({}, [2, 3, 1]),
        ({"input_shape": [2, 3]}, [2, 3]),
        ({"framework": "pytorch"}, [1, 1, 2, 3]),
        ({"framework": "pytorch", "input_shape": [1, 2, 3]}, [1, 2, 3]),
        ({"framework": "keras"}, [1, 2, 3, 1]),
        ({"framework": "keras", "layout": "NCHW"}, [1, 1, 2, 3]),
    ):
        answer = client.post("/v1/networks/run", json={"input": grey, "layers": relu, **frame})
        assert answer.get_json()["input_shape"] == shape, frame
    for wrong, pointer in (({"layout": 5}, "/layout"), ({"input_shape": [6]}, "/input")):
        answer = client.post("/v1/networks/run", json={"input": grey, "layers": relu, **wrong})
        assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_a_seed_that_is_given_and_one_that_is_not(client: ContractClient) -> None:
    drawn = client.post("/v1/networks/run", json=SMALL).get_json()
    assert (drawn["seed"], drawn["drawn"], drawn["initialisation"]) == (0, ["conv"], "he_uniform")
    again = client.post("/v1/networks/run", json={**SMALL, "seed": 0}).get_json()
    assert again["layers"][0]["mean"] == pytest.approx(drawn["layers"][0]["mean"], rel=1e-12)
    other = client.post(
        "/v1/networks/run", json={**SMALL, "seed": 1, "initialisation": "glorot_uniform"}
    ).get_json()
    assert other["layers"][0]["output"] != drawn["layers"][0]["output"]
    given = client.post(
        "/v1/networks/run",
        json={**SMALL, "weights": {"conv": {"weight": {"filter": "identity"}, "bias": [0.5]}}},
    ).get_json()
    assert (given["seed"], given["initialisation"]) == (None, None)
    assert given["layers"][0]["output"] == [[[5.5]]]


def test_maps_come_back_as_they_are_asked_for(client: ContractClient) -> None:
    body = {**SMALL, "layers": [{**CONV, "name": "a/b"}, {"name": "relu", "op": "relu"}]}
    body |= {"weights": {"a/b": {"weight": [[1, 1, 1]] * 3}}, "encoding": "base64"}
    first, second = client.post("/v1/networks/run", json=body).get_json()["layers"]
    assert np.frombuffer(b64decode(first["output"]["data"]), "<i8").tolist() == [45]
    assert second["output"]["shape"] == [1, 1, 1]
    only = client.post("/v1/networks/run", json={**body, "return": ["relu"]}).get_json()["layers"]
    assert ["output" in layer for layer in only] == [False, True]
    none = client.post("/v1/networks/run", json={**body, "return": []}).get_json()
    assert not any("output" in layer for layer in none["layers"])
    file = BytesIO(write_npy(np.array([[-1, 0], [2, 3]], "i4")))
    form = {"network": json.dumps({"layers": [{"op": "relu"}]}), "input": (file, "x.npy")}
    answer = client.post("/v1/networks/run", data=form).get_json()
    assert answer["layers"][0]["output"] == [[0, 0], [2, 3]]


def packed_zeros(*shape: int) -> dict[str, Any]:
    return {"shape": shape, "dtype": "uint8", "data": b64(np.zeros(shape, "u1").tobytes())}


def test_pictures_show_the_input_and_the_maps_of_each_layer(client: ContractClient) -> None:
    line = LINES[-1]["body"]
    svg = client.post("/v1/networks/run", json=line, headers={"Accept": "image/svg+xml"}).text
    for title in (
        "input, 2×9×8×3, the first of 2",
        "conv: conv2d, 2×9×8×4",
        "sep: separable_conv2d, 2×4×3×5",
        "dense: linear, 2×4",
    ):
        assert title in svg
    png_ = client.post("/v1/networks/run", json=SMALL, headers={"Accept": "image/png"}).data
    assert png_[:8] == b"\x89PNG\r\n\x1a\n"
    many = {**SMALL, "layers": [CONV, *[{"op": "relu"}] * 40]}
    drawn = client.post("/v1/networks/run", json=many, headers={"Accept": "image/svg+xml"})
    assert drawn.status_code == 200
    assert "Feature maps of 1 of 41 layers" in drawn.text
    assert "relu" not in drawn.text
    many["layers"] = [{"op": "max_pool2d", "params": {"kernel_size": 1}}] * 40
    drawn = client.post("/v1/networks/run", json=many, headers={"Accept": "image/svg+xml"})
    assert "Feature maps of 23 of 40 layers" in drawn.text
    assert "max_pool2d_40: " in drawn.text
    large = {
        "input": packed_zeros(80, 80, 2),
        "layers": [{"name": "one", "op": "relu"}, {"op": "tanh"}],
    }
    assert "output" not in client.post("/v1/networks/run", json=large).get_json()["layers"][0]
    drawn = client.post("/v1/networks/run", json=large, headers={"Accept": "image/svg+xml"})
    assert "one: relu, 80×80×2" in drawn.text
    layers = [{"op": "global_max_pool3d"}, {"op": "relu"}]
    body = {"framework": "pytorch", "input": [[[[[1, 2]]] * 3]], "layers": layers}
    deep = client.post("/v1/networks/run", json=body, headers={"Accept": "image/svg+xml"}).text
    assert "input, 1×1×3×1×2: 3 maps of 1 × 2" in deep


WEIGHT = "/weights/conv/weight"


def weight(value: Any) -> dict[str, Any]:
    return {"weights": {"conv": {"weight": value}}}


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"layers": None}, "wrong_type", "/layers"),
    ({"layers": []}, "empty_network", "/layers"),
    ({"layers": None, "network": "lenet6"}, "unknown_network", "/network"),
    ({"network": "lenet5"}, "validation_failed", "/layers"),
    ({"layers": None, "network": "lenet5", "layout": "NHWC"}, "validation_failed", "/layout"),
    ({"input": None}, "validation_failed", "/input"),
    ({"input": [[1, 2], [3]]}, "ragged_tensor", "/input/1"),
    ({"input": {"image": "AAAA"}}, "picture_unreadable", "/input/image"),
    ({"input_shape": [4, 4]}, "input_shape_mismatch", "/input"),
    ({"input_shape": ["H", 3]}, "wrong_type", "/input_shape/0"),
    ({"layout": "XYZ"}, "unknown_layout", "/layout"),
    ({"weights": []}, "validation_failed", "/weights"),
    ({"weights": {"conv": 1}}, "validation_failed", "/weights/conv"),
    (weight(None), "weight_missing", WEIGHT),
    (weight("x"), "wrong_type", WEIGHT),
    (weight({"shape": [1]}), "validation_failed", f"{WEIGHT}/dtype"),
    (weight([{"filter": "soble"}]), "unknown_filter", f"{WEIGHT}/0/filter"),
    (weight([{"filter": "sobel_x"}, [1]]), "validation_failed", f"{WEIGHT}/1"),
    ({"seed": -1}, "validation_failed", "/seed"),
    ({"initialisation": "xavier"}, "validation_failed", "/initialisation"),
    ({"return": ["con"]}, "unknown_layer", "/return/0"),
    ({"return": "some"}, "validation_failed", "/return"),
    ({"trace": {}}, "unknown_field", "/trace"),
]


@pytest.mark.parametrize(("change", "code", "pointer"), REFUSED)
def test_refusals_teach_and_point(
    client: ContractClient, change: dict[str, Any], code: str, pointer: str
) -> None:
    body = {name: value for name, value in {**SMALL, **change}.items() if value is not None}
    answer = client.post("/v1/networks/run", json=body)
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (422, code), problem
    assert problem["errors"][0]["pointer"] == pointer
    assert problem["errors"][0].get("hint") or code == "validation_failed"


@pytest.mark.parametrize("media", ["application/json", "text/plain", "image/svg+xml", "image/png"])
def test_numbers_at_the_end_of_their_range_are_told(client: ContractClient, media: str) -> None:
    body = {"input": [[-1e308, 1e308, 1e308, 1.5e308]], "layers": [{"op": "dropout"}]}
    answer = client.post("/v1/networks/run", json=body, headers={"Accept": media})
    assert answer.status_code == 200
    if media == "application/json":
        assert answer.get_json()["layers"][0]["mean"] == pytest.approx(6.25e307)


def test_too_much_is_refused_by_what_is_declared(client: ContractClient) -> None:
    big = {"shape": [1, 3, 224, 224], "dtype": "uint8", "data": "A" * (4 * 50_176)}
    answer = client.post("/v1/networks/run", json={"network": "vgg16", "input": big}).get_json()
    assert (answer["code"], answer["errors"][0]["pointer"]) == ("over_budget", "/network")
    huge = {"shape": [50_000, 50_000], "dtype": "float32", "data": ""}
    answer = client.post("/v1/networks/run", json={**SMALL, "input": huge}).get_json()
    assert (answer["code"], answer["asked"]) == ("over_budget", 2_500_000_000)
    bomb = {"image": b64(png(60_000, 60_000, chunk(b"IDAT", BOMB), colour=2))}
    answer = client.post("/v1/networks/run", json={**SMALL, "input": bomb}).get_json()
    assert answer["code"] == "over_budget"
    wide = {"op": "upsampling2d", "params": {"size": 220}}
    layers = [{**wide, "name": str(one), "inputs": ["input"]} for one in range(7)]
    body = {**SMALL, "layers": layers, "return": "all"}
    answer = client.post("/v1/networks/run", json=body).get_json()
    assert (answer["code"], answer["errors"][0]["pointer"]) == ("over_budget", "/return")


def test_the_definition_of_a_network_is_taken_as_the_catalogue_gives_it(
    client: ContractClient,
) -> None:
    numbers = np.linspace(-1, 1, 1024, dtype="<f4").tobytes()
    data = {"shape": [1, 1, 32, 32], "dtype": "float32", "data": b64(numbers)}
    body = {**entry("lenet5").document(), "input": data, "seed": 9}
    whole = client.post("/v1/networks/run", json=body).get_json()
    named = client.post("/v1/networks/run", json={"network": "lenet5", "input": data, "seed": 9})
    for one, other in zip(whole["layers"], named.get_json()["layers"], strict=True):
        assert one["name"] == other["name"]
        np.testing.assert_allclose(one["output"], other["output"], rtol=1e-4, atol=1e-6)
