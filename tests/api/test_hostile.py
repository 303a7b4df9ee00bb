"""Whatever comes, over every route: a clean 4xx that is a problem, never a 5xx."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from contract_client import OPERATIONS, ContractClient
from service.api.operation import Operation

pytestmark = pytest.mark.no_cover  # thousands of rounds through lines that others measure

VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "negative": -1,
    "fraction": 0.5,
    "2**31": 2**31,
    "2**53": 2**53 + 1,
    "2**63": 2**63,
    "-2**63": -(2**63) - 1,
    "10**400": 10**400,
    "1e308": 1e308,
    "text": "text",
    "NUL": "a\0b",
    "bidi": "\u202e\u2066abc",
    "private": "\ue000\ufffd\uffff",
    "a megabyte": "x" * 1_000_000,
    "list": [],
    "lists": [[[[[[[[]]]]]]]],
    "many": list(range(10_000)),
    "object": {},
    "objects": {"a": {"b": {"c": [{}]}}},
    "prototype": {"__proto__": 1, "constructor": 1, "__class__": 1},
}
RAW = {
    "nothing": b"",
    "space": b" ",
    "word": b"nope",
    "NaN": b'{"op": NaN}',
    "infinity": b'[-Infinity, {"input_shape": Infinity}]',
    "1e400": b'{"op": 1e400}',
    "digits": b'{"op": ' + b"9" * 10_000 + b"}",
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "twice": b'{"op": "conv2d", "op": "conv2d"}',
    "half a pair": rb'{"op": "\ud800"}',
    "raw half": b'{"op": "\xed\xa0\x80"}',
    "latin-1": b'{"op": "\xe9"}',
    "UTF-16": '{"op": "conv2d"}'.encode("utf-16"),
    "mark": b'\xef\xbb\xbf{"op": "conv2d"}',
    "comment": b"{/* */}",
    "trailing": b"{} {}",
    "many members": json.dumps({f"k{number}": number for number in range(20_000)}).encode(),
    "long member": b'{"' + b"k" * 1_000_000 + b'": 1}',
}
WRITES = [operation for operation in OPERATIONS.values() if operation.request is not None]
BASES: dict[str, dict[str, Any]] = {
    operation.id: next(
        (dict(example.body) for example in operation.examples if isinstance(example.body, dict)), {}
    )
    for operation in WRITES
}


def address(operation: Operation) -> str:
    for example in operation.examples:
        if set(example.path) == set(operation.path):
            return operation.route.format(**example.path)
    return operation.route.format(**dict.fromkeys(operation.path, "x"))


def members(operation: Operation) -> Iterator[str]:
    """Every member that one of the examples of an operation has."""
    names = {name for e in operation.examples if isinstance(e.body, dict) for name in e.body}
    yield from sorted(names | {"trace", "framework", "layout", "bias", "response", "seed"})


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
@pytest.mark.parametrize("operation", WRITES, ids=lambda operation: operation.id)
def test_bodies_that_are_no_json(client: ContractClient, operation: Operation, raw: bytes) -> None:
    response = client.open(
        address(operation), method=operation.method, data=raw, content_type="application/json"
    )
    if raw or not operation.body_optional:
        assert 400 <= response.status_code < 500
    else:
        assert response.status_code < 300


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("operation", WRITES, ids=lambda operation: operation.id)
def test_values_in_every_place(client: ContractClient, operation: Operation, value: Any) -> None:
    whole = client.open(address(operation), method=operation.method, json=value)
    assert whole.status_code < 500
    for name in members(operation):
        body = {**BASES[operation.id], name: value}
        response = client.open(address(operation), method=operation.method, json=body)
        assert response.status_code < 500, name
        for inner in ([value], {"x": value}, [[value]]):
            body = {**BASES[operation.id], name: inner}
            response = client.open(address(operation), method=operation.method, json=body)
            assert response.status_code < 500, name


TEXTS = [
    "",
    "0",
    "-1",
    "9" * 400,
    "1e400",
    "NaN",
    "null",
    "٣",
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "%f0%9f%98%80",
    "%e2%80%ae",
    "..%2f..%2fetc%2fpasswd",
    "a%0d%0aX-Injected:%201",
    "<script>alert(1)</script>",
    "x" * 5_000,
    "'; DROP TABLE users; --",
    "{{7*7}}",
    "%EE%80%80",
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:20] or "empty")
def test_paths_and_queries(client: ContractClient, text: str) -> None:
    for operation in OPERATIONS.values():
        if operation.method != "GET":
            continue
        names = dict.fromkeys(operation.path, text or "x")
        path = operation.route.format(**names) if names else operation.route
        asked = ["limit", "cursor", "format", "input_shape", "kernel_size", "padding", "framework"]
        queries = ["", text, f"{text}={text}", *(f"{name}={text}" for name in asked)]
        for query in queries if not names else queries[:2]:
            response = client.get(f"{path}?{query}")
            assert response.status_code < 500, (operation.id, query)
            assert "X-Injected" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "\xff"},
        {"Accept": "text/plain;q=x, */*;q=-1, ;;;"},
        {"Accept": ",".join(["a/b"] * 5_000)},
        {"If-None-Match": '"' * 10_000},
        {"X-Request-Id": "\xff\x00" * 100},
        {"Content-Type": "application/json; charset=" + "x" * 5_000},
        {"Content-Type": "multipart/form-data; boundary="},
        {"Content-Length": "-1"},
        {"Content-Length": "9" * 400},
        {"Content-Length": "1e3"},
        {"Authorization": "Bearer " + "x" * 10_000},
        {"Idempotency-Key": "\xff" * 300},
    ],
    ids=lambda headers: str(headers)[:40],
)
def test_headers(client: ContractClient, headers: dict[str, str]) -> None:
    for operation in OPERATIONS.values():
        raw = {name: value.encode("latin-1").decode("latin-1") for name, value in headers.items()}
        response = client.open(address(operation), method=operation.method, headers=raw)
        assert response.status_code < 500, operation.id
