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
        ("conv2d.svg?input_shape=40x40&kernel_size=3", 422, "picture_too_large", "/input_shape"),
        ("conv2d.svg?input_shape=20x20&kernel_size=3", 422, "film_too_long", "/input_shape"),
        ("conv2d.png?input_shape=40x40&kernel_size=3", 422, "picture_too_large", "/input_shape"),
        ("conv3d.png?input_shape=4x4x4&kernel_size=3", 422, "rank_not_drawn", "/op"),
        ("linear.png?input_shape=4&out_features=3", 422, "op_not_drawn", "/op"),
        ("flatten.gif?input_shape=3x3x1", 422, "op_not_drawn", "/op"),
        (
            "conv_transpose2d.gif?input_shape=13x3&kernel_size=3&stride=2",
            422,
            "picture_too_large",
            "/input_shape",
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
    empty = {"op": "conv2d", "framework": "jax", "input": [[[[1]]]], "weight": [[[[1]]]] * 2}
    refused = client.post(path, json=empty | {"padding": "VALID"}, headers={"Accept": "image/gif"})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "no_picture")


def test_channels_and_layouts_are_drawn_as_they_are(client: ContractClient) -> None:
    headers = {"Accept": "image/svg+xml"}
    pool = {"framework": "keras", "op": "max_pool2d", "pool_size": 2}
    pool["input"] = [[[[r * 4 + c, 99] for c in range(4)] for r in range(4)]]
    drawn = client.post("/v1/convolutions", json=pool, headers=headers).text
    assert all(f">{number}</text>" in drawn for number in (0, 5, 7, 13, 15))
    assert ">99</text>" not in drawn
    summed = {"op": "conv2d", "input": [[[77, 2], [3, 4]]], "weight": [[[[1]], [[2]]]]}
    drawn = client.post("/v1/convolutions", json=summed, headers=headers).text
    assert ">77</text>" in drawn
    assert ">input 1 × 2 × 2, channel 0</text>" in drawn
    assert ">77·1 + 2·2 = 81</text>" in drawn


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"op": "conv2d", "input": [[1, 2], [-3, 4]], "weight": [[1, -1], [2, 0]], "bias": [5]},
            "1·1 + 2·(−1) + (−3)·2 + 4·0 + bias 5 = −2",
        ),
        ({"op": "max_pool1d", "input": [3, 9, 2], "kernel_size": 3}, "max(3, 9, 2) = 9, at (1)"),
        (
            {"op": "avg_pool1d", "input": [3, 9, 3], "kernel_size": 3},
            "(3 + 9 + 3) / 3 = 5",
        ),
        (
            {"op": "global_avg_pool2d", "input": [[[1], [2]], [[3], [6]]]},
            "(1 + 2 + 3 + 6) / 4 = 3",
        ),
        (
            {"op": "separable_conv1d", "input": [[2, 5], [3, 7]]}
            | {"weight": [[[1, 10]], [[-1, 4]]], "pointwise_weight": [[[6], [8]]]},
            "(2·1 + 3·10)·6 + (5·(−1) + 7·4)·8 = 376",
        ),
        (
            {"op": "adaptive_max_pool1d", "input": [[1], [7], [2]], "output_size": 2},
            "max(1, 7) = 7, at (1)",
        ),
    ],
)
def test_the_sum_stands_below(client: ContractClient, body: dict[str, Any], words: str) -> None:
    drawn = client.post("/v1/convolutions", json=body, headers={"Accept": "image/svg+xml"})
    assert f">{words}</text>" in drawn.text


def test_patches_add_up_step_by_step(client: ContractClient) -> None:
    body = {"op": "conv_transpose1d", "input": [10, 200], "weight": [1, 2, 3], "bias": [4000]}
    headers = {"Accept": "image/svg+xml"}
    drawn = client.post("/v1/convolutions", json=body, headers=headers).text
    shared, *frames = drawn.split('data-frame="')
    first, second = (shared + frame for frame in frames)
    # By hand: 10·(1, 2, 3) at 0, 200·(1, 2, 3) at 1, and the bias everywhere.
    for number, seen in {
        "4010": (True, True),
        "4020": (True, False),
        "4220": (False, True),
        "4030": (True, False),
        "4430": (False, True),
        "4600": (False, True),
    }.items():
        assert (f">{number}</text>" in first, f">{number}</text>" in second) == seen, number
    assert ">10 · (1, 2, 3) = (10, 20, 30)</text>" in first
    assert ">200 · (1, 2, 3) = (200, 400, 600)</text>" in second
    traced = body | {"trace": {"positions": [[1]]}}
    drawn = client.post("/v1/convolutions", json=traced, headers=headers).text
    assert "Step 2 of 2" in drawn
    assert ">10·2 + 200·1 + bias 4000 = 4220</text>" in drawn


