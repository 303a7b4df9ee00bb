"""Learners' own tokens: made for one person, and good for that person's things alone.

A token is signed here, or by an OpenID Connect issuer that the tenant registered. Its holder is
`me` in an address and can name nobody else; what a token opens is checked in one place, by what the
path names (:func:`confine`), so that no view can forget it.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from service.api.context import Caller, caller, now, reading, services, writing
from service.api.problems import Problem
from service.integrations import tokens
from service.integrations.jwks import NoKeys
from service.integrations.tokens import TokenRefused
from service.store import KeyRefused, NotFound, issuers, keys, questions, quizzes, signing, users

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.store import Issuer, User

__all__ = [
    "LONGEST",
    "ME",
    "confine",
    "is_token",
    "learner_of",
    "make_token",
    "only_for_others",
]

ME: Final = "me"
LONGEST: Final = timedelta(hours=12)
"""How long a token may be good for."""

_ISSUER: Final = "convcards"
_SCOPES: Final = frozenset({"compute", "cards:read", "quiz:take"})
_LONGEST_NAME: Final = 200


def is_token(text: str) -> bool:
    """Whether this is a token rather than an API key: it has the three parts of one."""
    return text.count(".") == 2


def _configured() -> list[tuple[str, bytes]]:
    """The signing keys of the settings, by ids that follow from them."""
    given = [text.encode() for text in services().settings.token_key]
    return [(sha256(b"kid:" + key).hexdigest()[:16], key) for key in given]


def _signing_key() -> tuple[str, bytes]:
    for configured in _configured():
        return configured
    with reading() as session:
        key = signing.current(session)
    if key is None:
        with writing() as session:
            key = signing.create(session, now=now(), rng=services().rng)
    return key.id, key.secret


def _secret(session: Session, key_id: object, moment: datetime) -> bytes:
    configured = dict(_configured())
    if configured:
        secret = configured.get(str(key_id))
    else:
        key = signing.find(session, str(key_id)[:64], now=moment)
        secret = None if key is None else key.secret
    if secret is None:
        raise TokenRefused("unknown")
    return secret


def make_token(person: User, *, lasts: timedelta, quiz: UUID | None) -> tuple[str, datetime]:
    """A token for a person, and when it ends."""
    who, moment = caller(), now().replace(microsecond=0)
    ends = moment + lasts
    claims: dict[str, Any] = {
        "iss": _ISSUER,
        "aud": _ISSUER,
        "sub": str(person.id),
        "tenant": person.tenant_id,
        "iat": int(moment.timestamp()),
        "exp": int(ends.timestamp()),
    }
    if who.key is not None:
        claims["key"] = who.key
    if quiz is not None:
        claims["quiz"] = str(quiz)
    key_id, secret = _signing_key()
    return tokens.sign(claims, key_id=key_id, secret=secret), ends


def learner_of(token: str) -> Caller:
    """Whom a token stands for; raises ``KeyRefused``, and ``service_unavailable`` without keys."""
    try:
        header, claims = tokens.peek(token)
        own = claims.get("iss") == _ISSUER
        return _own(token, header) if own else _foreign(token, header, claims)
    except TokenRefused as refused:
        raise KeyRefused(refused.reason, "token") from None


def _own(token: str, header: Mapping[str, Any]) -> Caller:
    moment = now()
    with reading() as session:
        claims = tokens.verify_own(token, _secret(session, header.get("kid"), moment), now=moment)
        maker = None if "key" not in claims else keys.find_by_id(session, claims["key"])
        if maker is not None and maker.revoked_at is not None:
            raise TokenRefused("revoked")
        try:
            person = users.get(session, claims["tenant"], UUID(claims["sub"]))
        except NotFound:  # erased
            raise TokenRefused("unknown") from None
        exam = None
        if "quiz" in claims:
            quiz = quizzes.get(session, UUID(claims["quiz"]), tenant_id=person.tenant_id)
            exam = quiz.id if quiz.finished_at is None else None
    return Caller(
        person.tenant_id, _SCOPES, learner=person.external_id, person=person.id, exam=exam
    )


def _foreign(token: str, header: Mapping[str, Any], claims: Mapping[str, Any]) -> Caller:
    moment, kept = now(), services()
    with reading() as session:
        issuer = _addressed(session, claims)
    try:
        key_set = kept.key_sets.get(issuer.jwks_uri, header.get("kid"), now=moment)
    except NoKeys:
        raise Problem(
            "service_unavailable",
            "The keys of the token's issuer can't be had at the moment.",
            headers={"Retry-After": "30"},
        ) from None
    checked = tokens.verify_foreign(
        token,
        key_set,
        algorithms=issuer.algorithms,
        issuer=issuer.issuer,
        audience=issuer.audience,
        now=moment,
    )
    name = checked["sub"]
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise TokenRefused("not for this")
    with reading() as session:
        person = users.find(session, issuer.tenant_id, name)
    return Caller(
        issuer.tenant_id, _SCOPES, learner=name, person=None if person is None else person.id
    )


def _addressed(session: Session, claims: Mapping[str, Any]) -> Issuer:
    """The registration that a token claims to be of."""
    name, audience = claims.get("iss"), claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if isinstance(name, str) and len(name) <= 255 and name.isprintable():
        for issuer in issuers.named(session, name):
            if issuer.audience in audiences:
                return issuer
    raise TokenRefused("unknown")


def confine(arguments: Mapping[str, Any]) -> None:
    """Hold a learner's token to its own person, and to its exam; raises ``not_found``."""
    who = caller()
    if who.learner is None:
        return
    if arguments.get("user", ME) != ME:
        raise Problem(
            "not_found", "A learner's own token names nobody but its own person: /v1/users/me."
        )
    question: UUID | None = arguments.get("question")
    quiz: UUID | None = arguments.get("quiz")
    if question is None and quiz is None:
        return
    if who.person is None:
        raise NotFound("question" if quiz is None else "quiz", question or quiz)
    with reading() as session:
        if question is not None:
            quiz = questions.get(
                session, question, tenant_id=str(who.tenant), user_id=who.person
            ).quiz_id
        elif quiz and quizzes.get(session, quiz, tenant_id=str(who.tenant)).user_id != who.person:
            raise NotFound("quiz", quiz)
    if who.exam is not None and quiz != who.exam:
        raise Problem("exam_only", "This token is for another exam, which is not finished.")


def only_for_others(wish: str) -> None:
    """Refuse a learner what only whoever acts for them may choose."""
    if caller().learner is not None:
        raise Problem(
            "missing_scope",
            f"A learner's own token can't choose {wish}: that takes a key with act:users.",
        )
