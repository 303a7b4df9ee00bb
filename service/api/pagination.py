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
from uuid import UUID

from service.api import json
from service.api.fields import ListOf, ObjectOf, Strict, Text, WholeNumber
from service.api.problems import Fault, Problem
from service.api.schemas.base import Request, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from service.store.paging import Page

__all__ = [
    "DEFAULT_LIMIT",
    "MAX_LIMIT",
    "PageQuery",
    "newest_page",
    "page_of",
    "read_cursor",
    "show_page",
    "write_cursor",
]

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200

_CHECK: Final = 8  # bytes
_INT64: Final = 2**63


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


def write_cursor(listing: str, place: Sequence[str | int | UUID]) -> str:
    """The cursor of a place in ``listing`` (the list's name, and whose it is)."""
    body = json.dumps([str(part) if isinstance(part, UUID) else part for part in place]).encode()
    return base64.urlsafe_b64encode(_check(listing, body) + body).decode().rstrip("=")


def read_cursor(listing: str, cursor: str | None, kinds: Sequence[type]) -> tuple[Any, ...] | None:
    """The place that ``cursor`` names, None for None; raises ``bad_cursor`` for any other text.

    ``kinds`` are the types of the place's parts: int, str or UUID. The checksum is no secret, so
    that whoever makes a cursor up may have put anything into it.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        place = json.loads(raw[_CHECK:])
        if raw[:_CHECK] == _check(listing, raw[_CHECK:]) and isinstance(place, list):
            return tuple(_part(*both) for both in zip(kinds, place, strict=True))
    except (binascii.Error, ValueError):
        pass
    detail = "The cursor is not one that this list gave out."
    raise Problem("bad_cursor", detail, faults=[Fault("/cursor", detail)])


def _part(kind: type, part: object) -> object:
    """A part of a place, as the database can be asked with it; raises ValueError for any other."""
    if kind is UUID and isinstance(part, str):
        return UUID(part)
    if type(part) is not kind or (isinstance(part, str) and "\0" in part):
        raise ValueError(part)
    if isinstance(part, int) and not -_INT64 <= part < _INT64:
        raise ValueError(part)
    return part


def show_page(listing: str, page: Page[Any, Any], view: Callable[[Any], object]) -> dict[str, Any]:
    """What ``page_of`` describes: items as ``view`` shows them, and where the next page starts."""
    following = None if page.next is None else write_cursor(listing, [page.next])
    return {"items": [view(item) for item in page.items], "next_cursor": following}


def newest_page(
    listing: str,
    query: Mapping[str, Any],
    newest: Callable[..., Page[Any, UUID]],
    view: Callable[[Any], object],
) -> dict[str, Any]:
    """A page of a list whose ids tell the order, the newest first.

    ``newest`` finds it, given its ``limit`` and the id ``before`` which it ends, or None.
    """
    place = read_cursor(listing, query["cursor"], (UUID,))
    page = newest(limit=query["limit"], before=place[0] if place else None)
    return show_page(listing, page, view)