def test_a_cropped_patch_and_one_of_two_channels(client: ContractClient) -> None:
    headers = {"Accept": "image/svg+xml"}
    body = {"op": "conv_transpose2d", "input": [[2]], "weight": [[1, 2], [3, -4]]}
    body |= {"padding": [[0, 1], [0, 0]]}
    drawn = client.post("/v1/convolutions", json=body, headers=headers)
    assert ">2 · (1, 2 / –, –) = (2, 4 / –, –)</text>" in drawn.text
    deep = {"op": "conv_transpose1d", "input": [[1, 5]], "weight": [[[1]], [[2]]]}
    drawn = client.post("/v1/convolutions", json=deep, headers=headers)
    assert "the patches of 2 channels add up" in drawn.text
    assert ">11</text>" in drawn.text


def test_the_sample_that_is_traced_is_drawn(client: ContractClient) -> None:
    body = {"framework": "pytorch", "op": "max_pool1d", "kernel_size": 2}
    body |= {"input": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}
    body |= {"trace": {"positions": [[0]], "sample": 1, "channel": 1}}
    drawn = client.post("/v1/convolutions", json=body, headers={"Accept": "image/svg+xml"}).text
    assert ">max(7, 8) = 8, at (1)</text>" in drawn
    assert ">input 2 × 2 × 2, channel 1</text>" in drawn
    assert ">7</text>" in drawn


def test_what_is_too_large_for_cells_is_drawn_as_maps(client: ContractClient) -> None:
    values = [[[row * column, row - column] for column in range(30)] for row in range(26)]
    weight = [[[[1]], [[0]]], [[[0]], [[1]]], [[[1]], [[1]]]]
    body = {"op": "conv2d", "input": values, "weight": weight}
    drawn = client.post("/v1/convolutions", json=body, headers={"Accept": "image/svg+xml"})
    assert ">input, 26×30×2</text>" in drawn.text
    assert ">output, 26×30×3</text>" in drawn.text
    assert "output, 26×30×3: 3 maps of 26 × 30; values from −29 to 725" in drawn.text
    assert drawn.text.count('shape-rendering="crispEdges"') == 2 + 3 + 2
    for form in ("png", "gif"):
        answer = client.post("/v1/convolutions", json=body, headers={"Accept": f"image/{form}"})
        assert Image.open(BytesIO(answer.data)).format == form.upper()
    deep = {"op": "max_pool3d", "input": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]], "kernel_size": 1}
    drawn = client.post("/v1/convolutions", json=deep, headers={"Accept": "image/svg+xml"})
    assert "output, 2×2×2" in drawn.text
    assert "2 maps of 2 × 2; black is 1, white is 8" in drawn.text


def test_numbers_in_cells_are_the_engines(client: ContractClient) -> None:
    body = {"op": "conv2d", "input": [[12345, -2.5], [1234567, 0.123456]], "weight": [[2]]}
    path = "/v1/convolutions"
    drawn = client.post(path, json=body, headers={"Accept": "image/svg+xml"}).text
    for number in ("12345", "−2.5", "1234567", "0.1235", "24690", "−5", "2469134", "0.2469"):
        assert f">{number}</text>" in drawn, number


def test_what_is_too_long_to_be_written_is_left_out(client: ContractClient) -> None:
    """Neither sums of 360 products nor the sums of 64 patches of 40 channels."""
    data = [[[1] * 8 for _ in range(8)] for _ in range(40)]
    weight = [[[[1] * 3] * 3] * 40] * 40
    body = {"framework": "pytorch", "input": data, "weight": weight}
    headers = {"Accept": "image/svg+xml"}
    summed = client.post("/v1/convolutions", json=body | {"op": "conv2d"}, headers=headers).text
    assert ">360</text>" in summed
    assert "1·1" not in summed
    body |= {"op": "conv_transpose2d", "stride": 2}
    patches = client.post("/v1/convolutions", json=body, headers=headers).text
    assert "Step 64 of 64" in patches
    assert ">1</text>" in patches
    assert ">40</text>" not in patches
