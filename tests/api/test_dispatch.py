"""What every operation does because it was declared: negotiation, caching, queries, bodies."""

import io
from typing import Any

import pytest
from flask import Flask

from contract_client import ContractClient
from service.api.auth import PUBLIC
from service.api.conditional import REVALIDATE, etag, matches
from service.api.dispatch import Remembered
from service.api.fields import Identifier, Text, WholeNumber
from service.api.negotiation import choose
from service.api.operation import Answer, Example, Reply, Resource, json_bytes
from service.api.problems import Problem
from service.api.reading import read_body
from service.api.schemas.base import Request, Result

SHAPE = {"op": "conv2d", "input_shape": [28, 28], "kernel_size": 3}
GET_SHAPE = "/v1/shapes/conv2d?input_shape=28x28&kernel_size=3"
BOTH = ("application/json", "text/plain")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/plain", "text/plain"),
        ("text/*;q=0.5, application/json;q=0.4", "text/plain"),
        ("text/plain;q=0.5, application/json;q=0.4", "text/plain"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("text/plain, application/json", "application/json"),
    ],
)
def test_chooses_by_accept(accept: str | None, media: str) -> None:
    assert choose(accept, BOTH) == media


@pytest.mark.parametrize(
    "accept", ["image/png", "application/json;q=0", "text/plain;q=0, image/*", "a" * 600, "\x00"]
)
def test_refuses_what_it_cannot_give(accept: str) -> None:
    with pytest.raises(Problem, match="This address can give application/json, text/plain"):
        choose(accept, BOTH)


def test_offers_nothing_where_there_is_nothing() -> None:
    assert choose("image/png", ()) == ""


def test_gives_text_by_header_and_by_query(client: ContractClient) -> None:
    by_header = client.post("/v1/shapes", json=SHAPE, headers={"Accept": "text/plain"})
    by_query = client.post("/v1/shapes?format=text", json=SHAPE)
    assert by_header.mimetype == by_query.mimetype == "text/plain"
    assert by_header.data == by_query.data
    assert by_header.text.startswith("conv2d (textbook, HW): 28×28 → 26×26\n")
    assert by_header.headers["Vary"] == "Accept"
    as_json = client.post("/v1/shapes?format=json", json=SHAPE, headers={"Accept": "text/plain"})
    assert as_json.mimetype == "application/json"


@pytest.mark.parametrize(
    ("query", "pointer", "hint"),
    [
        ("format=txt", "/format", "did you mean `text`?"),
        ("fromat=text", "/fromat", "did you mean `format`?"),
        (
            "format=text&format=text",
            "/format",
            "What an address takes, with examples, is at /docs and in /openapi.yaml.",
        ),
    ],
)
def test_refuses_other_queries(client: ContractClient, query: str, pointer: str, hint: str) -> None:
    body = client.post(f"/v1/shapes?{query}", json=SHAPE).get_json()
    assert body["code"] == "validation_failed"
    (fault,) = body["errors"]
    assert (fault["pointer"], fault.get("hint")) == (pointer, hint)


def test_probes_and_pages_do_not_mind_a_query(client: ContractClient) -> None:
    assert client.get("/livez?probe=17").status_code == 200


def test_answers_304_to_who_has_it(client: ContractClient) -> None:
    first = client.get(GET_SHAPE)
    tag = first.headers["ETag"]
    assert tag == etag(first.data)
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(GET_SHAPE, headers={"If-None-Match": known})
        assert again.status_code == 304
        assert again.data == b""
        for name in ("ETag", "Cache-Control", "Vary"):
            assert again.headers[name] == first.headers[name]
        assert "Content-Length" not in again.headers
        assert "Content-Type" not in again.headers
    other = client.get(GET_SHAPE, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200
    as_text = client.get(f"{GET_SHAPE}&format=text")
    assert as_text.headers["ETag"] != tag


def test_matches_tags_weakly() -> None:
    assert matches('W/"a", "b"', '"a"')
    assert not matches('"a"', '"b"')
    assert not matches("", '"a"')


def test_answers_head_and_options(client: ContractClient) -> None:
    whole = client.get(GET_SHAPE)
    head = client.head(GET_SHAPE)
    assert head.data == b""
    for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control"):
        assert head.headers[name] == whole.headers[name]
    assert client.head("/v1/convolutions").status_code == 405
    options = client.options("/v1/shapes")
    assert options.status_code == 204
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    refused = client.put("/v1/shapes")
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_takes_the_same_address_with_and_without_a_last_slash(client: ContractClient) -> None:
    assert client.get("/v1/shapes/").data == client.get("/v1/shapes").data


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json;charset=UTF-8", "Application/JSON"]
)
def test_takes_json_however_it_is_spelt(client: ContractClient, content_type: str) -> None:
    response = client.post(
        "/v1/shapes",
        data=b'{"op":"conv2d","input_shape":[9,9],"kernel_size":3}',
        content_type=content_type,
    )
    assert response.status_code == 200


class Broken(io.BytesIO):
    """A body that breaks off."""

    def read(self, *_args: Any) -> bytes:
        raise OSError("hung up")


