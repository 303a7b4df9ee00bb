"""Pictures by their address: every form, cacheable, and errors that teach."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from contract_client import ContractClient

WINDOW = "input_shape=7x7&kernel_size=3&stride=2&padding=1"


def test_a_picture_in_three_forms(client: ContractClient) -> None:
    moving = client.get(f"/v1/pictures/conv2d.svg?{WINDOW}")
    assert moving.mimetype == "image/svg+xml"
    assert moving.text.startswith("<svg ")
    assert moving.data.count(b"<animate ") == 16
    still = client.get(f"/v1/pictures/conv2d.svg?{WINDOW}&step=5")
    assert b"<animate" not in still.data
    assert "Step 6 of 16" in still.text
    png = Image.open(BytesIO(client.get(f"/v1/pictures/conv2d.png?{WINDOW}&theme=dark").data))
    assert png.format == "PNG"
    gif = Image.open(BytesIO(client.get(f"/v1/pictures/conv2d.gif?{WINDOW}").data))
    assert (gif.format, gif.n_frames) == ("GIF", 16)


def test_a_picture_is_kept_and_not_sent_again(client: ContractClient) -> None:
    path = "/v1/pictures/max_pool1d.svg?input_shape=9&kernel_size=3&framework=textbook"
    first = client.get(path)
    assert "max-age" in first.headers["Cache-Control"]
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status", "code", "pointer"),
    [
        ("conv2d.svg?input_shape=40x40&kernel_size=3", 422, "film_too_long", "/input_shape"),
        ("conv2d.png?input_shape=40x40&kernel_size=3", 422, "picture_too_large", "/input_shape"),
        ("conv3d.png?input_shape=4x4x4&kernel_size=3", 422, "rank_not_drawn", "/op"),
        ("linear.png?input_shape=4&out_features=3", 422, "op_not_drawn", "/op"),
        (
            "conv_transpose2d.gif?input_shape=3x3&kernel_size=3",
            422,
            "op_not_drawn",
            "/op",
        ),
        (f"conv2d.svg?{WINDOW}&step=16", 422, "out_of_range", "/step"),
        (f"conv2d.svg?{WINDOW}&step=x", 422, "validation_failed", "/step"),
        (f"conv2d.svg?{WINDOW}&theme=pink", 422, "validation_failed", "/theme"),
        (f"conv2d.svg?{WINDOW}&strid=2", 422, "validation_failed", "/strid"),
        ("conv2d.svg?input_shape=HxW&kernel_size=3", 422, "name_needs_number", "/input_shape"),
        (
            "conv2d.gif?input_shape=3x3&kernel_size=5",
            422,
            "kernel_larger_than_padded_input",
            "/kernel_size",
        ),
        ("conv4d.svg?input_shape=3x3", 404, "not_found", None),
    ],
)
def test_what_is_not_drawn(
    client: ContractClient, path: str, status: int, code: str, pointer: Any
) -> None:
    refused = client.get(f"/v1/pictures/{path}")
    problem = refused.get_json()
    assert (refused.status_code, problem["code"]) == (status, code)
    if pointer:
        assert problem["errors"][0]["pointer"] == pointer


def test_numbers_of_a_request_are_drawn(client: ContractClient) -> None:
    body = {"op": "conv2d", "input": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], "weight": [[1, 0], [0, -1]]}
    path = "/v1/convolutions"
    moving = client.post(path, json=body, headers={"Accept": "image/svg+xml"})
    assert moving.mimetype == "image/svg+xml"
    assert moving.text.count("<animate ") == 4
    assert ">−4</text>" in moving.text
    assert all(f">{number}</text>" in moving.text for number in range(1, 10))
    traced = body | {"trace": {"positions": [[1, 0]]}}
    still = client.post(path, json=traced, headers={"Accept": "image/svg+xml"})
    assert "Step 3 of 4" in still.text
    assert "<animate" not in still.text
    gif = Image.open(BytesIO(client.post(path, json=body, headers={"Accept": "image/gif"}).data))
    assert gif.n_frames == 4
    png = Image.open(BytesIO(client.post(path, json=body, headers={"Accept": "image/png"}).data))
    assert png.format == "PNG"
    large = {"op": "conv2d", "input": [[0] * 30] * 30, "weight": [[1]]}
    refused = client.post(path, json=large, headers={"Accept": "image/gif"})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "film_too_long")


def test_channels_and_layouts_are_drawn_as_they_are(client: ContractClient) -> None:
    headers = {"Accept": "image/svg+xml"}
    pool = {"framework": "keras", "op": "max_pool2d", "pool_size": 2}
    pool["input"] = [[[[r * 4 + c, 99] for c in range(4)] for r in range(4)]]
    drawn = client.post("/v1/convolutions", json=pool, headers=headers).text
    assert all(f">{number}</text>" in drawn for number in (0, 5, 7, 13, 15))
    assert ">99</text>" not in drawn
    summed = {"op": "conv2d", "input": [[[77, 2], [3, 4]]], "weight": [[[[1]], [[1]]]]}
    assert ">77</text>" not in client.post("/v1/convolutions", json=summed, headers=headers).text


def test_numbers_in_cells_are_the_engines(client: ContractClient) -> None:
    body = {"op": "conv2d", "input": [[12345, -2.5], [1234567, 0.123456]], "weight": [[2]]}
    path = "/v1/convolutions"
    drawn = client.post(path, json=body, headers={"Accept": "image/svg+xml"}).text
    for number in ("12345", "−2.5", "1234567", "0.1235", "24690", "−5", "2469134", "0.2469"):
        assert f">{number}</text>" in drawn, number
