"""Heavy work goes one at a time, a few wait, the rest is told to come again; cheap work passes."""

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.api.blueprints.meta import contract_as_json
from service.api.context import EXTENSION
from service.api.gate import Gate

CHEAP = {"op": "max_pool1d", "input": [3, 1, 4, 1], "kernel_size": 2}
HEAVY = {"op": "conv2d", "input": [[1]], "weight": [[1]], "padding": 200}
LARGE = {"op": "max_pool1d", "input": [0.123456] * 20_000, "kernel_size": 20_000}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the application whose gate a test changes."""
    return app.test_client()


def gate_of(app: Flask, **settings: Any) -> Gate:
    app.extensions[EXTENSION].gate = gate = Gate(**settings)
    return gate


@pytest.mark.parametrize("body", [HEAVY, LARGE], ids=["work", "body"])
def test_surplus_heavy_work_is_told_to_come_again(
    app: Flask, client: FlaskClient, body: Any
) -> None:
    gate = gate_of(app, waiting=0)
    assert gate.enter()
    answer = client.post("/v1/convolutions", json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "busy")
    assert answer.headers["Retry-After"] == "1"
    assert client.post("/v1/convolutions", json=CHEAP).status_code == 200
    gate.leave()
    assert client.post("/v1/convolutions", json=body).status_code == 200


def test_reports_wait_for_one_another_alone(app: Flask, client: FlaskClient) -> None:
    services = app.extensions[EXTENSION]
    services.report_gate = gate = Gate(waiting=0)
    assert gate.enter()
    refused = client.get("/v1/decks/cnn/report")
    assert (refused.status_code, refused.get_json()["code"]) == (503, "busy")
    assert client.post("/v1/convolutions", json=HEAVY).status_code == 200
    gate.leave()
    for _ in range(2):
        assert client.get("/v1/decks/cnn/report").status_code == 200


def test_the_contract_is_made_into_json_once(app: Flask, client: FlaskClient) -> None:
    contract_as_json.cache_clear()
    gate = gate_of(app, waiting=0)
    assert gate.enter()
    assert client.get("/openapi.json").get_json()["code"] == "busy"
    assert client.get("/openapi.yaml").status_code == 200
    gate.leave()
    assert client.get("/openapi.json").status_code == 200
    assert gate.enter()
    assert client.get("/openapi.json").status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (HEAVY, 200),
        ({**HEAVY, "stride": 0}, 422),
        ({**LARGE, "kernel_size": "x"}, 422),
        ({**LARGE, "input": [0.123456] * 20_000 + ["x"]}, 422),
    ],
)
def test_every_turn_ends(app: Flask, client: FlaskClient, body: Any, status: int) -> None:
    gate = gate_of(app, waiting=0)
    assert client.post("/v1/convolutions", json=body).status_code == status
    assert gate.enter()


def test_a_few_wait_for_their_turn() -> None:
    gate = Gate(waiting=2, patience=30)
    assert gate.enter()
    got: list[bool] = []

    def work() -> None:
        got.append(gate.enter())
        gate.leave()

    waiters = [threading.Thread(target=work) for _ in range(2)]
    for waiter in waiters:
        waiter.start()
    gate.leave()
    for waiter in waiters:
        waiter.join()
    assert got == [True, True]


def test_nobody_waits_for_ever() -> None:
    gate = Gate(waiting=1, patience=0.01)
    assert gate.enter()
    assert not gate.enter()
    gate.leave()
    assert gate.enter()
