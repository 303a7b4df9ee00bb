"""Solutions over HTTP: all that brute force finds, nothing that does not work, and reasons."""

from itertools import product
from typing import Any

import pytest

from contract_client import ContractClient


def ask(client: ContractClient, **body: Any) -> Any:
    asked = {
        "framework": "pytorch",
        "op": "conv2d",
        "input_shape": [1, 3, 32, 32],
        "output_shape": [1, 8, 16, 16],
        "unknown": ["padding"],
        **body,
    }
    return client.post("/v1/solve", json=asked).get_json()


@pytest.mark.parametrize(("size", "wanted"), [(32, 16), (28, 28), (27, 9), (7, 3)])
def test_finds_what_brute_force_finds(client: ContractClient, size: int, wanted: int) -> None:
    found = ask(
        client,
        input_shape=[1, 3, size, size],
        output_shape=[1, 8, wanted, wanted],
        unknown=["kernel_size", "stride", "padding"],
        limit=1000,
    )
    numbers = {
        (one["kernel_size"], one["stride"], one["padding"])
        for one in found["solutions"]
        if isinstance(one["padding"], int)
    }
    expected = {
        (k, s, p)
        for k, s, p in product(range(1, 8), range(1, 5), range(4))
        if size + 2 * p >= k and (size + 2 * p - k) // s + 1 == wanted
    }
    assert expected
    common = {(k, s, p) for k, s, p in numbers if k < 8 and s < 5 and p < 4}
    assert common <= expected
    assert {(k, s, p) for k, s, p in expected if p < k} <= common
    assert found["count"] == len(found["solutions"])
    assert found["why_none"] is None


def test_every_solution_works(client: ContractClient) -> None:
    found = ask(client, unknown=["kernel_size", "stride", "padding", "dilation"], limit=20)
    assert found["count"] > len(found["solutions"]) == 20
    for one in found["solutions"]:
        layer = {"framework": "pytorch", "op": "conv2d", "input_shape": [1, 3, 32, 32], **one}
        shape = client.post("/v1/shapes", json=layer).get_json()
        assert shape["output_shape"] == [1, 8, 16, 16], one


def test_what_resnet_does_is_among_the_first(client: ContractClient) -> None:
    found = ask(
        client,
        input_shape=[1, 3, 224, 224],
        output_shape=[1, 64, 112, 112],
        unknown=["kernel_size", "padding"],
        fixed={"stride": 2},
    )
    assert {"kernel_size": 7, "padding": 3, "out_channels": 64} in found["solutions"][:5]


def test_says_why_there_is_none(client: ContractClient) -> None:
    """Windows of 2 on 28 pixels: a stride of 3 gives 9, and 4 gives 7; nothing gives 8."""
    body = {
        "op": "max_pool2d",
        "framework": None,
        "input_shape": [28, 28, 8],
        "output_shape": [8, 8, 8],
        "unknown": ["stride"],
        "fixed": {"kernel_size": 2.0},
    }
    found = ask(client, **body)
    assert (found["solutions"], found["count"]) == ([], 0)
    assert found["why_none"]
    assert [9, 9, 8] in [one["output_shape"] for one in found["nearest"]]
    assert all((28 - 2) // s + 1 != 8 for s in range(1, 29))
    text = client.post("/v1/solve?format=text", json={**body}).text
    assert text.startswith(f"No solution: {found['why_none']}\nnear: stride ")


def test_as_text(client: ContractClient) -> None:
    body = {
        "op": "conv2d",
        "input_shape": [32, 32, 3],
        "output_shape": [16, 16, 8],
        "unknown": ["padding", "kernel_size"],
        "fixed": {"stride": 2},
        "limit": 1,
    }
    count = client.post("/v1/solve", json=body).get_json()["count"]
    lines = client.post("/v1/solve?format=text", json=body).text.splitlines()
    assert "kernel_size 3" in lines[0]
    assert lines[1] == f"(and {count - 1:,} more)"


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"op": "relu"}, "not_solvable", "/op"),
        ({"op": "conv9d"}, "unknown_operation", "/op"),
        ({"op": None}, "validation_failed", "/op"),
        ({"framework": "torch"}, "validation_failed", "/framework"),
        ({"unknown": []}, "validation_failed", "/unknown"),
        ({"unknown": ["bias"]}, "not_solvable", "/unknown/0"),
        ({"fixed": {"padding": 1}}, "given_twice", "/unknown/0"),
        ({"fixed": [1]}, "validation_failed", "/fixed"),
        ({"output_shape": [16, 16]}, "output_rank_or_size", "/output_shape"),
        (
            {"input_shape": [3, 3, 3, 32, 32], "fixed": {"kernel_size": 3}},
            "input_rank_or_size",
            "/input_shape",
        ),
        ({}, "missing_parameter", "/fixed/kernel_size"),
        ({"limit": 0}, "validation_failed", "/limit"),
        ({"limits": 3}, "validation_failed", "/limits"),
    ],
)
def test_points_to_what_is_wrong(
    client: ContractClient, body: dict[str, Any], code: str, pointer: str
) -> None:
    found = ask(client, **body)
    assert (found["code"], found["errors"][0]["pointer"]) == (code, pointer)
