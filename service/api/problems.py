"""Every error as ``application/problem+json`` (RFC 9457), made in this one place.

Whatever refuses a request raises its own error (:class:`Problem` here, ``ShapeError``,
``ConvolutionError``, ``StoreError``... in the rooms below); :func:`as_problem` says which code it
is, :mod:`service.api.codes` which status and title belong to that code, and
:func:`problem_response` writes the answer. Anything else is a bug: logged with its traceback,
answered with 500 and nothing but the request id.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import singledispatch
from typing import TYPE_CHECKING, Final, NamedTuple

from flask import Flask, Response, g
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from service.api.codes import explain
from service.api.json import dumps
from service.convolution import ConvolutionError, OverBudget
from service.figures.errors import FigureError
from service.quiz.errors import DeckError, NoNumbersError
from service.shapes import ShapeError
from service.store import errors as store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


__all__ = [
    "MAX_FAULTS",
    "PROBLEM_JSON",
    "Fault",
    "Problem",
    "as_problem",
    "faults_of",
    "handle",
    "install",
    "problem_body",
]

PROBLEM_JSON: Final = "application/problem+json"

MAX_FAULTS: Final = 20
"""Faults listed in one answer; a request with more is told about the first of them."""

_LONGEST: Final = 300  # characters of a pointer, detail or hint that quotes a request

_log = logging.getLogger("convcards.errors")

_BY_STATUS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "The request can't be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("body_too_large", "The body is larger than this service takes."),
}


class Fault(NamedTuple):
    """One thing that is wrong in a request.

    ``pointer`` is a JSON pointer into the body, or into the object that the query stands for; "" is
    the whole of it. ``hint`` says what would be right; empty, it is what the code's explanation
    says.
    """

    pointer: str
    detail: str
    hint: str = ""


class Problem(Exception):  # noqa: N818 - the name that RFC 9457 gives it
    """A request refused by the API itself.

    ``code`` is one of :data:`service.api.codes.CODES`, which knows status and title; ``detail``
    says in one sentence what is wrong this time. ``extra`` holds further members of the answer.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


@singledispatch
def as_problem(error: Exception) -> Problem | None:
    """The problem that ``error`` is for a caller; None if it is a bug of ours."""
    return error if isinstance(error, Problem) else None


@as_problem.register
def _(error: HTTPException) -> Problem | None:
    """What Flask and Werkzeug raise: no such route, wrong method, too large, unreadable."""
    if error.code is None or error.code >= 500:
        return None
    code, detail = _BY_STATUS.get(error.code, _BY_STATUS[400])
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return Problem(code, f"{detail} It takes {allowed}.", headers={"Allow": allowed})
    closing = {"Connection": "close"} if code in ("bad_request", "body_too_large") else None
    return Problem(code, detail, headers=closing)


@as_problem.register
def _(error: ValidationError) -> Problem:
    faults = faults_of(error)
    where = f"{faults[0].pointer[1:].replace('/', '.')}: " if faults[0].pointer else ""
    more = f" (And {len(faults) - 1} more.)" if len(faults) > 1 else ""
    return Problem("validation_failed", f"{where}{faults[0].detail}{more}", faults=faults)


@as_problem.register(ShapeError)
@as_problem.register(ConvolutionError)
@as_problem.register(FigureError)
def _(error: ShapeError | ConvolutionError | FigureError) -> Problem:
    extra = {}
    if isinstance(error, OverBudget):
        extra = {"quantity": error.quantity, "limit": error.limit, "asked": error.asked}
    faults = [Fault(error.pointer, error.detail, error.hint)]
    return Problem(error.code, error.detail, faults=faults, extra=extra)


@as_problem.register
def _(error: store.NotFound) -> Problem:
    return Problem("not_found", error.detail)


@as_problem.register
def _(error: store.Gone) -> Problem:
    return Problem("gone", f"{error.detail[0].upper()}{error.detail[1:]}.")


@as_problem.register
def _(error: store.SharedDeck) -> Problem:
    copy = f'POST /v1/decks {{"copy_of": "{error.deck_id}"}}'
    return Problem(
        "shared_deck",
        f"The deck {error.deck_id} is everyone's and can't be changed. Copy it, then change the "
        f"copy: {copy}",
    )


