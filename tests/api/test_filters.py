"""Filters by name on pictures, over HTTP: in every layout the same, and a picture comes out."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from contract_client import ContractClient
from service.api.schemas.tensors import WeightTensor
from service.convolution import FILTERS

RNG = np.random.default_rng(2)
GREY = RNG.integers(0, 256, (6, 8)).astype(np.uint8)
COLOUR = RNG.integers(0, 256, (6, 8, 3)).astype(np.uint8)
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def image(array: Any) -> dict[str, str]:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return {"image": base64.b64encode(buffer.getvalue()).decode()}


def sobel(array: Any) -> Any:
    """The definition, in loops, without padding; channels each by itself."""
    grey = array.astype(int)
    rows, columns = grey.shape[0] - 2, grey.shape[1] - 2
    weight = SOBEL if grey.ndim == 2 else SOBEL[:, :, None]
    return np.array(
        [
            [(grey[r : r + 3, c : c + 3] * weight).sum(axis=(0, 1)) for c in range(columns)]
            for r in range(rows)
        ]
    )


def post(client: ContractClient, body: dict[str, Any], **headers: str) -> Any:
    return client.post("/v1/convolutions", json={"op": "conv2d", **body}, headers=headers)


def test_a_grey_picture_has_rows_and_columns(client: ContractClient) -> None:
    body = {"input": image(GREY), "weight": {"filter": "sobel_x"}}
    answer = post(client, body).get_json()
    assert answer["layout"] == "HW"
    assert answer["output"] == sobel(GREY).tolist()
    assert answer["picture"] == {
        "width": 8,
        "height": 6,
        "channels": "grey",
        "values": "0..255",
        "notes": [],
        "mapping": answer["picture"]["mapping"],
    }


@pytest.mark.parametrize(
    ("framework", "more", "axes"),
    [
        ("textbook", {}, "HWC"),
        ("textbook", {"layout": "NCHW"}, "NCHW"),
        ("pytorch", {}, "CHW"),
        ("pytorch", {"layout": "NCHW"}, "NCHW"),
        ("keras", {}, "HWC"),
        ("keras", {"data_format": "channels_first"}, "CHW"),
        ("tensorflow", {}, "NHWC"),
        ("jax", {}, "NCHW"),
        ("flax", {"padding": "VALID"}, "HWC"),
        ("onnx", {}, "NCHW"),
    ],
)
def test_each_channel_is_filtered_by_itself(
    client: ContractClient, framework: str, more: dict[str, Any], axes: str
) -> None:
    weight = {"filter": "sobel_x"}
    body = {"framework": framework, "input": image(COLOUR), "weight": weight, **more}
    answer = post(client, body).get_json()
    assert answer["layout"] == axes
    output = np.array(answer["output"]).transpose(
        [axes.index(one) for one in axes if one == "N"] + [axes.index(one) for one in "HWC"]
    )
    np.testing.assert_array_equal(output.reshape(4, 6, 3), sobel(COLOUR))


@pytest.mark.parametrize("framework", ["textbook", "pytorch", "keras", "tensorflow"])
def test_depthwise_layers_take_filters(client: ContractClient, framework: str) -> None:
    body = {
        "framework": framework,
        "op": "depthwise_conv2d",
        "input": image(COLOUR),
        "weight": {"filter": "sobel_x"},
    }
    answer = post(client, body).get_json()
    output = np.array(answer["output"])
    output = output[0] if output.ndim == 4 else output
    output = output.transpose(1, 2, 0) if answer["layout"][-3:] == "CHW" else output
    np.testing.assert_array_equal(output, sobel(COLOUR))


def test_fewer_groups_add_channels_up(client: ContractClient) -> None:
    body = {"input": image(COLOUR), "weight": {"filter": "sobel_x"}, "groups": 1}
    answer = post(client, body).get_json()
    np.testing.assert_array_equal(np.array(answer["output"])[..., 0], sobel(COLOUR).sum(axis=-1))


def test_groups_under_another_name(client: ContractClient) -> None:
    body = {"framework": "flax", "input": image(COLOUR), "weight": {"filter": "sobel_x"}}
    answer = post(client, {**body, "padding": "VALID", "feature_group_count": 3}).get_json()
    np.testing.assert_array_equal(np.array(answer["output"]), sobel(COLOUR))


def test_filters_work_on_lists_too(client: ContractClient) -> None:
    body = {"input": [[0, 4, 8]], "weight": {"filter": "box", "size": 1}}
    assert post(client, body).get_json()["output"] == [[0, 4, 8]]


@pytest.mark.parametrize("array", [GREY, COLOUR], ids=["grey", "rgb"])
def test_a_picture_comes_out(client: ContractClient, array: Any) -> None:
    edges = {"input": image(array), "weight": {"filter": "sobel_x"}}
    answer = post(client, edges, Accept="image/png")
    assert answer.mimetype == "image/png"
    expected = sobel(array)
    peak = np.abs(expected).max()
    assert answer.headers["Picture-Mapping"] == (
        f"0 is grey 128, -{peak} is 1 and {peak} is 255; linear between."
    )
    made = np.asarray(Image.open(io.BytesIO(answer.data)))
    np.testing.assert_array_equal(made, np.rint(128 + expected * 127 / peak))
    same = {"input": image(array), "weight": {"filter": "identity"}, "padding": "same"}
    answer = post(client, same, Accept="image/png")
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(answer.data))), array)


def test_a_pool_of_a_picture_is_one(client: ContractClient) -> None:
    body = {"op": "max_pool2d", "kernel_size": 2, "input": image(COLOUR)}
    answer = post(client, body, Accept="image/png")
    made = np.asarray(Image.open(io.BytesIO(answer.data)))
    np.testing.assert_array_equal(made, COLOUR.reshape(3, 2, 4, 2, 3).max(axis=(1, 3)))


def test_other_counts_of_maps_are_a_grid(client: ContractClient) -> None:
    body = {"input": image(COLOUR), "weight": [[[[1]]] * 3] * 2}
    answer = post(client, body, Accept="image/png")
    made = Image.open(io.BytesIO(answer.data))
    assert made.text["Title"] == "conv2d: the input, and the maps that come out"
    assert "2 maps of " in made.text["Description"]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"op": "max_pool1d", "kernel_size": 1, "input": image(GREY)}, "picture_not_2d", "/input"),
        (
            {"layout": "HW", "input": image(COLOUR), "weight": [[1]]},
            "picture_not_2d",
            "/input",
        ),
        ({"op": "conv1d", "input": [1], "weight": {"filter": "box"}}, "filter_not_2d", "/weight"),
        (
            {"input": [[1]], "weight": {"filter": "sobbel"}},
            "unknown_filter",
            "/weight/filter",
        ),
        (
            {"input": [[1]], "weight": {"filter": "box", "size": 2}},
            "filter_parameter_out_of_range",
            "/weight/size",
        ),
        (
            {"input": [[1]], "weight": {"filter": "box", "width": 2}},
            "validation_failed",
            "/weight/width",
        ),
        ({"input": {"image": 1}, "weight": [[1]]}, "validation_failed", "/input/image"),
        ({"input": {"image": "AAAA"}, "weight": [[1]]}, "picture_unreadable", "/input/image"),
        (
            {"input": image(GREY) | {"channels": "cmyk"}, "weight": [[1]]},
            "validation_failed",
            "/input/channels",
        ),
        ({"input": [[1]], "weight": image(GREY)}, "validation_failed", "/weight/image"),
    ],
)
def test_points_to_what_is_wrong(
    client: ContractClient, body: dict[str, Any], code: str, pointer: str | None
) -> None:
    answer = post(client, body, Accept="image/png").get_json()
    assert answer["code"] == code
    if pointer is not None:
        assert pointer in [error["pointer"] for error in answer["errors"]]


def test_lists_every_filter(client: ContractClient) -> None:
    answer = client.get("/v1/filters")
    items = {one["filter"]: one for one in answer.get_json()["items"]}
    assert list(items) == list(FILTERS)
    assert items["sobel_x"]["kernel"] == SOBEL.tolist()
    assert items["box"]["sum"] == 1
    assert "sobel_x: Positive where" in client.get("/v1/filters?format=text").text


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_takes_its_parameters(client: ContractClient, name: str) -> None:
    defaults = {parameter.name: parameter.default for parameter in FILTERS[name].parameters}
    weight = {"filter": name, **defaults}
    assert WeightTensor().deserialize(weight, "weight").kernel.tolist() == (
        FILTERS[name].kernel().tolist()
    )
    answer = post(client, {"input": image(COLOUR), "weight": weight, "padding": "same"})
    assert answer.get_json()["output_shape"] == [6, 8, 3]
