"""Jobs over HTTP where the service does them itself, as it does on SQLite."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from contract_client import ContractClient
from service.api import examples
from service.integrations.deck_formats import plain

ASYNC = {"Prefer": "respond-async"}
DECK = plain(examples.written_deck())


@pytest.fixture
def client(app: Flask) -> ContractClient:
    """A client of an application of its own, which keeps jobs."""
    made = app.test_client()
    assert isinstance(made, ContractClient)
    return made


def test_it_is_done_before_it_is_accepted(client: ContractClient, noon: datetime) -> None:
    accepted = client.post("/v1/imports", json=DECK, headers=ASYNC)
    assert accepted.status_code == 202
    assert accepted.headers["Preference-Applied"] == "respond-async"
    assert "Retry-After" not in accepted.headers
    job = accepted.get_json()
    assert job == client.get(accepted.headers["Location"]).get_json()
    assert (job["state"], job["percent"], job["problem"]) == ("done", 100, None)
    ends = noon + timedelta(hours=24)
    assert datetime.fromisoformat(job["expires_at"]) == ends
    result = client.get(job["links"]["result"])
    assert result.get_json()["created"] == [examples.OWN_CARD]
    assert client.get("/v1/decks/kernels").status_code == 200
    text = client.get(job["links"]["self"], headers={"Accept": "text/plain"}).text
    assert text == f"{job['id']} importDeck: done, 100 %\n"
    assert client.delete(job["links"]["self"]).status_code == 204
    assert client.get(job["links"]["result"]).status_code == 404


@pytest.mark.parametrize("prefer", ["respond-async; x=1", "wait=5, Respond-Async"])
def test_other_wishes_may_stand_beside_it(client: ContractClient, prefer: str) -> None:
    path = "/v1/decks/cnn/export?format=csv"
    job = client.get(path, headers={"Prefer": prefer}).get_json()
    result, now = client.get(job["links"]["result"]), client.get(path)
    assert result.data == now.data
    for name in ("Content-Type", "Content-Disposition"):
        assert result.headers[name] == now.headers[name]
    assert "Prefer" in now.headers["Vary"]


@pytest.mark.parametrize("prefer", ["wait=5", "respond-asynchronously", ""])
def test_nobody_gets_a_job_unasked(client: ContractClient, prefer: str) -> None:
    assert client.get("/v1/decks/cnn/report", headers={"Prefer": prefer}).status_code == 200
    assert client.get("/v1/jobs").get_json()["items"] == []


def test_what_is_wrong_with_a_request_is_told_at_once(client: ContractClient) -> None:
    refused = client.post("/v1/shapes/sweep", json={"op": "conv9d"}, headers=ASYNC)
    assert refused.get_json()["code"] == "unknown_operation"
    assert client.get("/v1/jobs").get_json()["items"] == []


def test_what_stands_against_it_is_told_by_the_job(client: ContractClient) -> None:
    there = client.post("/v1/imports?deck=cnn", json=DECK, headers=ASYNC).get_json()
    at_once = client.post("/v1/imports?deck=cnn", json=DECK).get_json()
    assert there["state"] == "failed"
    assert there["problem"] == at_once | {"request_id": there["problem"]["request_id"]}
    refused = client.get(f"{there['links']['self']}/result")
    assert refused.get_json()["code"] == "job_without_result"


def test_pages_of_jobs(client: ContractClient) -> None:
    made = [client.get("/v1/decks/cnn/export", headers=ASYNC).get_json()["id"] for _ in range(5)]
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/v1/jobs", query_string={"limit": "2"} | cursor).get_json()
        seen += [job["id"] for job in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert sorted(seen) == sorted(made)
    assert seen == sorted(seen, reverse=True)


def test_whoever_nobody_knows_is_answered_at_once(secured: Flask) -> None:
    client = secured.test_client()
    assert client.get("/v1/decks/cnn/export", headers=ASYNC).status_code == 200
