"""Who may call what: local mode, where reaching the service is enough, API keys, learners' tokens.

Each operation declares its :class:`Access`. In local mode :func:`check_local` lets in only this
machine, under a known name, from no foreign page and through no proxy, which stops DNS rebinding
and the trap of a reverse proxy in front of an open service; whoever gets in has every scope.
In secured mode a key or a learner's token comes as ``Authorization: Bearer ...`` and nowhere else.
A token says who calls in local mode too, so that a learner's page can be tried there.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from flask import g, request

from service.api.addresses import parse, within
from service.api.context import Caller, now, reading, services, writing
from service.api.learners import is_token, learner_of
from service.api.problems import Problem
from service.store import StoreUnavailable, keys
from service.store.tenants import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from service.config import Settings

__all__ = ["PUBLIC", "Access", "anonymous", "authorize", "check_local", "check_watcher"]
__all__ += ["needs"]


@dataclass(frozen=True, slots=True)
class Access:
    """What an operation asks of its caller.

    ``scopes`` are those that a key must have; with none of them any key will do. ``open`` says that
    callers without a key are let in too, unless ``CONVCARDS_ANONYMOUS=none``; with no scopes either
    no key is ever asked for. ``learner`` that a learner's own token will do in place of the scopes,
    for `me` and what is theirs; ``exam`` that so will one bound to an exam.
    """

    scopes: tuple[str, ...]
    open: bool
    learner: bool = False
    exam: bool = False

    @property
    def keyed(self) -> bool:
        """Whether it matters who calls."""
        return bool(self.scopes) or not self.open


PUBLIC: Final = Access((), open=True)
"""For pages and probes: no key, ever."""


def anonymous(scope: str) -> Access:
    """For what is public and read-only: no key, unless ``CONVCARDS_ANONYMOUS=none``."""
    return Access((scope,), open=True)


def needs(*scopes: str, learner: bool = False, exam: bool = False) -> Access:
    """For whatever names a person or changes something: a key with all of these scopes."""
    return Access(scopes, open=False, learner=learner, exam=exam)


_log = logging.getLogger("convcards.auth")
_NOBODY: Final = Caller(None, frozenset())
_LOCAL_CALLER: Final = Caller(LOCAL, frozenset(keys.SCOPES))
_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_FORWARDED: Final = ("HTTP_FORWARDED", "HTTP_X_REAL_IP")


@lru_cache(maxsize=64)
def _is_loopback(peer: str) -> bool:
    address = parse(peer)
    return address is not None and address.is_loopback


def _came_through_a_proxy(environ: Mapping[str, Any]) -> bool:
    return any(name in environ for name in _FORWARDED) or any(
        name.startswith("HTTP_X_FORWARDED_") for name in environ
    )


def _host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def check_local(environ: Mapping[str, Any], settings: Settings) -> None:
    """Refuse, in local mode, whatever does not come straight from this machine."""
    if not _is_loopback(environ.get("REMOTE_ADDR", "")):
        raise Problem("not_local", "This service runs in local mode and answers only its machine.")
    if _came_through_a_proxy(environ):
        raise Problem("not_local", "The request came through a proxy; local mode has none.")
    host = environ.get("HTTP_HOST", "")
    name = _host_name(host)
    if name not in _LOCAL_NAMES and name not in settings.allowed_hosts:
        raise Problem(
            "host_not_allowed", "This service does not answer under the name in the Host header."
        )
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and origin.lower() not in (f"http://{host}".lower(), f"https://{host}"):
        raise Problem("origin_not_allowed", "A page of another site may not call this service.")


def check_watcher(environ: Mapping[str, Any], settings: Settings) -> None:
    """Refuse who may not watch the service: it is for those who run it, whatever key others have.

    A request that came through a proxy may be anybody's, so that none of them is answered.
    """
    address = parse(environ.get("REMOTE_ADDR", ""))
    known = address is not None and within(address, settings.metrics_from)
    if not known or _came_through_a_proxy(environ):
        raise Problem(
            "metrics_refused",
            "Metrics are told only to the addresses in CONVCARDS_METRICS_FROM, straight from them.",
        )


def authorize(access: Access) -> None:
    """Say who calls (``g.caller``), or refuse: 401 without a good key, 403 without its scope.

    Where no key is needed, one that comes all the same says who calls; a bad one is refused.
    """
    settings = services().settings
    g.caller = _NOBODY
    if not access.keyed:
        if settings.mode == "local":
            g.caller = _LOCAL_CALLER
        return
    token = _bearer_token(request.environ.get("HTTP_AUTHORIZATION"))
    if settings.mode == "local" and not is_token(token):
        g.caller = _LOCAL_CALLER
        return
    optional = access.open and settings.anonymous == "public"
    if token or not optional:
        g.caller = _caller(token)
        _permit(g.caller, access, () if optional else access.scopes)


def _bearer_token(header: str | None) -> str:
    """The token of an Authorization header; empty if there is none of this kind."""
    kind, _, token = (header or "").partition(" ")
    return token if kind.lower() == "bearer" else ""


def _caller(token: str) -> Caller:
    if not token:
        raise Problem(
            "unauthenticated",
            "This needs an API key in the header Authorization: Bearer cck_...",
            headers={"WWW-Authenticate": 'Bearer realm="convcards"'},
        )
    return learner_of(token) if is_token(token) else _key_caller(token)


def _key_caller(token: str) -> Caller:
    moment = now()
    keys.parse(token)
    with reading() as session:
        key = keys.verify(session, token, now=moment)
    if keys.needs_touch(key, now=moment):
        _touch(key.id, moment)
    return Caller(key.tenant_id, frozenset(key.scopes), key=key.id)


def _permit(caller: Caller, access: Access, scopes: tuple[str, ...]) -> None:
    if caller.exam is not None and not access.exam:
        raise Problem(
            "exam_only",
            "This token is for one exam; until it is finished, only its questions can be read and "
            "answered.",
        )
    if caller.learner is not None and access.learner:
        return
    lacking = " ".join(scope for scope in scopes if scope not in caller.scopes)
    if lacking:
        what = "key" if caller.learner is None else "token"
        raise Problem(
            "missing_scope",
            f"This {what} was not made for this: it lacks the scope {lacking}.",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{lacking}"'},
        )


def _touch(key_id: str, moment: datetime) -> None:
    """Note the use of a key; a database that can't be written now is no reason to refuse it."""
    try:
        with writing() as session:
            keys.touch(session, key_id, now=moment)
    except StoreUnavailable:
        _log.info("the last use of a key could not be noted", extra={"key": key_id})
