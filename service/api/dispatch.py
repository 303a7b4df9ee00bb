"""From a declared operation to the function that Flask calls: check, call the view, write."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Response, request

from service.api.conditional import mark
from service.api.context import services, span
from service.api.heavy import HEAVY_BODY, leave, take_turn
from service.api.later import now_or_later
from service.api.learners import confine
from service.api.limits import admit
from service.api.negotiation import CSV, choose
from service.api.operation import Operation, Reply
from service.api.reading import (
    read_arguments,
    read_body,
    read_content_type,
    read_plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Remembered", "handler"]


def handler(operation: Operation) -> Callable[..., Response]:
    """The view function of ``operation``; everything that can be is worked out beforehand."""
    answers = {status: answer.writers() for status, answer in operation.answers.items()}
    only = next(iter(answers))
    offered = tuple(dict.fromkeys(media for writers in answers.values() for media in writers))
    remembered = Remembered() if operation.pure else None
    headers_of = {CSV: {"Content-Disposition": _attachment(operation.route)}}
    reader = operation.request

    def handle(**path: str) -> Response:
        admit(operation.access)
        arguments, asked = read_arguments(operation, path)
        confine(arguments)
        try:
            return answer(arguments, asked)
        finally:
            leave()

    def answer(arguments: dict[str, Any], asked: str) -> Response:
        media = asked or choose(request.environ.get("HTTP_ACCEPT"), offered)
        raw = b""
        if reader is not None:
            kind, options = read_content_type(operation)
            limit = max(services().settings.max_body_bytes, operation.max_body or 0)
            raw = read_body(request.environ, limit)
            known = remembered.get(media, raw) if remembered else None
            if known is not None:
                return finish(Response(known, only, content_type=_typed(media)))
            if len(raw) > HEAVY_BODY:
                take_turn()
            with span("read"):
                plain = read_plain(operation, kind, options, raw)
                arguments["body"] = reader.load(plain)
        return now_or_later(operation, arguments, raw, lambda: respond(arguments, media, raw))

    def respond(arguments: Mapping[str, Any], media: str, raw: bytes) -> Response:
        with span("compute"):
            result = operation.view(**arguments)
        reply = result if isinstance(result, Reply) else Reply(result)
        status = reply.status or only
        with span("write"):
            response = _write(reply, status, answers[status], media)
        if remembered:
            remembered.put(media, raw, response.get_data())
        return finish(response, reply.version)

    def finish(response: Response, version: int | None = None) -> Response:
        if len(offered) > 1:
            response.headers["Vary"] = "Accept"
            _add(response, headers_of.get(response.mimetype or "", {}))
        mark(response, operation.cache, request.environ.get("HTTP_IF_NONE_MATCH"), version)
        return response

    return handle


class Remembered:
    """A bounded memory of what a pure operation answered, by media type and body.

    Reading, computing and writing a shape costs several times what looking it up does. The oldest
    answer makes room for a new one; long bodies and long answers are not kept, so that all of it
    stays below 5 MB.
    """

    entries = 256
    longest_body = 1024
    longest_answer = 16_384

    def __init__(self) -> None:
        self._answers: dict[tuple[str, bytes], bytes] = {}
        self._lock = Lock()

    def get(self, media: str, raw: bytes) -> bytes | None:
        """The answer to the same request, if it is kept."""
        return self._answers.get((media, raw))

    def put(self, media: str, raw: bytes, answer: bytes) -> None:
        """Keep an answer, if it is short enough."""
        if len(raw) > self.longest_body or len(answer) > self.longest_answer:
            return
        with self._lock:
            if len(self._answers) >= self.entries:
                del self._answers[next(iter(self._answers))]
            self._answers[media, raw] = answer


def _add(response: Response, headers: Mapping[str, str]) -> None:
    """Add headers that the view did not set itself."""
    for name, value in headers.items():
        response.headers.setdefault(name, value)


def _attachment(route: str) -> str:
    """How a table is handed over: as a file, which no browser shows as a page."""
    names = [part for part in route.split("/") if not part.startswith("{")]
    return f'attachment; filename="convcards-{names[-1]}.csv"'


def _typed(media: str) -> str:
    return f"{media}; charset=utf-8" if media.startswith("text/") else media


def _write(reply: Reply, status: int, writers: Mapping[str, Any], media: str) -> Response:
    if reply.media_type is not None:
        response = Response(reply.value, status, content_type=_typed(reply.media_type))
    elif not writers:
        response = Response(b"", status)
        del response.headers["Content-Type"]
    else:
        chosen = media if media in writers else next(iter(writers))
        response = Response(writers[chosen](reply.value), status, content_type=_typed(chosen))
    if reply.headers:
        response.headers.update(reply.headers)
    return response
