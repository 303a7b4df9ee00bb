"""A test client that holds every answer to the contract.

Each answer must have a status, a media type and a body that ``openapi.yaml`` documents for its
operation, without a member too many; each error must be a problem whose code the operation
declares. So every test of a route is a test of its documentation as well.
"""

import copy
from functools import cache
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient
from jsonschema_rs import Draft202012Validator, Registry
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from service.api.blueprints import RESOURCES
from service.api.codes import CODES
from service.api.openapi import document
from service.api.openapi.paths import codes_of
from service.api.operation import Operation

PROBLEM = "application/problem+json"
OPERATIONS = {
    f"{resource.name}.{operation.id}": operation
    for resource in RESOURCES
    for operation in resource.operations
}


@cache
def contract() -> dict[str, Any]:
    """The document, made once."""
    return document()


@cache
def _closed() -> dict[str, Any]:
    """The document, with objects that have just the members that they declare."""
    made = copy.deepcopy(contract())
    for name, schema in made["components"]["schemas"].items():
        if name != "Problem" and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
    return made


@cache
def _registry() -> Registry:
    return Registry([("urn:contract", _closed())])


@cache
def _validator(pointer: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"urn:contract{pointer}"}, registry=_registry())


def operation_of(app: Flask, method: str, path: str) -> Operation | None:
    """The operation that a request goes to, None if there is no such route."""
    adapter = app.url_map.bind("localhost")
    try:
        endpoint, _ = adapter.match(path, method="GET" if method == "HEAD" else method)
    except HTTPException:
        return None
    return OPERATIONS.get(endpoint)


def check_problem(response: TestResponse, operation: Operation | None) -> None:
    """Hold an error answer to the one shape of errors."""
    assert response.mimetype == PROBLEM, response.text
    body = response.get_json()
    _validator("#/components/schemas/Problem").validate(body)
    code = CODES[body["code"]]
    assert body["status"] == response.status_code == code.status
    assert body["title"] == code.title
    assert body["type"] == f"/errors/{code.code}"
    if "Idempotent-Replayed" not in response.headers:  # else it is the first request's
        assert body["request_id"] == response.headers["X-Request-Id"]
    assert response.headers["Cache-Control"] == "no-store"
    assert all(one["hint"] for one in body.get("errors", [body])), body
    if operation is not None and code.code != "internal_error":
        assert code.code in codes_of(operation), f"{operation.id} does not declare {code.code}"


def check_answer(response: TestResponse, operation: Operation, method: str) -> None:
    """Hold an answer that is no error to what its operation documents."""
    status = response.status_code
    documented = contract()["paths"][operation.route][operation.method.lower()]["responses"]
    assert str(status) in documented, f"{operation.id} does not document {status}"
    content = documented[str(status)].get("content", {})
    if status == 304 or not content:
        assert response.data == b""
        return
    assert response.mimetype in content, f"{operation.id} does not document {response.mimetype}"
    if method == "HEAD":
        assert response.data == b""
    elif (
        response.mimetype == "application/json" and "$ref" in content["application/json"]["schema"]
    ):
        step = quote(operation.route.replace("~", "~0").replace("/", "~1"), safe="~")
        pointer = (
            f"#/paths/{step}/{operation.method.lower()}/responses/{status}"
            "/content/application~1json/schema"
        )
        _validator(pointer).validate(response.get_json())


class ContractClient(FlaskClient):
    """Flask's test client, checking every answer."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request; fails if the answer is not as documented."""
        response = super().open(*args, **kwargs)
        method, path = response.request.method, response.request.path
        operation = operation_of(self.application, method, path)
        for name in ("X-Request-Id", "Content-Security-Policy", "Cache-Control"):
            assert name in response.headers or method == "OPTIONS", name
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        if method == "HEAD" and response.status_code >= 400:
            assert response.mimetype == PROBLEM
        elif response.status_code >= 400:
            check_problem(response, operation)
        elif operation is not None and method != "OPTIONS":
            check_answer(response, operation, method)
        return response