@as_problem.register
def _(error: DeckError) -> Problem:
    faults = [Fault(fault.pointer, str(fault), fault.hint) for fault in error.faults]
    more = f" (And {len(faults) - 1} more.)" if len(faults) > 1 else ""
    return Problem("validation_failed", f"{faults[0].detail}.{more}", faults=faults)


@as_problem.register
def _(error: NoNumbersError) -> Problem:
    return Problem("no_question_fits", str(error))


@as_problem.register(store.StoreUnavailable)
@as_problem.register(store.BadDatabaseUrl)
def _(_error: store.StoreError) -> Problem:
    return Problem(
        "service_unavailable",
        "The database can't be reached or can't serve this now; nothing was changed.",
        headers={"Retry-After": "1"},
    )


@as_problem.register
def _(error: store.Conflict) -> Problem:
    return Problem("conflict", error.detail)


@as_problem.register
def _(error: store.TooManyJobs) -> Problem:
    detail = f"{error.detail[0].upper()}{error.detail[1:]}."
    return Problem("too_many_jobs", detail, headers={"Retry-After": "10"})


@as_problem.register
def _(error: store.QuestionClosed) -> Problem:
    return Problem("question_closed", error.detail, extra={"state": error.state})


@as_problem.register
def _(error: store.QuizFinished) -> Problem:
    return Problem("quiz_finished", error.detail)


@as_problem.register
def _(error: store.ReviewTaken) -> Problem:
    return Problem("review_token_used", error.detail)


@as_problem.register
def _(error: store.ReviewOutOfOrder) -> Problem:
    hint = f"reviews of one card come in their order; the bound is {error.bound.isoformat()}"
    faults = [Fault("/reviewed_at", error.detail, hint)]
    return Problem("review_out_of_order", error.detail, faults=faults)


@as_problem.register
def _(error: store.KeyInProgress) -> Problem:
    return Problem("idempotency_key_in_progress", error.detail, headers={"Retry-After": "1"})


@as_problem.register
def _(error: store.KeyReused) -> Problem:
    return Problem("idempotency_key_reused", error.detail)


@as_problem.register
def _(error: store.Unstorable) -> Problem:
    return Problem("unstorable", error.detail)


@as_problem.register
def _(error: store.KeyRefused) -> Problem:
    challenge = 'Bearer realm="convcards", error="invalid_token"'
    return Problem("unauthenticated", error.detail, headers={"WWW-Authenticate": challenge})


def faults_of(error: ValidationError) -> list[Fault]:
    """All that is wrong, as faults with JSON pointers."""
    return list(_walk(error.messages, ""))


def _walk(messages: object, pointer: str) -> Iterator[Fault]:
    if isinstance(messages, Fault):
        yield messages._replace(pointer=pointer)
    elif isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from _walk(inner, pointer + step)
    elif isinstance(messages, list):
        for inner in messages:
            yield from _walk(inner, pointer)
    else:
        yield Fault(pointer, str(messages))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def problem_body(problem: Problem, request_id: str) -> dict[str, object]:
    """The members of a problem answer, in the order in which people read them."""
    code = explain(problem.code)
    body: dict[str, object] = {
        "type": f"/errors/{problem.code}",
        "title": code.title,
        "status": code.status,
        "detail": _short(problem.detail),
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.faults:
        body["errors"] = [
            {
                "pointer": _short(f.pointer),
                "detail": _short(f.detail),
                "hint": _short(f.hint or code.hint),
            }
            for f in problem.faults[:MAX_FAULTS]
        ]
    else:
        body["hint"] = _short(code.hint)
    return body | problem.extra


def problem_response(problem: Problem) -> Response:
    """Write the answer to a refused request."""
    body = problem_body(problem, g.get("request_id", "-"))
    response = Response(dumps(body) + "\n", explain(problem.code).status, mimetype=PROBLEM_JSON)
    response.headers.update(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def handle(error: Exception) -> Response:
    """Answer any exception that a request ended in."""
    problem = as_problem(error)
    if problem is None:
        cause = getattr(error, "original_exception", None) or error
        _log.error("unhandled error", exc_info=cause, extra={"request_id": g.get("request_id")})
        problem = Problem(
            "internal_error",
            "Something went wrong here. It is logged under this request id; please report it.",
        )
    g.refused = problem.code
    return problem_response(problem)


def install(app: Flask) -> None:
    """Let every error of ``app`` be answered by :func:`handle`."""
    app.register_error_handler(Exception, handle)
