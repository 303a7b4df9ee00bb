"""Work for later: a request with ``Prefer: respond-async`` (RFC 7240) is answered 202 with a job.

An operation declares with ``later`` that it can be asked for so. The request is checked as always,
so that what is wrong with it is told at once. Then it is kept, and a worker (``convcards worker``)
puts it to an application of its own in the name of the same caller: a job gives what the request
would have got at once, an error included. On SQLite, where one process does everything, it is
carried out before the 202.

What takes long calls :func:`tell` between its steps; outside of a worker that does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from flask import Flask, Response, current_app, g, request

from service.api import examples
from service.api.context import CALLER, Caller, caller, now, reading, services, writing
from service.api.heavy import count_as_heavy
from service.api.json import dumps, loads
from service.api.negotiation import JSON
from service.api.operation import Answer
from service.api.people import ensure_tenant, named, tenant
from service.api.problems import PROBLEM_JSON, as_problem, handle, problem_body
from service.api.schemas.jobs import JOB, job_view, plain_job
from service.steps import Tell, tell_nobody
from service.store import KeyRefused, StoreError, jobs, keys, users
from service.store.jobs import LEARNER, Outcome, View

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session
    from werkzeug.datastructures import Headers

    from service.api.operation import Operation
    from service.api.problems import Problem
    from service.store import Job

__all__ = [
    "ACCEPTED",
    "PREFER",
    "PREFERENCE",
    "carry_out",
    "example",
    "install",
    "now_or_later",
    "operations_of",
    "show",
    "tell",
    "telling",
    "view",
]

PREFER: Final = "Prefer"
PREFERENCE: Final = "respond-async"
_OPERATIONS: Final = "convcards.later"
_REQUEST_ID: Final = "X-Request-Id"
_KEPT_HEADERS: Final = ("Accept", "Content-Type", "If-Match")


def example() -> dict[str, Any]:
    """A job as it is shown."""
    return plain_job(job_view(examples.job(), timedelta(hours=24)))


ACCEPTED: Final = Answer(
    "It will be carried out: the job, where `Prefer: respond-async` asked for one.",
    JOB,
    example=example,
    headers={
        "Location": "The address of the job.",
        "Preference-Applied": f"`{PREFERENCE}`.",
        "Retry-After": "Seconds after which to ask for the job, unless it has ended.",
    },
)
"""What every operation that can be a job answers besides its own."""

_tell: ContextVar[Tell] = ContextVar("tell", default=tell_nobody)


def tell(done: int, total: int) -> None:
    """Say how far the present work has come; whoever is told may end it by raising."""
    _tell.get()(done, total)


@contextmanager
def telling(someone: Tell) -> Iterator[None]:
    """Let ``someone`` be told by :func:`tell`."""
    token = _tell.set(someone)
    try:
        yield
    finally:
        _tell.reset(token)


def operations_of(app: Flask) -> Mapping[str, Operation]:
    """The operations of an application that can be jobs, by id."""
    return cast("Mapping[str, Operation]", app.extensions[_OPERATIONS])


def install(app: Flask, operations: Iterable[Operation]) -> None:
    """Tell an application which operations can be jobs."""
    app.extensions[_OPERATIONS] = {one.id: one for one in operations if one.later}


def view() -> View:
    """The jobs that the caller sees: those of its tenant that do what it may do itself.

    A learner sees those that they asked for.
    """
    who = caller()
    operations = operations_of(current_app)
    if who.learner is not None:
        own = [name for name, one in operations.items() if one.access.learner and who.person]
        return View(tenant(), own, who.person)
    may = [
        name
        for name, one in operations.items()
        if one.access.open or who.scopes.issuperset(one.access.scopes)
    ]
    return View(tenant(), may)


def now_or_later(
    operation: Operation,
    arguments: Mapping[str, Any],
    raw: bytes,
    respond: Callable[[], Response],
) -> Response:
    """What a request that was checked is answered with: what ``respond`` makes, or a job."""
    if not operation.later:
        return respond()
    response = _accept(operation, arguments, raw, respond) if _is_wanted() else respond()
    response.vary.add(PREFER)
    return response


def show(job: Job) -> dict[str, Any]:
    """A job as callers see it."""
    return job_view(job, timedelta(hours=services().settings.keep_jobs_hours))


def _is_wanted() -> bool:
    """Whether this request asks to be a job, in the name of somebody who is known here."""
    wishes = request.environ.get("HTTP_PREFER")
    who = caller()
    if not wishes or CALLER in request.environ or request.method == "HEAD" or who.tenant is None:
        return False
    if who.learner is not None and who.person is None:
        return False
    return any(wish.partition(";")[0].strip() == PREFERENCE for wish in wishes.lower().split(","))


def _accept(
    operation: Operation,
    arguments: Mapping[str, Any],
    raw: bytes,
    respond: Callable[[], Response],
) -> Response:
    """Keep the present request for a worker; on SQLite ``respond`` to it first."""
    here = services()
    inline = here.database.dialect == "sqlite"
    with reading() as session:
        jobs.check_room(session, tenant())
    if inline:
        outcome = _respond(respond)
    else:
        count_as_heavy()
    with writing() as session:
        ensure_tenant(session)
        job = jobs.add(
            session,
            tenant(),
            operation=operation.id,
            request={} if inline else _kept(),
            body=b"" if inline else raw,
            asked_by=_asker(),
            user_id=_person(session, operation, arguments),
            now=now(),
            rng=here.rng,
        )
        if inline:
            jobs.start(session, job, now=now())
            jobs.finish(session, job, outcome, now=now())
            session.refresh(job)
    shown = show(job)
    response = Response(dumps(plain_job(shown)) + "\n", 202, content_type=JSON)
    response.headers["Location"] = shown["links"]["self"]
    response.headers["Preference-Applied"] = PREFERENCE
    response.headers["Cache-Control"] = "no-store"
    if not job.has_ended:
        response.headers["Retry-After"] = "1"
    return response


def _asker() -> str:
    who = caller()
    if who.learner is not None:
        return LEARNER
    return "local" if who.key is None else f"key:{who.key}"


def _person(session: Session, operation: Operation, arguments: Mapping[str, Any]) -> UUID | None:
    """Whom the job goes with when they are erased; the job that erases them does not."""
    if "user" not in arguments or operation.method == "DELETE":
        return None
    person = users.find(session, tenant(), named(arguments["user"]))
    return None if person is None else person.id


def _kept() -> dict[str, Any]:
    """The request without its body and whatever says who sent it."""
    environ, headers = request.environ, request.headers
    return {
        "method": request.method,
        "path": environ["PATH_INFO"],
        "query": environ.get("QUERY_STRING", ""),
        "base": request.root_url,
        "headers": {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        | {_REQUEST_ID: g.request_id},
    }


def _respond(respond: Callable[[], Response]) -> Outcome:
    try:
        response = respond()
    except Exception as error:  # as Flask does; the same error, in the job
        response = handle(error)
    return _outcome(response.headers, response.get_data())


def _outcome(headers: Headers, body: bytes) -> Outcome:
    media_type = headers.get("Content-Type")
    if media_type is not None and media_type.startswith(PROBLEM_JSON):
        return Outcome(problem=loads(body))
    return Outcome(media_type, headers.get("Content-Disposition"), body or None)


def carry_out(app: Flask, session: Session, job: Job) -> Outcome:
    """Put the request of a job to an application, in the name of who asked for it."""
    from werkzeug.test import EnvironBuilder, run_wsgi_app

    asked = cast("Mapping[str, Any]", job.request)
    try:
        who = _caller_of(app, session, job)
    except StoreError as refused:
        problem = cast("Problem", as_problem(refused))
        return Outcome(problem=problem_body(problem, asked["headers"][_REQUEST_ID]))
    builder = EnvironBuilder(
        method=asked["method"],
        base_url=asked["base"],
        query_string=asked["query"],
        headers=asked["headers"],
        data=job.body,
    )
    environ = builder.get_environ()
    builder.close()
    del environ["RAW_URI"]  # the path has been decoded already
    environ["PATH_INFO"] = asked["path"]
    environ["REMOTE_ADDR"] = "127.0.0.1"
    environ[CALLER] = who
    parts, _, headers = run_wsgi_app(app, environ, buffered=True)
    return _outcome(headers, b"".join(parts))


def _caller_of(app: Flask, session: Session, job: Job) -> Caller:
    """Who asked for a job; raises ``KeyRefused`` for a key that was revoked since."""
    scopes = frozenset(operations_of(app)[job.operation].access.scopes)
    if job.asked_by == LEARNER:
        person = users.get(session, job.tenant_id, cast("UUID", job.user_id))
        return Caller(job.tenant_id, scopes, learner=person.external_id, person=person.id)
    key_id = job.asked_by.partition(":")[2] or None
    key = None if key_id is None else keys.find_by_id(session, key_id)
    if key_id is not None and (key is None or key.revoked_at is not None):
        raise KeyRefused("revoked")
    return Caller(job.tenant_id, scopes, key=key_id)
