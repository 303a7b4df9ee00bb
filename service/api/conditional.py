"""Answers that need not be sent again: strong ETags, ``If-None-Match``, ``Cache-Control``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from flask import Response

__all__ = ["REVALIDATE", "Cache", "etag", "fixed", "mark", "matches"]


@dataclass(frozen=True, slots=True)
class Cache:
    """How long an answer may be kept; ``control`` is its Cache-Control header."""

    control: str


REVALIDATE: Final = Cache("private, no-cache")
"""Keep it, but ask before each use: what may change, or is not for everyone."""


def fixed(seconds: int) -> Cache:
    """For everyone, to be kept for so long: the same request gives the same answer."""
    return Cache(f"public, max-age={seconds}")


def etag(body: bytes) -> str:
    """The strong entity tag of these bytes, quotes included."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Whether an If-None-Match header names ``tag`` (weak comparison, RFC 9110 13.1.2)."""
    if if_none_match.strip() == "*":
        return True
    return any(one.strip().removeprefix("W/") == tag for one in if_none_match.split(","))


def mark(response: Response, cache: Cache, if_none_match: str | None) -> None:
    """Give an answer its ETag and Cache-Control; make it a 304 if the caller has it already."""
    tag = etag(response.get_data())
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = cache.control
    if if_none_match is not None and matches(if_none_match, tag):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"]
        del response.headers["Content-Length"]
