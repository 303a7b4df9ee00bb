"""Counting what was used in the last minute, in this process or in one store for all of them.

A sliding window of two counters: what was used since the window began, and what was used in the one
before it, which counts for as much of it as still lies in the last minute. From rest exactly the
limit passes in a minute; at any time hardly more does. Time is an argument. The shared counters do
the same steps in one script on Valkey or Redis; a test holds the two together.
"""

from __future__ import annotations

import logging
import math
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WINDOW", "Counters", "Local", "Shared", "Usage", "counters"]

WINDOW: Final = 60
"""Seconds that a limit is for."""

_MOST: Final = 50_000
"""Callers that are counted at a time; each takes some 200 bytes."""

_AWAY: Final = 5.0
"""Seconds for which a store that failed is left alone."""

_TIMEOUT: Final = 0.2

_log = logging.getLogger("convcards.limits")


class Usage(NamedTuple):
    """How much is left after a request, and when there is more."""

    allowed: bool
    remaining: int
    reset: int
    """Seconds until the window ends."""
    retry: int
    """Seconds until what was asked for would pass; 0 if it did."""


class _Window(NamedTuple):
    start: float
    before: float
    since: float


class Counters(Protocol):
    """What counts."""

    def take(self, key: str, cost: int, limit: int, now: float) -> Usage:
        """Use ``cost`` of what ``key`` may use in a minute, if there is as much left."""
        ...


def _rolled(kept: _Window | None, now: float) -> _Window:
    """The window that ``now`` lies in."""
    if kept is None or now - kept.start >= 2 * WINDOW:
        return _Window(now, 0, 0)
    if now - kept.start >= WINDOW:
        return _Window(kept.start + WINDOW, kept.since, 0)
    return kept


def _used(window: _Window, now: float) -> float:
    into = max(0.0, now - window.start)
    return window.before * (1 - into / WINDOW) + window.since


def _usage(window: _Window, cost: int, limit: int, now: float, *, allowed: bool) -> Usage:
    into = max(0.0, now - window.start)
    remaining = max(0, math.floor(limit - _used(window, now)))
    wait = 0.0
    if not allowed:
        room = limit - cost - window.since
        if room >= 0:  # when enough of the window before has passed
            wait = WINDOW * (1 - room / window.before) - into
        else:  # when enough of this one has
            wait = WINDOW * (2 - (limit - cost) / window.since) - into
    return Usage(allowed, remaining, math.ceil(WINDOW - into), max(0, math.ceil(wait)))


class Local:
    """Counters of this process; safe to share between threads."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}
        self._lock = Lock()

    def take(self, key: str, cost: int, limit: int, now: float) -> Usage:
        """Use ``cost``, at most ``limit``, if there is as much left."""
        cost = min(cost, limit)
        with self._lock:
            kept = self._windows.get(key)
            window = _rolled(kept, now)
            allowed = _used(window, now) + cost <= limit
            if allowed:
                window = window._replace(since=window.since + cost)
            if kept is None or window.start != kept.start:
                self._windows.pop(key, None)  # the oldest window stands first
                if len(self._windows) >= _MOST:
                    del self._windows[next(iter(self._windows))]
            self._windows[key] = window
        return _usage(window, cost, limit, now, allowed=allowed)


_SCRIPT: Final = """
local now, cost, limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]),
  tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'start', 'before', 'count')
local start, before, count = tonumber(kept[1]), tonumber(kept[2]), tonumber(kept[3])
if not start or now - start >= 2 * window then
  start, before, count = now, 0, 0
elseif now - start >= window then
  start, before, count = start + window, count, 0
end
local into = math.max(0, now - start)
local allowed = 0
if before * (1 - into / window) + count + cost <= limit then
  allowed, count = 1, count + cost
end
local texts = {string.format('%.6f', start), tostring(before), tostring(count)}
redis.call('HSET', KEYS[1], 'start', texts[1], 'before', texts[2], 'count', texts[3])
redis.call('EXPIRE', KEYS[1], 2 * window)
return {allowed, texts[1], texts[2], texts[3]}
"""


class Shared:
    """Counters in Valkey or Redis, for all processes and machines that name the same one.

    While it can't be reached each process counts for itself, and nobody is turned away for it.
    """

    def __init__(self, address: str) -> None:
        from valkey import Valkey

        # The client reconnects by itself and is safe to share between threads and to fork.
        client = Valkey.from_url(
            address, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT, protocol=2
        )
        self._script: Callable[..., Any] = client.register_script(_SCRIPT)
        self._local = Local()
        self._away_until = -math.inf

    def take(self, key: str, cost: int, limit: int, now: float) -> Usage:
        """Use ``cost``, at most ``limit``, if there is as much left."""
        from valkey.exceptions import ValkeyError

        cost = min(cost, limit)
        if now >= self._away_until:
            try:
                asked = [f"{now:.6f}", cost, limit, WINDOW]
                allowed, *kept = self._script(keys=[f"convcards:rate:{key}"], args=asked)
            except (ValkeyError, OSError) as error:
                self._away_until = now + _AWAY
                _log.warning(
                    "the storage of rate limits can't be reached; each process counts for itself",
                    extra={"error": type(error).__name__},
                )
            else:
                return _usage(_Window(*map(float, kept)), cost, limit, now, allowed=bool(allowed))
        return self._local.take(key, cost, limit, now)


def counters(address: str) -> Counters:
    """The counters that a setting names: those of this process for an empty one."""
    return Shared(address) if address else Local()
