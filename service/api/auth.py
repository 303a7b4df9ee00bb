"""Who may call what: local mode, where reaching the service is enough, and API keys.

Each operation declares its :class:`Access`. In local mode :func:`check_local` lets in only this
machine, under a known name, from no foreign page and through no proxy, which stops DNS rebinding
and the trap of a reverse proxy in front of an open service; whoever gets in has every scope.
In secured mode a key comes as ``Authorization: Bearer cck_...`` and nowhere else.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from flask import g, request

from service.api.context import Caller, now, reading, services, writing
from service.api.problems import Problem
from service.store import keys
from service.store.tenants import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.config import Settings

__all__ = ["PUBLIC", "Access", "anonymous", "authorize", "check_local", "needs"]


@dataclass(frozen=True, slots=True)
class Access:
    """What an operation asks of its caller.

    ``scopes`` are those that a key must have, none if no key is ever asked for. ``open`` says that
    callers without a key are let in too, unless ``CONVCARDS_ANONYMOUS=none``.
    """

    scopes: tuple[str, ...]
    open: bool


PUBLIC: Final = Access((), open=True)
"""For pages and probes: no key, ever."""


def anonymous(scope: str) -> Access:
    """For what is public and read-only: no key, unless ``CONVCARDS_ANONYMOUS=none``."""
    return Access((scope,), open=True)


def needs(*scopes: str) -> Access:
    """For whatever names a person or changes something: a key with all of these scopes."""
    return Access(scopes, open=False)


_NOBODY: Final = Caller(None, frozenset())
_LOCAL_CALLER: Final = Caller(LOCAL, frozenset(keys.SCOPES))
_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_FORWARDED: Final = ("HTTP_FORWARDED", "HTTP_X_REAL_IP")


@lru_cache(maxsize=64)
def _is_loopback(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def check_local(environ: Mapping[str, Any], settings: Settings) -> None:
    """Refuse, in local mode, whatever does not come straight from this machine."""
    if not _is_loopback(environ.get("REMOTE_ADDR", "")):
        raise Problem("not_local", "This service runs in local mode and answers only its machine.")
    if any(name in environ for name in _FORWARDED) or any(
        name.startswith("HTTP_X_FORWARDED_") for name in environ
    ):
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


def authorize(access: Access) -> None:
    """Say who calls (``g.caller``), or refuse: 401 without a good key, 403 without its scope.

    Where no key is needed, one that comes all the same says who calls; a bad one is refused.
    """
    settings = services().settings
    if settings.mode == "local":
        g.caller = _LOCAL_CALLER
    elif not access.scopes:
        g.caller = _NOBODY
    else:
        token = _bearer_token(request.environ.get("HTTP_AUTHORIZATION"))
        optional = access.open and settings.anonymous == "public"
        if optional and not token:
            g.caller = _NOBODY
        else:
            g.caller = _key_caller(token, () if optional else access.scopes)


def _bearer_token(header: str | None) -> str:
    """The token of an Authorization header; empty if there is none of this kind."""
    kind, _, token = (header or "").partition(" ")
    return token if kind.lower() == "bearer" else ""


def _key_caller(token: str, scopes: tuple[str, ...]) -> Caller:
    if not token:
        raise Problem(
            "unauthenticated",
            "This needs an API key in the header Authorization: Bearer cck_...",
            headers={"WWW-Authenticate": 'Bearer realm="convcards"'},
        )
    moment = now()
    keys.parse(token)
    with reading() as session:
        key = keys.verify(session, token, now=moment)
    if keys.needs_touch(key, now=moment):
        with writing() as session:
            keys.touch(session, key.id, now=moment)
    lacking = " ".join(scope for scope in scopes if scope not in key.scopes)
    if lacking:
        raise Problem(
            "missing_scope",
            f"This key was not made for this: it lacks the scope {lacking}.",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{lacking}"'},
        )
    return Caller(key.tenant_id, frozenset(key.scopes))
