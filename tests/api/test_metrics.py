"""`/metrics`: what it says is what happened, read with Prometheus' own parser."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from contract_client import OPERATIONS, ContractClient
from quiz_service import Quiz
from running import ROOT
from service.api.codes import CODES
from service.api.context import EXTENSION

Labels = frozenset[tuple[str, str]]


def samples(text: str) -> dict[tuple[str, Labels], float]:
    """Every sample by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def client(app: Flask) -> ContractClient:
    """A client of a service that has counted nothing yet."""
    made = app.test_client()
    assert isinstance(made, ContractClient)
    return made


def told(client: FlaskClient) -> dict[tuple[str, Labels], float]:
    response = client.get("/metrics")
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    return samples(response.text)


def value(found: dict[tuple[str, Labels], float], name: str, **labels: str) -> float:
    return found.get((f"convcards_{name}", frozenset(labels.items())), 0)


def test_each_request_is_counted_by_operation_and_status(client: ContractClient) -> None:
    for path in ("/livez", "/livez", "/v1/cards/none", "/nowhere", "/nowhere/else"):
        client.get(path)
    client.post("/v1/shapes", json={"op": "conv2d"})
    found = told(client)
    for operation, status, number in (
        ("getAlive", "200", 2),
        ("getCard", "404", 1),
        ("none", "404", 2),
        ("computeShape", "422", 1),
    ):
        labels = {"operation": operation, "status": status}
        assert value(found, "request_seconds_count", **labels) == number
        assert value(found, "request_seconds_bucket", le="+Inf", **labels) == number
        assert 0 < value(found, "request_seconds_sum", **labels) < 60
    assert value(found, "problems_total", code="not_found") == 3
    assert value(found, "problems_total", code="validation_failed") == 1
    assert value(found, "workers") == 1
    (about,) = (dict(labels) for name, labels in found if name == "convcards_build_info")
    assert about["database"] == "sqlite"
    assert about["mode"] == "local"


def test_no_label_has_what_a_caller_sent(client: ContractClient) -> None:
    for path in ("/v1/users/ann/answers", "/ann", "/v1/cards/ann", "/v1/decks/ann?ann=ann"):
        client.get(path, headers={"X-Request-Id": "ann", "User-Agent": "ann"})
        client.open(path, method="ANN")
    response = client.get("/metrics")
    assert not re.search(r"\bann\b", response.text, re.IGNORECASE)
    known = {operation.id for operation in OPERATIONS.values()} | {"none"}
    for _, labels in samples(response.text):
        named = dict(labels)
        assert named.get("operation", "none") in known
        assert named.get("code", "not_found") in CODES


def test_answers_are_counted_once_they_are_written(client: ContractClient) -> None:
    service = Quiz(client.application)
    question = service.ask(kind="integer")
    for _ in range(2):
        assert service.answer(question, "7", key="one").status_code == 201
    assert service.answer(service.ask(kind="integer"), "not to be read").status_code == 422
    open_ones = [service.ask(kind="integer")["id"] for _ in range(3)]
    items = [{"question": one, "response": "7"} for one in (*open_ones, "no-such")]
    for _ in range(2):
        service.post("/v1/answers/batch", {"items": items}, **{"Idempotency-Key": "all"})
    found = told(client)
    assert value(found, "answers_recorded_total") == len(service.rows("answers")) == 4
    assert value(found, "database_connections_in_use") == 0


def test_heavy_work_and_limits_are_counted(make_app: Any, deck_url: str) -> None:
    app = make_app(database_url=deck_url, rate_anonymous=7)
    client = app.test_client()
    gate = app.extensions[EXTENSION].gate
    heavy = {"input": [[0] * 400] * 400, "op": "conv2d", "weight": [[1]]}
    assert client.post("/v1/convolutions", json=heavy).status_code == 200
    gate.enter()
    app.extensions[EXTENSION].metrics.turn(gate, taken=True)
    for _ in range(2):
        client.get("/v1/shapes")
    assert client.get("/v1/shapes").status_code == 429
    found = told(client)
    assert value(found, "turns_total", gate="work", outcome="taken") == 2
    assert value(found, "gate_busy", gate="work") == 1
    assert value(found, "rate_limited_total", by="address") == 1
    assert value(found, "problems_total", code="rate_limited") == 1


@pytest.mark.parametrize("allowed", [(), ("10.0.0.0/8",)])
def test_who_may_read_it_is_a_setting(make_app: Any, allowed: tuple[str, ...]) -> None:
    client = make_app(metrics_from=allowed).test_client()
    assert client.get("/metrics").status_code == 403
    inside = client.get("/metrics", environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert inside.status_code == (200 if allowed else 403)


def test_what_the_handbook_names_is_there(client: ContractClient) -> None:
    named = set(re.findall(r"\bconvcards_\w+", (ROOT / "docs" / "operations.md").read_text()))
    text = client.get("/metrics").text
    kinds = dict(re.findall(r"^# TYPE (convcards_\w+) (\w+)$", text, re.MULTILINE))
    parts = {f"{name}{end}" for name in kinds for end in ("", "_count", "_bucket")}
    assert named <= parts
    documented = {name for name in kinds if not name.endswith("_created")}
    assert documented <= named, documented - named
