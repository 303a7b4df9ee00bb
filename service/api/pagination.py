"""Lists in pages: ``?limit=&cursor=`` in, ``{items, next_cursor}`` out.

A cursor names the place after which a page starts. It is opaque: base64url of that place and a
checksum bound to the list, so that one that was cut, changed or taken from another list is refused
(422 ``bad_cursor``) and not read as something else. It opens nothing: what a caller may see is
decided anew on every page.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any, Final

from service.api import json
from service.api.fields import ListOf, ObjectOf, Strict, Text, WholeNumber
from service.api.problems import Fault, Problem
from service.api.schemas.base import Request, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DEFAULT_LIMIT", "MAX_LIMIT", "PageQuery", "page_of", "read_cursor", "write_cursor"]

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200

_CHECK: Final = 8  # bytes


class PageQuery(Request):
    """The query of every list."""

    limit = WholeNumber(
        1, MAX_LIMIT, load_default=DEFAULT_LIMIT, description="How many items a page holds."
    )
    cursor = Text(
        512,
        load_default=None,
        allow_none=False,
        description="`next_cursor` of the page before; leave it out for the first.",
    )


def page_of(name: str, item: type[Result] | Strict) -> Result:
    """The schema of ``{items, next_cursor}`` with items of ``item``; ``name`` is its component."""
    inner = item if isinstance(item, Strict) else ObjectOf(item)
    members: dict[str, Any] = {
        "items": ListOf(inner, MAX_LIMIT, required=True),
        "next_cursor": Text(
            512,
            allow_none=True,
            required=True,
            description="Where the next page starts; null on the last.",
        ),
    }
    schema: type[Result] = type(f"{name}Schema", (Result,), members)
    return schema()


def _check(listing: str, body: bytes) -> bytes:
    return hashlib.sha256(listing.encode() + b"\0" + body).digest()[:_CHECK]


def write_cursor(listing: str, place: Sequence[str | int]) -> str:
    """The cursor of a place in ``listing`` (the list's name, and whose it is)."""
    body = json.dumps(list(place)).encode()
    return base64.urlsafe_b64encode(_check(listing, body) + body).decode().rstrip("=")


def read_cursor(listing: str, cursor: str | None, kinds: Sequence[type]) -> tuple[Any, ...] | None:
    """The place that ``cursor`` names, None for None; raises ``bad_cursor`` for any other text.

    ``kinds`` are the types of the place's parts.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        place = json.loads(raw[_CHECK:])
    except (binascii.Error, ValueError):
        raw, place = b"", None
    if raw[:_CHECK] == _check(listing, raw[_CHECK:]) and [type(part) for part in place] == [*kinds]:
        return tuple(place)
    detail = "The cursor is not one that this list gave out."
    raise Problem("bad_cursor", detail, faults=[Fault("/cursor", detail)])
