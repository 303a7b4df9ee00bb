"""Who a request is about: the caller's own id for a person, inside the caller's tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from flask import has_request_context
from marshmallow import ValidationError

from service.api.auth import needs
from service.api.context import caller, now, services
from service.api.fields import Text
from service.api.learners import ME
from service.api.problems import Fault, Problem, faults_of
from service.api.slashes import SLASH
from service.store import tenants, users

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.store import User

__all__ = [
    "ACTING",
    "IN_EXAM",
    "USER_PATH",
    "UserId",
    "address_of",
    "ensure_tenant",
    "known",
    "known_or_new",
    "named",
    "tenant",
]

ACTING: Final = needs("quiz:take", "act:users", learner=True)
"""For doing something in the name of a person: any of the tenant, or oneself with a token."""

IN_EXAM: Final = needs("quiz:take", "act:users", learner=True, exam=True)
"""The same, and what a token may do that is bound to an exam."""

_NO_CHARACTER: Final = "\ufffd"


class UserId(Text):
    """A person's id in an address: whatever the caller calls them, percent-encoded.

    1 to 200 characters without control characters; a slash is written ``%2F``. Anything else is
    ``bad_user_id``, not an address that leads nowhere.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(200, shortest=1, wanted="an id of 1 to 200 characters", **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        try:
            name = super()._deserialize(value, *args, **kwargs)
        except ValidationError as error:
            raise _bad_user_id(faults_of(error)[0]) from None
        if _NO_CHARACTER in name:
            hint = "percent-encode the id's UTF-8"
            raise _bad_user_id(Fault("", "It is not UTF-8, or holds a private character.", hint))
        return name.replace(SLASH, "/")


def _bad_user_id(fault: Fault) -> Problem:
    detail = f"The person's id in the address can't be used. {fault.detail}"
    return Problem("bad_user_id", detail, faults=[fault._replace(pointer="/user")])


USER_PATH: Final = {
    "user": UserId(
        description="Your own id for the person: an LMS user id, a chat handle; percent-encoded. "
        "With a learner's own token it is `me`.",
        example="ann",
    )
}
"""The path of every operation that names a person."""


def address_of(name: str) -> str:
    """The address under which the caller finds a person."""
    is_learner = has_request_context() and caller().learner is not None
    return f"/v1/users/{ME if is_learner else quote(name, safe='')}"


def tenant() -> str:
    """The tenant that the caller belongs to; "" for anonymous callers, which is nobody's."""
    return caller().tenant or ""


def named(user: str) -> str:
    """The external id that ``user`` stands for; ``me`` needs a token that says who that is."""
    if user == ME:
        learner = caller().learner
        if learner is not None:
            return learner
        raise Problem(
            "me_without_token",
            "`me` is whoever a learner's own token was made for; with a key (or on this machine) "
            "name the person: /v1/users/ann",
        )
    return user


def known(session: Session, user: str) -> User:
    """The person; ``not_found`` if nobody here ever asked for a question under this name."""
    person = users.find(session, tenant(), named(user))
    if person is None:
        raise Problem(
            "not_found",
            "There is no such person here; one is made with the first question: "
            "POST /v1/users/{user}/questions.",
        )
    return person


def known_or_new(session: Session, user: str) -> User:
    """The person, made on first use; needs a session that writes."""
    name, moment, made_with = named(user), now(), services()
    person = users.find(session, tenant(), name)
    if person is not None:
        return person
    ensure_tenant(session)
    return users.get_or_create(session, tenant(), name, now=moment, rng=made_with.rng)


def ensure_tenant(session: Session) -> None:
    """In local mode, where nobody made it, let the caller's tenant be there."""
    if services().settings.mode == "local":
        tenants.ensure(session, tenants.LOCAL, name="This machine", now=now())
