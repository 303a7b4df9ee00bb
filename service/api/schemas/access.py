"""What keys, tokens and the audit log take and answer."""

from __future__ import annotations

from typing import Final

from service.api.fields import (
    Anything,
    Choice,
    ListOf,
    Moment,
    Text,
    WholeNumber,
)
from service.api.learners import LONGEST
from service.api.schemas.base import Request, Result
from service.api.schemas.questions import UuidField
from service.store import keys

__all__ = [
    "AuditEventSchema",
    "KeyRequest",
    "KeySchema",
    "MadeKeySchema",
    "TokenRequest",
    "TokenSchema",
]

_SCOPES: Final = len(keys.SCOPES)


class KeyRequest(Request):
    """A key to be made."""

    name = Text(200, shortest=1, required=True, description="What it is for, to tell keys apart.")
    scopes = ListOf(
        Choice(keys.SCOPES),
        _SCOPES,
        shortest=1,
        required=True,
        description="What it may do; no more than the key that asks for it.",
    )
    expires_at = Moment(
        allow_none=True, load_default=None, description="When it ends; null is never."
    )


class KeySchema(Result):
    """A key, without its secret."""

    id = Text(64, required=True, description="The part of the key after `cck_`.")
    name = Text(200, required=True)
    scopes = ListOf(Text(64), _SCOPES, required=True)
    state = Choice(("valid", "expired", "revoked"), required=True)
    created_at = Moment(required=True)
    expires_at = Moment(allow_none=True, required=True)
    revoked_at = Moment(allow_none=True, required=True)
    last_used_at = Moment(
        allow_none=True, required=True, description="To the minute; null if it never was."
    )


class MadeKeySchema(KeySchema):
    """A key that was just made, with its text."""

    key = Text(100, required=True, description="The key itself. It is shown only now.")


class TokenRequest(Request):
    """How long a learner's token is good, and for what."""

    expires_in = WholeNumber(
        60,
        int(LONGEST.total_seconds()),
        load_default=3600,
        description="Seconds that it is good for.",
    )
    quiz = UuidField(
        allow_none=True,
        load_default=None,
        description="A quiz of this person: until it is finished, the token opens nothing else.",
    )


class TokenSchema(Result):
    """A learner's token."""

    token = Text(4096, required=True, description="For the header `Authorization: Bearer`.")
    token_type = Choice(("Bearer",), required=True)
    expires_in = WholeNumber(60, required=True)
    expires_at = Moment(required=True)
    user = Text(255, required=True, description="Your own id for the person it was made for.")
    quiz = Text(36, allow_none=True, required=True)


class AuditEventSchema(Result):
    """Something that was done with a key, or by whoever runs the service."""

    id = Text(36, required=True)
    at = Moment(required=True)
    actor = Text(200, required=True, description="`key:<id>`, `local`, or `command line`.")
    action = Text(64, required=True, description="What was done, such as `key.created`.")
    subject = Text(
        255,
        allow_none=True,
        required=True,
        description="What it was done to. A person stands here as `person:` and a hash.",
    )
    details = Anything(allow_none=True, required=True)
    request_id = Text(200, allow_none=True, required=True)
