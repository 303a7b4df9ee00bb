"""What is written with versions, declared one way: decks, their cards and their questions."""

from __future__ import annotations

import re
import unicodedata
from base64 import b32encode
from typing import TYPE_CHECKING, Any, Final

from service.api.auth import anonymous, needs
from service.api.conditional import IF_MATCH_HEADER, PRECONDITIONS, REVALIDATE
from service.api.context import services
from service.api.operation import Answer
from service.api.pagination import PageQuery, read_cursor, show_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from service.api.fields import Identifier
    from service.api.operation import Resource, View
    from service.api.schemas.base import Result
    from service.store.wordings import Sort

__all__ = [
    "CHANGED",
    "ERRORS",
    "MADE",
    "TAG",
    "WRITING",
    "change",
    "made_up_id",
    "versions",
    "versions_page",
]

WRITING: Final = needs("cards:write")
ERRORS: Final = ("not_found", "gone", "shared_deck", "conflict", "service_unavailable")
"""What changing something in a deck can end in."""

MADE: Final = {"Location": "Its address.", "ETag": "What to send in If-Match to change it."}
CHANGED: Final = {"ETag": "What to send in If-Match to change it again."}
TAG: Final = {"If-Match": '"v1"'}
"""What the examples send."""


def made_up_id(wish: str) -> str:
    """A slug that nobody has: the words of ``wish`` and some chance."""
    plain = unicodedata.normalize("NFKD", wish).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-")
    chance = b32encode(services().rng.getrandbits(40).to_bytes(5)).decode().lower()
    return f"{words}-{chance}" if words else chance


def change(
    of: Resource, method: str, route: str, *, path: Mapping[str, Identifier], **more: Any
) -> Callable[[View], View]:
    """Declare an operation that changes or deletes what has versions, named by its path."""
    return of.operation(
        method,
        route,
        path=path,
        access=WRITING,
        headers=IF_MATCH_HEADER,
        errors=(*PRECONDITIONS, *ERRORS),
        **more,
    )


def versions(
    of: Resource, route: str, *, schema: Result, example: Callable[[], object], **more: Any
) -> Callable[[View], View]:
    """Declare the operation that lists what something said at each version."""
    return of.get(
        route,
        access=anonymous("cards:read"),
        query=PageQuery(),
        answers={
            200: Answer(
                "A page of versions, the newest first.",
                schema,
                example=lambda: schema.dump({"items": [example()], "next_cursor": None}),
            )
        },
        errors=("not_found", "bad_cursor", "service_unavailable"),
        cache=REVALIDATE,
        **more,
    )


def versions_page(
    session: Session,
    sort: Sort,
    row_id: str,
    query: Mapping[str, Any],
    view: Callable[[Any], dict[str, Any]],
) -> dict[str, Any]:
    """A page of what a card or a question said at each version, the newest first."""
    listing = f"versions/{row_id}"
    before = read_cursor(listing, query["cursor"], (int,))
    page = sort.page_of_versions(
        session, row_id, limit=query["limit"], before=before[0] if before else None
    )
    return show_page(listing, page, view)
