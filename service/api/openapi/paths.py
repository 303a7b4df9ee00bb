"""Operations of the contract: parameters, bodies, answers and errors, from one declaration each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from service.api.codes import explain
from service.api.later import ACCEPTED, PREFER, PREFERENCE
from service.api.negotiation import CSV, JSON, SVG, TEXT
from service.api.problems import PROBLEM_JSON, Problem, problem_body
from service.api.schemas.base import component_name
from service.api.schemas.problems import ProblemSchema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.api.fields.base import JSONSchema
    from service.api.openapi.components import Contract
    from service.api.operation import Answer, Example, Operation

__all__ = ["codes_of", "describe", "problem_example"]

_EXAMPLE_ID: Final = "4f1c2a9be07d6358"
_PREFER: Final = {
    "type": "string",
    "description": f"`{PREFERENCE}`: take it as a job, and answer 202 with its address. Callers "
    "without a tenant are answered at once all the same.",
}
_NAMED: Final = 5
"""Codes that the name of a shared response lists; one with more is called by its operation."""


def describe(operation: Operation, contract: Contract) -> dict[str, Any]:
    """The operation object of ``operation``."""
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
    }
    good = [example for example in operation.examples if (example.status or 200) < 400]
    parameters = list(_parameters(operation, good, contract))
    if parameters:
        described["parameters"] = parameters
    if operation.request is not None:
        described["requestBody"] = {
            "required": not operation.body_optional,
            "content": {
                JSON: {
                    "schema": contract.of(operation.request),
                    "examples": _examples({example.summary: example.body for example in good}),
                },
                **{
                    media: {"schema": body.schema, "examples": _examples(dict([body.example]))}
                    for media, body in operation.bodies.items()
                },
            },
        }
    described["responses"] = dict(sorted(_responses(operation, contract).items()))
    access = operation.access
    keyed = [{"apiKey": [*access.scopes]}] if access.keyed else []
    described["security"] = [*([{}] if access.open else []), *keyed]
    return described


def _examples(values: Mapping[str, object]) -> dict[str, Any]:
    """Named examples, by their summaries; None is none."""
    return {
        re.sub(r"[^a-z0-9]+", "-", summary.lower()).strip("-"): {"summary": summary, "value": value}
        for summary, value in values.items()
        if value is not None
    }


def _parameters(
    operation: Operation, examples: list[Example], contract: Contract
) -> Iterator[dict[str, Any]]:
    for name, field in operation.path.items():
        values = {example.summary: example.path.get(name) for example in examples}
        yield _parameter("path", name, {**contract.field(field), "required": True}, values)
    if operation.query is not None:
        query = contract.members(operation.query)
        for name, schema in query["properties"].items():
            values = {example.summary: example.query.get(name) for example in examples}
            required = name in query.get("required", ())
            yield _parameter("query", name, {**schema, "required": required}, values)
    if operation.formats:
        schema = {
            "type": "string",
            "enum": list(operation.formats),
            "description": "As the Accept header, for where that can't be set.",
        }
        yield _parameter("query", "format", schema, {})
    if operation.later:
        yield _parameter("header", PREFER, _PREFER, {})
    for name, field in operation.headers.items():
        values = {example.summary: example.headers.get(name) for example in examples}
        schema = {**contract.field(field), "required": field.required}
        yield _parameter("header", name, schema, values)


def _parameter(
    place: str, name: str, schema: JSONSchema, values: Mapping[str, object]
) -> dict[str, Any]:
    """A parameter object; ``required`` and the description move out of the schema into it."""
    schema = dict(schema)
    parameter: dict[str, Any] = {
        "name": name,
        "in": place,
        "required": schema.pop("required", False),
        "description": schema.pop("description"),
        "schema": schema,
    }
    examples = _examples(values)
    return parameter | ({"examples": examples} if examples else {})


def _responses(operation: Operation, contract: Contract) -> dict[str, Any]:
    answers = {**operation.answers, **({202: ACCEPTED} if operation.later else {})}
    responses = {
        str(status): _answer(operation, answer, contract) for status, answer in answers.items()
    }
    if operation.cache is not None:
        responses["304"] = {
            "description": "The caller has it already (If-None-Match).",
            "headers": _headers("ETag", "Cache-Control"),
        }
    by_status: dict[int, list[str]] = {}
    for code in sorted(codes_of(operation)):
        by_status.setdefault(explain(code).status, []).append(code)
    for status, codes in by_status.items():
        name = ".".join(codes) if len(codes) <= _NAMED else operation.id
        responses[str(status)] = contract.response(f"{status}.{name}", _problem(codes))
    return responses


def _headers(*names: str) -> dict[str, Any]:
    shown = {name: {"schema": {"type": "string"}} for name in names}
    return {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}, **shown}


def _answer(operation: Operation, answer: Answer, contract: Contract) -> dict[str, Any]:
    names = ["ETag", "Cache-Control"] if operation.cache is not None else ["Cache-Control"]
    headers = _headers(*names)
    for name, about in answer.headers.items():
        headers[name] = {"description": about, "schema": {"type": "string"}}
    if CSV in answer.writers():
        headers["Content-Disposition"] = {
            "description": "A file name; with text/csv.",
            "schema": {"type": "string"},
        }
    response: dict[str, Any] = {"description": answer.description, "headers": headers}
    content: dict[str, Any] = {}
    for media in answer.writers():
        if media == JSON and answer.schema is not None:
            example = answer.example() if callable(answer.example) else answer.example
            content[media] = {
                "schema": contract.schema(answer.schema),
                "examples": {"example": {"value": example}},
            }
        else:
            content[media] = {"schema": _media_schema(media)}
    return response | ({"content": content} if content else {})


def _media_schema(media: str) -> JSONSchema:
    if media.startswith("text/") or media in (TEXT, "application/yaml", SVG):
        return {"type": "string"}
    return {} if media == JSON else {"type": "string", "contentMediaType": media}


def problem_example(code: str) -> dict[str, Any]:
    """An example object for a code: the problem that it could come as."""
    entry = explain(code)
    detail = entry.explanation.split(". ")[0].rstrip(".") + "."
    return {"summary": entry.title, "value": problem_body(Problem(code, detail), _EXAMPLE_ID)}


def _problem(codes: list[str]) -> dict[str, Any]:
    return {
        "description": "; ".join(f"`{code}`: {explain(code).title}" for code in codes),
        "headers": _headers(),
        "content": {
            PROBLEM_JSON: {
                "schema": {"$ref": f"#/components/schemas/{component_name(ProblemSchema)}"},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }


def codes_of(operation: Operation) -> set[str]:
    """Every code that an operation can end in: its own, and those that its declaration brings."""
    codes = {*operation.errors, "not_local", "host_not_allowed", "origin_not_allowed"}
    if operation.request is not None:
        codes |= {"malformed_json", "bad_request", "body_too_large", "unsupported_media_type"}
        codes.add("busy")
    if operation.request is not None or operation.query is not None:
        codes.add("validation_failed")
    if operation.route.startswith("/v1/") or operation.formats:
        codes.add("validation_failed")
    if operation.headers:
        codes.add("bad_header")
    if operation.path:
        codes.add("not_found")
    if operation.later:
        codes.add("too_many_jobs")
    if any(answer.writers() for answer in operation.answers.values()):
        codes.add("not_acceptable")
    if operation.access.keyed:
        codes |= {"unauthenticated", "missing_scope", "service_unavailable", "rate_limited"}
        if not operation.access.exam or operation.path.keys() & {"question", "quiz"}:
            codes.add("exam_only")
    return codes
