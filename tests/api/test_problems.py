"""One shape for every error, whatever its source."""

import ast
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import BadGateway, ImATeapot

import service
from contract_client import OPERATIONS, ContractClient
from service.api.codes import CODES, explain
from service.api.openapi.paths import codes_of
from service.api.problems import Fault, Problem, as_problem, problem_body
from service.convolution import OverBudget
from service.shapes import FRAMEWORKS, Parameter, operations, parameters
from service.store import errors as store

JSON = {"Content-Type": "application/json"}
SHAPE = {"op": "conv2d", "input_shape": [28, 28], "kernel_size": 3}


# ContractClient checks the shape of each of these answers; here it is only which code.
@pytest.mark.parametrize(
    ("method", "path", "options", "code"),
    [
        ("GET", "/nothing", {}, "not_found"),
        ("GET", "/v1/shapes/conv9d", {"query_string": "input_shape=1"}, "not_found"),
        ("GET", "/assets/../app.py", {}, "not_found"),
        ("GET", "/%ff%00", {}, "not_found"),
        ("GET", "/errors/" + "x" * 100, {}, "not_found"),
        ("DELETE", "/v1/shapes", {}, "method_not_allowed"),
        ("BREW", "/v1/shapes", {}, "method_not_allowed"),
        ("POST", "/v1/shapes", {"data": "{", "headers": JSON}, "malformed_json"),
        ("POST", "/v1/shapes", {"headers": JSON}, "malformed_json"),
        ("POST", "/v1/shapes", {"data": "{}"}, "unsupported_media_type"),
        (
            "POST",
            "/v1/shapes",
            {"data": "{}", "content_type": "application/json; charset=latin-1"},
            "unsupported_media_type",
        ),
        ("POST", "/v1/shapes", {"data": b" " * 5_000_000, "headers": JSON}, "body_too_large"),
        ("POST", "/v1/shapes", {"json": []}, "validation_failed"),
        ("POST", "/v1/shapes", {"json": {**SHAPE, "filtres": 3}}, "validation_failed"),
        ("POST", "/v1/shapes", {"json": {**SHAPE, "stride": 0}}, "stride_not_positive"),
        (
            "POST",
            "/v1/shapes",
            {"json": SHAPE, "headers": {"Accept": "image/png"}},
            "not_acceptable",
        ),
        ("GET", "/v1/shapes", {"query_string": "page=2"}, "validation_failed"),
        (
            "POST",
            "/v1/convolutions",
            {"json": {"op": "conv2d", "input": [[1], []]}},
            "ragged_tensor",
        ),
        (
            "POST",
            "/v1/convolutions",
            {"json": {"op": "conv2d", "input": [[1]], "weight": [[1]], "padding": 10**6}},
            "over_budget",
        ),
        ("GET", "/docs", {"headers": {"Accept": "application/json"}}, "not_acceptable"),
        ("GET", "/livez", {"headers": {"Host": "evil.example"}}, "host_not_allowed"),
        ("GET", "/nothing", {"headers": {"Origin": "http://evil.example"}}, "origin_not_allowed"),
        ("GET", "/v1/decks", {"query_string": "cursor=made-up"}, "bad_cursor"),
        ("GET", "/v1/cards/none", {}, "not_found"),
    ],
)
def test_every_source_of_errors(
    client: ContractClient, method: str, path: str, options: dict[str, Any], code: str
) -> None:
    response = client.open(path, method=method, **options)
    assert response.get_json()["code"] == code


def raising(app: Flask, error: Exception) -> ContractClient:
    """A client of ``app`` with an address /raise that raises ``error``."""
    app.add_url_rule("/raise", view_func=_thrower(error), endpoint="raise")
    client = app.test_client()
    assert isinstance(client, ContractClient)
    return client


def _thrower(error: Exception) -> Callable[[], str]:
    def throw() -> str:
        raise error

    return throw


@pytest.mark.parametrize(
    ("error", "code", "headers"),
    [
        (store.NotFound("deck", "x"), "not_found", {}),
        (store.StoreUnavailable("postgres is gone"), "service_unavailable", {"Retry-After": "1"}),
        (store.UnsafeDatabase("off"), "service_unavailable", {"Retry-After": "1"}),
        (store.BadDatabaseUrl("no"), "service_unavailable", {"Retry-After": "1"}),
        (store.Conflict("it changed"), "conflict", {}),
        (store.QuestionClosed("answered"), "question_closed", {}),
        (store.KeyInProgress(), "idempotency_key_in_progress", {"Retry-After": "1"}),
        (store.KeyReused(), "idempotency_key_reused", {}),
        (store.Unstorable("too long"), "unstorable", {}),
        (
            store.KeyRefused("expired"),
            "unauthenticated",
            {"WWW-Authenticate": 'Bearer realm="convcards", error="invalid_token"'},
        ),
        (OverBudget("macs", "multiply-accumulates", 5, 4), "over_budget", {}),
        (ImATeapot(), "bad_request", {"Connection": "close"}),
        (Problem("bad_cursor", "No.", headers={"X-More": "1"}), "bad_cursor", {"X-More": "1"}),
    ],
)
def test_errors_of_the_rooms_below(
    app: Flask, error: Exception, code: str, headers: dict[str, str]
) -> None:
    response = raising(app, error).get("/raise")
    assert response.get_json()["code"] == code
    for name, value in headers.items():
        assert response.headers[name] == value