@pytest.mark.parametrize(
    ("environ", "read"),
    [
        ({"CONTENT_LENGTH": "3", "wsgi.input": io.BytesIO(b"abcdef")}, b"abc"),
        ({"CONTENT_LENGTH": "", "wsgi.input": io.BytesIO(b"abc")}, b""),
        ({"CONTENT_LENGTH": "٣", "wsgi.input": io.BytesIO(b"abc")}, b""),
        ({"wsgi.input_terminated": True, "wsgi.input": io.BytesIO(b"abc")}, b"abc"),
    ],
)
def test_reads_bodies(environ: dict[str, Any], read: bytes) -> None:
    assert read_body(environ, 5) == read


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({"CONTENT_LENGTH": "6", "wsgi.input": None}, "body_too_large"),
        ({"CONTENT_LENGTH": "9" * 30, "wsgi.input": None}, "body_too_large"),
        (
            {"wsgi.input_terminated": True, "wsgi.input": io.BytesIO(b"abcdef")},
            "body_too_large",
        ),
        ({"CONTENT_LENGTH": "3", "wsgi.input": io.BytesIO(b"ab")}, "bad_request"),
        ({"wsgi.input_terminated": True, "wsgi.input": Broken()}, "bad_request"),
    ],
)
def test_refuses_bodies(environ: dict[str, Any], code: str) -> None:
    with pytest.raises(Problem) as refused:
        read_body(environ, 5)
    assert refused.value.code == code
    assert refused.value.headers["Connection"] == "close"


def test_remembers_pure_answers(client: ContractClient) -> None:
    first = client.post("/v1/shapes", json=SHAPE)
    again = client.post("/v1/shapes", json=SHAPE)
    assert again.data == first.data
    assert again.mimetype == first.mimetype
    assert client.post("/v1/shapes?format=text", json=SHAPE).mimetype == "text/plain"
    assert client.post("/v1/shapes?format=text", json=SHAPE).mimetype == "text/plain"


def test_remembers_no_more_than_it_may() -> None:
    memory = Remembered()
    for number in range(memory.entries + 1):
        memory.put("m", str(number).encode(), b"answer")
    assert memory.get("m", b"0") is None
    assert memory.get("m", b"1") == b"answer"
    assert memory.get("n", b"1") is None
    memory.put("m", b"x" * (memory.longest_body + 1), b"answer")
    memory.put("m", b"x", b"x" * (memory.longest_answer + 1))
    assert memory.get("m", b"x") is None


class NoteSchema(Result):
    """A note, for these tests."""

    text = Text(9)


class NoteRequest(Request):
    """A note that is read."""

    text = Text(9, required=True)


class NoteQuery(Request):
    """Which note."""

    page = WholeNumber(1, 9, load_default=1)


def declared(**more: Any) -> dict[str, Any]:
    return {"id": "x", "summary": "X", "access": PUBLIC, "examples": (Example("x"),), **more}


@pytest.fixture
def notes(app: Flask) -> Any:
    """A client of an application with a resource of its own (and so not in the contract)."""
    resource = Resource("notes", tag="Notes", about="For these tests.")
    note = Answer("It.", NoteSchema(), text=lambda value: str(value["text"]))

    @resource.post(
        "/notes/{note}",
        **declared(
            path={"note": Identifier()},
            request=NoteRequest(),
            query=NoteQuery(),
            headers={"X-Note": Text(3, required=True)},
            answers={201: note, 204: Answer("Nothing."), 200: note},
        ),
    )
    def write(note: str, body: dict[str, Any], query: dict[str, Any], headers: Any) -> Reply:
        """Write one."""
        if body["text"] == "raw":
            raw = json_bytes(NoteSchema(), {"text": "raw"})
            return Reply(raw, 200, {"X-Raw": "1"}, media_type="application/json")
        status = 204 if body["text"] == "" else None
        told = f"{note}{query['page']}{headers['X-Note'] or ''}"
        return Reply({"text": told}, status, {"X-More": "1"})

    @resource.get("/notes", **declared(id="y", answers={200: note}, cache=REVALIDATE))
    def read() -> dict[str, Any]:
        """Read one."""
        return {"text": "a"}

    assert write.__doc__ == resource.operations[0].description == "Write one."
    assert resource.operations[0].rule == "/notes/<note>"
    resource.register(app)
    del app.test_client_class
    return app.test_client()


def test_hands_the_view_what_it_declared(notes: Any) -> None:
    response = notes.post("/notes/n?page=2", json={"text": "a"}, headers={"X-Note": "h"})
    assert response.status_code == 201
    assert response.get_json() == {"text": "n2h"}
    assert response.headers["X-More"] == "1"
    assert response.headers["Cache-Control"] == "no-store"
    assert notes.post("/notes/n?format=text", json={"text": "a"}).text == "n1\n"


def test_writes_raw_and_empty_replies(notes: Any) -> None:
    raw = notes.post("/notes/n", json={"text": "raw"})
    assert (raw.status_code, raw.data, raw.headers["X-Raw"]) == (200, b'{"text":"raw"}\n', "1")
    empty = notes.post("/notes/n", json={"text": ""})
    assert (empty.status_code, empty.data) == (204, b"")
    assert "Content-Type" not in empty.headers


def test_refuses_headers_paths_and_queries_by_their_fields(notes: Any) -> None:
    long = notes.post("/notes/n", json={"text": "a"}, headers={"X-Note": "long"}).get_json()
    assert long["code"] == "bad_header"
    assert long["errors"][0]["pointer"] == "X-Note"
    assert notes.post("/notes/a~b", json={"text": "a"}).get_json()["code"] == "not_found"
    for query in ("page=0", "page=x", "page=1.0", "pge=1"):
        body = notes.post(f"/notes/n?{query}", json={"text": "a"}).get_json()
        assert body["code"] == "validation_failed"


def test_revalidates(notes: Any) -> None:
    response = notes.get("/notes")
    assert response.headers["Cache-Control"] == "private, no-cache"
    tag = response.headers["ETag"]
    assert notes.get("/notes", headers={"If-None-Match": tag}).status_code == 304
