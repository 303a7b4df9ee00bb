"""The keys of registered issuers (JWKS, RFC 7517): fetched from their registered addresses alone.

Over https, with the certificate checked, without following where else an answer points, in bounded
time and size. A set is kept for :data:`FRESH`; one that can't be fetched anew goes on being used,
so that an issuer's bad hour is none of ours.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

__all__ = ["FRESH", "RETRY", "KeySets", "NoKeys", "fetch", "read"]

FRESH: Final = timedelta(minutes=10)
RETRY: Final = timedelta(seconds=30)
"""The least time between two tries, whoever sends tokens with keys that nobody knows."""

_TIMEOUT: Final = 3.0
_LARGEST: Final = 256 * 1024


class NoKeys(Exception):  # noqa: N818 - named for what happened
    """The keys of an issuer can't be had, and none were kept."""


def fetch(address: str) -> bytes:
    """What stands at an https address; raises `NoKeys`."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        raise NoKeys("keys are fetched over https only")
    connection = http.client.HTTPSConnection(
        parts.hostname, parts.port, timeout=_TIMEOUT, context=ssl.create_default_context()
    )
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"Accept": "application/json"})
        return _body(connection.getresponse(), time.monotonic() + _TIMEOUT)
    except (OSError, http.client.HTTPException):
        raise NoKeys("the issuer's keys can't be fetched") from None
    finally:
        connection.close()


def _body(response: http.client.HTTPResponse, deadline: float) -> bytes:
    if response.status != http.client.OK:
        raise NoKeys(f"the issuer answered {response.status} in place of its keys")
    body = b""
    while part := response.read1(_LARGEST):
        body += part
        if len(body) > _LARGEST or time.monotonic() > deadline:
            raise NoKeys("the issuer's keys are too large or come too slowly")
    return body


def read(body: bytes) -> KeySet:
    """The public keys of a set that can be used; raises `NoKeys` if there are none."""
    from joserfc import errors
    from joserfc.jwk import KeySet, import_key

    try:
        listed: Any = json.loads(body)["keys"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise NoKeys("the issuer's keys can't be read") from None
    keys = []
    for data in listed if isinstance(listed, list) else ():
        if not isinstance(data, dict) or data.get("kty") not in ("RSA", "EC"):
            continue  # a symmetric key in public is none
        try:
            keys.append(import_key(data))
        except (errors.JoseError, ValueError, TypeError):
            continue
    if not keys:
        raise NoKeys("the issuer has no key that can be used")
    return KeySet(keys)


@dataclass(slots=True)
class _Kept:
    keys: KeySet | None = None
    tried_at: datetime | None = None
    fetched_at: datetime | None = None
    lock: Lock = field(default_factory=Lock)


class KeySets:
    """Sets of keys by their addresses; safe to share between threads."""

    def __init__(self, fetch: Callable[[str], bytes] = fetch) -> None:
        self._fetch = fetch
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()

    def get(self, address: str, key_id: object, *, now: datetime) -> KeySet:
        """The set at an address, fetched anew if it is old or lacks `key_id`; raises `NoKeys`."""
        with self._lock:
            kept = self._kept.setdefault(address, _Kept())
        with kept.lock:
            if self._is_due(kept, key_id, now):
                kept.tried_at = now
                try:
                    kept.keys = read(self._fetch(address))
                    kept.fetched_at = now
                except NoKeys:
                    if kept.keys is None:
                        raise
            if kept.keys is None:
                raise NoKeys("the issuer's keys could not be fetched a moment ago")
            return kept.keys

    def _is_due(self, kept: _Kept, key_id: object, now: datetime) -> bool:
        if kept.tried_at is not None and now - kept.tried_at < RETRY:
            return False
        if kept.keys is None or kept.fetched_at is None or now - kept.fetched_at >= FRESH:
            return True
        return key_id is not None and all(key.kid != key_id for key in kept.keys.keys)
