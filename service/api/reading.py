"""What a request says, checked as its operation declares it: path, query, headers, body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import request
from gunicorn.http.errors import ParseException
from marshmallow import Schema, ValidationError

from service.api.fields import Strict, nearest
from service.api.json import MalformedJSONError, loads
from service.api.negotiation import JSON
from service.api.problems import Fault, Problem, faults_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.api.operation import Operation, Reader

__all__ = ["read_arguments", "read_body", "read_content_type", "read_json", "read_plain"]

_VERSIONED: Final = "/v1/"
"""Below this, a query parameter that is not declared is refused."""


def read_arguments(operation: Operation, path: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """What the view gets of path, query and headers, and the media type that ``format`` asks for.

    That is empty where nothing asks for one.
    """
    arguments = _read_path(operation, path) if path else {}
    asked = ""
    if operation.query is not None or request.environ.get("QUERY_STRING"):
        texts, asked = _read_texts(operation)
        if operation.query is not None:
            arguments["query"] = _read_query(operation.query, texts)
        elif texts and operation.route.startswith(_VERSIONED):
            raise _unknown_parameter(next(iter(texts)), has_format=bool(operation.formats))
    if operation.headers:
        arguments["headers"] = _read_headers(operation.headers)
    return arguments, asked


def _read_path(operation: Operation, path: Mapping[str, str]) -> dict[str, Any]:
    try:
        return {name: operation.path[name].deserialize(text) for name, text in path.items()}
    except ValidationError:
        raise Problem("not_found", "There is nothing at this address.") from None


def _read_texts(operation: Operation) -> tuple[dict[str, str], str]:
    """The query as texts, and the media type that ``format`` asks for, if it may."""
    texts: dict[str, str] = {}
    for name, values in request.args.lists():
        if len(values) > 1:
            raise ValidationError({name: [Fault("", "It is given more than once.")]})
        texts[name] = values[0]
    if not operation.formats or "format" not in texts:
        return texts, ""
    word = texts.pop("format")
    if word not in operation.formats:
        unknown = Fault("", "There is no such format.", nearest(word, [*operation.formats]))
        raise ValidationError({"format": [unknown]})
    return texts, operation.formats[word]


def _unknown_parameter(name: str, *, has_format: bool) -> ValidationError:
    hint = nearest(name, ["format"]) if has_format else "leave it out"
    return ValidationError({name: [Fault("", "There is no such query parameter.", hint)]})


def _read_query(query: Schema | Reader, texts: dict[str, str]) -> Any:
    if not isinstance(query, Schema):
        return query.load(texts)
    fields = {field.data_key or name: field for name, field in query.load_fields.items()}
    values = {
        name: field.read_text(text) if isinstance(field := fields.get(name), Strict) else text
        for name, text in texts.items()
    }
    return query.load(values)


def _read_headers(declared: Mapping[str, Strict]) -> dict[str, Any]:
    values = {}
    for name, field in declared.items():
        text = request.headers.get(name)
        try:
            values[name] = None if text is None else field.deserialize(field.read_text(text))
        except ValidationError as error:
            faults = [f._replace(pointer=name) for f in faults_of(error)]
            raise Problem(
                "bad_header", f"The header {name} can't be used. {faults[0].detail}", faults=faults
            ) from None
    return values


def read_content_type(operation: Operation) -> tuple[str, Mapping[str, str]]:
    """The media type of the body and its parameters; JSON in UTF-8, or one of the ``bodies``."""
    given, further = request.environ.get("CONTENT_TYPE"), operation.bodies
    if given == JSON or (operation.body_optional and not given):
        return JSON, {}
    kind, options = request.mimetype, request.mimetype_params
    if kind in further:
        return kind, options
    if kind != JSON or options.get("charset", "utf-8").lower() != "utf-8":
        shown = f", not {kind[:64]}" if kind else ""
        others = "".join(f", or {media}" for media in further)
        raise Problem(
            "unsupported_media_type",
            f"The body must be {JSON} in UTF-8{others}{shown}.",
            headers={"Accept": ", ".join([JSON, *further])},
        )
    return JSON, options


def read_body(environ: Mapping[str, Any], limit: int) -> bytes:
    """The bytes of the body, at most ``limit``; raises ``body_too_large`` and ``bad_request``.

    Nothing is read of a body that declares itself larger. One without a length is read only where
    the server says that it ends (chunks), and no further than one byte past the limit.
    """
    declared = environ.get("CONTENT_LENGTH") or ""
    length = int(declared) if declared.isascii() and declared.isdigit() else None
    if length is None and not environ.get("wsgi.input_terminated"):
        return b""
    if length is not None and length > limit:
        raise _too_large(limit)
    try:
        raw: bytes = environ["wsgi.input"].read(limit + 1 if length is None else length)
    except (ParseException, OSError):  # what gunicorn raises for chunks that are none
        raise _broken_body() from None
    if length is not None and len(raw) < length:
        raise _broken_body()
    if len(raw) > limit:
        raise _too_large(limit)
    return raw


def _too_large(limit: int) -> Problem:
    return Problem(
        "body_too_large",
        f"The body is larger than the {limit:,} bytes that this service takes.",
        headers={"Connection": "close"},
    )


def _broken_body() -> Problem:
    return Problem(
        "bad_request",
        "The body can't be read: its chunks are malformed, or it ends early.",
        headers={"Connection": "close"},
    )


def read_plain(operation: Operation, kind: str, options: Mapping[str, str], raw: bytes) -> Any:
    """Plain data out of a body of the media type ``kind``."""
    if kind != JSON:
        return operation.bodies[kind].read(raw, options)
    return {} if operation.body_optional and not raw else read_json(raw)


def read_json(raw: bytes) -> Any:
    """The strict JSON of a body; raises ``malformed_json``."""
    try:
        return loads(raw)
    except MalformedJSONError as error:
        detail = f"{error.detail} ({error.place})" if error.place else error.detail
        faults = [Fault("", error.detail, error.hint)]
        raise Problem("malformed_json", detail, faults=faults) from None
