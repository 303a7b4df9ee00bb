"""Answers that need not be sent again, and changes of what nobody else has changed meanwhile.

An ETag is the hash of the bytes, so that it is strong (RFC 9110 8.8.1). Of what has versions the
version comes before it: ``"v3.9f86d081884c7d65..."``. ``If-Match`` looks at the version alone, so
the tag of any answer about a thing will do, of its text as of its JSON, and ``"v3"`` too.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from service.api.fields import Text
from service.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

__all__ = [
    "IF_MATCH_HEADER",
    "PRECONDITIONS",
    "REVALIDATE",
    "Cache",
    "check_version",
    "etag",
    "fixed",
    "mark",
    "matches",
    "version_tag",
]

_IF_MATCH: Final = "If-Match"
PRECONDITIONS: Final = ("precondition_required", "precondition_failed")
"""The codes of an operation that calls :func:`check_version`."""

_TAG: Final = r'(?:W/)?"[!#-~]*"'
_VERSION: Final = re.compile(r'"v([0-9]{1,10})(?:\.[0-9a-f]+)?"')


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


def version_tag(version: int) -> str:
    """The entity tag of a version, of whatever is said about it."""
    return f'"v{version}"'


def mark(
    response: Response, cache: Cache | None, if_none_match: str | None, version: int | None = None
) -> None:
    """Give an answer its ETag and Cache-Control; make it a 304 if the caller has it already.

    What is not to be kept has an ETag only if it has a version.
    """
    if cache is None:
        response.headers["Cache-Control"] = "no-store"
        if version is not None:
            response.headers["ETag"] = version_tag(version)
        return
    tag = etag(response.get_data())
    if version is not None:
        tag = f'"v{version}.{tag[1:]}'
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = cache.control
    if if_none_match is not None and matches(if_none_match, tag):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"]
        del response.headers["Content-Length"]


class IfMatch(Text):
    """One or several entity tags, or ``*`` for whatever there is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            1000,
            pattern=rf"\*|{_TAG}(?:\s*,\s*{_TAG})*",
            wanted='the ETag of what was read, with its quotes, such as "v3"',
            **kwargs,
        )


IF_MATCH_HEADER: Final = {
    _IF_MATCH: IfMatch(
        description="The ETag of the thing as you read it; `*` changes whatever is there.",
        example='"v1"',
    )
}
"""The header of an operation that changes what has versions."""


def check_version(headers: Mapping[str, Any], version: int) -> None:
    """Let a change go on only if it is one of the current ``version``."""
    given: str | None = headers[_IF_MATCH]
    current = version_tag(version)
    if given is None:
        raise Problem(
            "precondition_required",
            f"Send the header If-Match with the ETag of what you read; it is {current} now.",
        )
    if given != "*" and version not in map(int, _VERSION.findall(given)):
        raise Problem(
            "precondition_failed",
            f"It was changed since: it is {current} now. Nothing was changed.",
            headers={"ETag": current},
            extra={"version": version},
        )
