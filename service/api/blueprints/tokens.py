"""``/v1/users/{user}/token``: a learner's own token, for a page or an app in their hands."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from service.api import examples
from service.api.auth import needs
from service.api.blueprints.people import PERSON_ERRORS
from service.api.blueprints.people import resource as people
from service.api.context import writing
from service.api.learners import make_token
from service.api.operation import Answer, Example, Resource
from service.api.people import USER_PATH, known_or_new, tenant
from service.api.schemas.access import TokenRequest, TokenSchema
from service.store import NotFound, quizzes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.store import User

__all__ = ["resource"]

resource = Resource("tokens", tag=people.tag, about=people.about)

_ANN: Final = {"user": examples.USER}


@resource.post(
    "/v1/users/{user}/token",
    id="makeToken",
    summary="A learner's own token",
    access=needs("quiz:take", "act:users"),
    path=USER_PATH,
    request=TokenRequest(),
    body_optional=True,
    answers={
        201: Answer(
            "A token with which the person is `me`.",
            TokenSchema(),
            example={
                "token": "<header>.<claims>.<signature>",
                "token_type": "Bearer",
                "expires_in": 900,
                "expires_at": "2026-11-23T12:15:00.000Z",
                "user": examples.USER,
                "quiz": None,
            },
        )
    },
    errors=("not_found", "quiz_finished", "conflict", *PERSON_ERRORS),
    examples=(
        Example("For a quarter of an hour", path=_ANN, body={"expires_in": 900}),
        Example(
            "For a quiz that isn't there",
            path=_ANN,
            body={"quiz": "019aaf0d-0000-7000-8000-000000000000"},
            status=404,
            code="not_found",
        ),
    ),
)
def make_a_token(user: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Make a short-lived token for a person, to hand to a page or an app that they use.

    With it they are `me` and reach what is theirs: questions, quizzes, reviews, progress. With
    `quiz` it opens that quiz alone until it is finished: no shapes, no cards, no other questions.
    It ends by itself, and when the key that made it is revoked or the person erased.
    """
    quiz, lasts = body["quiz"], timedelta(seconds=body["expires_in"])
    with writing() as session:
        person = known_or_new(session, user)
        if quiz is not None:
            _check_quiz(session, person, quiz)
    token, ends = make_token(person, lasts=lasts, quiz=quiz)
    return {
        "token": token,
        "token_type": "Bearer",
        "expires_in": body["expires_in"],
        "expires_at": ends,
        "user": person.external_id,
        "quiz": None if quiz is None else str(quiz),
    }


def _check_quiz(session: Session, person: User, quiz: UUID) -> None:
    """Raise ``not_found`` for a quiz of somebody else, ``quiz_finished`` for one that is over."""
    found = quizzes.get(session, quiz, tenant_id=tenant())
    if found.user_id != person.id:
        raise NotFound("quiz", quiz)
    quizzes.check_unfinished(found)