def test_members_beyond_the_shape(app: Flask) -> None:
    body = raising(app, OverBudget("macs", "multiply-accumulates", 5, 4)).get("/raise").get_json()
    assert {name: body[name] for name in ("quantity", "asked", "limit")} == {
        "quantity": "macs",
        "asked": 5,
        "limit": 4,
    }


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("the secret is hunter2"),
        store.StoreError("hunter2"),
        BadGateway("hunter2"),
        KeyError("hunter2"),
    ],
)
def test_a_bug_says_nothing_but_is_logged(
    app: Flask, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "convcards"):
        response = raising(app, error).get("/raise")
    body = response.get_json()
    assert body["code"] == "internal_error"
    assert "hunter2" not in response.text
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert vars(record)["request_id"] == body["request_id"]
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_a_bug_after_the_view_is_answered_as_well(app: Flask) -> None:
    broken = []

    @app.after_request
    def break_once(response: Any) -> Any:
        if not broken:
            broken.append(True)
            raise RuntimeError("hunter2")
        return response

    response = app.test_client().get("/livez")
    assert response.get_json()["code"] == "internal_error"
    assert "hunter2" not in response.text


def test_long_things_are_cut_and_many_are_counted() -> None:
    faults = [Fault("/" + "x" * 1000, "y" * 1000, "z" * 1000)] * 100
    body = problem_body(Problem("validation_failed", "w" * 1000, faults=faults), "id")
    errors = body["errors"]
    assert isinstance(errors, list)
    assert len(errors) == 20
    assert all(len(text) == 300 for text in errors[0].values())
    assert len(str(body["detail"])) == 300


def test_the_first_of_several_faults_is_the_detail(client: ContractClient) -> None:
    body = client.post("/v1/shapes", json={"op": "conv2d", "kernel_size": "3", "x": 1}).get_json()
    assert body["detail"] == (
        "kernel_size: It must be a whole number or a list of whole numbers, not text. (And 2 more.)"
    )
    assert [fault["pointer"] for fault in body["errors"]] == ["/kernel_size", "/input_shape", "/x"]


def test_what_is_no_error_of_a_request_is_none() -> None:
    assert as_problem(ValueError("x")) is None


def test_explains_every_code() -> None:
    for code in CODES.values():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", code.code)
        assert 400 <= code.status <= 599
        assert code.title
        assert not code.title.endswith(".")
        assert code.explanation.endswith(".")
        assert len(code.explanation) <= 1000


def test_a_code_without_an_entry_is_still_a_refusal() -> None:
    assert explain("made_up").status == 422
    assert explain("made_up").title == "Made up"


def raised_codes() -> set[str]:
    """Every code that stands first in something that is raised or made as an error in service/.

    Save for figures: those are drawn from decks, which are checked before they are stored, so that
    no caller ever gets their errors.
    """
    makers = re.compile(r"(Error|Problem|OverBudget|_refuse\w*|_unreadable)$")
    found: set[str] = set()
    for path in Path(service.__file__).parent.rglob("*.py"):
        if path.parent.name == "figures":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = node.args[0] if node.args else None
            if makers.search(name) and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return {code for code in found if re.fullmatch(r"[a-z]+(_[a-z]+)+", code)}


def passed_on_codes() -> set[str]:
    """Codes that the dialects hand to their checks, and those in tables of codes."""
    folder = Path(service.__file__).parent / "shapes" / "dialects"
    text = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    ending = r"(?:_not_positive|_negative|_too_large|_too_small|_mismatch|_input|_half_kernel)"
    return set(re.findall(rf'"([a-z_]+{ending})"', text))


def parameter_names() -> set[str]:
    """Names that stand first in a call for what is refused about them, and look like codes."""
    return {"out_channels", "output_shape", "output_size"}


def named_codes() -> set[str]:
    """Codes that are made from the name of a parameter."""
    every: set[Parameter] = {
        parameter
        for framework in FRAMEWORKS
        for op in operations(framework)
        for parameter in parameters(framework, op)
    }
    return {f"bad_{parameter.name}_value" for parameter in every if parameter.choices}


def test_every_code_raised_anywhere_is_in_the_registry() -> None:
    found = (raised_codes() | passed_on_codes() | named_codes()) - parameter_names()
    assert {"stride_not_positive", "ragged_tensor", "not_found", "bad_padding_value"} <= found
    assert found - set(CODES) == set()


def test_every_declared_code_is_in_the_registry() -> None:
    for operation in OPERATIONS.values():
        assert codes_of(operation) <= set(CODES), operation.id


def test_the_registry_is_served(client: ContractClient) -> None:
    listed = client.get("/errors").get_json()["items"]
    assert [item["code"] for item in listed] == [*CODES]
    for item in listed:
        explained = client.get(item["type"])
        assert explained.get_json() == item
    text = client.get("/errors/over_budget?format=text").text
    assert text.startswith("422 over_budget: More than one request may ask for\n")
    assert client.get("/errors?format=text").text.count("\n") == len(CODES)
    for path in ("/errors", "/errors/over_budget"):
        page = client.get(path, headers={"Accept": "text/html"})
        assert page.mimetype == "text/html"
        assert "over_budget" in page.text
