"""How much a caller may ask for in a minute: by address without a key, by key, by learner.

A request costs 1, heavy work more (see :mod:`service.api.heavy`), before anything is computed. Who
shows a key that opens nothing is counted by address, so that keys can't be guessed at speed. Pages
and probes are not counted. The address is the peer's, or what a trusted proxy says: a header from
anybody else counts for nothing.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_network
from typing import TYPE_CHECKING, Final

from flask import g, has_request_context, request

from service.api.addresses import parse, within
from service.api.auth import authorize
from service.api.context import CALLER, caller, now, services
from service.api.counters import WINDOW
from service.api.problems import Problem
from service.store import KeyRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.api.auth import Access
    from service.api.counters import Usage
    from service.config import Settings

__all__ = ["admit", "charge", "client_address", "headers"]

_SUBNET: Final = 64
"""Bits of an IPv6 address that belong to one customer."""


def admit(access: Access) -> None:
    """Say who calls, or refuse (:func:`service.api.auth.authorize`); then count the request."""
    settings = services().settings
    if CALLER in request.environ:  # it was admitted when it was asked for
        g.caller = request.environ[CALLER]
        return
    if not settings.limits_rates or not access.keyed:
        authorize(access)
        return
    try:
        authorize(access)
    except (Problem, KeyRefused):
        g.counted = _counted(settings)
        charge(1)
        raise
    g.counted = _counted(settings)
    charge(1)


def _counted(settings: Settings) -> tuple[str, int]:
    """What the caller's requests are counted under, and how many there may be."""
    who = caller()
    if who.learner is not None:
        return f"learner:{who.tenant}:{who.person or who.learner}", settings.rate_key
    if who.key is not None:
        return f"key:{who.key}", settings.rate_key
    return _by_address(settings), settings.rate_anonymous


def charge(cost: int) -> None:
    """Count ``cost`` more for this request; raises ``rate_limited``."""
    if has_request_context() and "counted" in g:
        key, limit = g.counted
        _count(key, limit, cost)


def _count(key: str, limit: int, cost: int) -> None:
    usage = services().counters.take(key, cost, limit, now().timestamp())
    g.usage = usage, limit
    if not usage.allowed:
        services().metrics.limited(key.partition(":")[0])
        raise Problem(
            "rate_limited",
            f"This is more than {limit} in {WINDOW} seconds; heavy work counts for several.",
            headers={"Retry-After": str(max(1, usage.retry))},
        )


def headers() -> Mapping[str, str]:
    """What an answer says of the limit: as the draft of the standard has it, and as it had it."""
    found: tuple[Usage, int] | None = g.get("usage")
    if found is None:
        return {}
    usage, limit = found
    return {
        "RateLimit-Policy": f'"default";q={limit};w={WINDOW}',
        "RateLimit": f'"default";r={usage.remaining};t={usage.reset}',
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(usage.remaining),
        "RateLimit-Reset": str(usage.reset),
    }


def _by_address(settings: Settings) -> str:
    environ = request.environ
    peer = environ.get("REMOTE_ADDR", "")
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
    return f"address:{client_address(peer, forwarded, settings.trusted_proxies)}"


@lru_cache(maxsize=1024)
def client_address(peer: str, forwarded: str, proxies: tuple[str, ...]) -> str:
    """Whose request it is: the last address that no trusted proxy has.

    ``forwarded`` is read from its end, where the nearest proxy wrote; what stands before an address
    that is not trusted was sent by it and may be anything. Of IPv6 the network counts.
    """
    address = parse(peer)
    for text in reversed(forwarded.split(",")):
        if address is None or not within(address, proxies):
            break
        further = parse(text.strip())
        if further is None:
            break
        address = further
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _SUBNET), strict=False))
    return str(address or "unknown")
