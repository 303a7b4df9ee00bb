"""``GET /v1/users/{user}/reviews``: how a person rated what they reviewed, and when."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from service.api import examples
from service.api.auth import needs
from service.api.blueprints.people import NO_PERSON, PERSON_ERRORS
from service.api.blueprints.templates import ABOUT, TAG
from service.api.context import reading
from service.api.operation import Answer, Example, Resource
from service.api.pagination import PageQuery, newest_page, page_of
from service.api.people import USER_PATH, known
from service.api.remembering import past_review_view
from service.api.schemas.reviews import PastReviewSchema
from service.store import reviews

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["resource"]

resource = Resource("review_log", tag=TAG, about=ABOUT)

_PAGE: Final = page_of("ReviewPage", PastReviewSchema)


def _text(value: Mapping[str, Any]) -> str:
    return "\n".join(map(_line, value["items"])) or "No reviews yet."


def _line(item: Mapping[str, Any]) -> str:
    what, undone = item["card"] or item["template"], " (taken back)" if item["undone"] else ""
    return f"{item['reviewed_at']:%Y-%m-%d %H:%M} {what}: {item['rating']}{undone}"


@resource.get(
    "/v1/users/{user}/reviews",
    id="listReviews",
    summary="How a person rated what they reviewed",
    access=needs("reports:read", learner=True),
    path=USER_PATH,
    query=PageQuery(),
    answers={
        200: Answer(
            "A page of reviews, the last recorded first.",
            _PAGE,
            example=lambda: _PAGE.dump({"items": [examples.past_review()], "next_cursor": None}),
            text=_text,
        )
    },
    errors=("bad_cursor", "not_found", *PERSON_ERRORS),
    examples=(Example("The newest", path={"user": examples.USER}), NO_PERSON),
)
def list_reviews(user: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """Every rating of a card or template, those of answers and of reviews made elsewhere too.

    They come in the order in which they were recorded. What was taken back is there as well, with
    `undone`.
    """
    with reading() as session:
        person = known(session, user)
        return newest_page(
            f"reviews/{person.id}",
            query,
            partial(reviews.newest, session, person.id),
            lambda item: past_review_view(item[0], undone=item[1]),
        )
