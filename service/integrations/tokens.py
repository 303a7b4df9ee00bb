"""JSON Web Tokens (RFC 7519): signing our own, and checking those of others.

What a token says of itself chooses nothing but which registered key it is held against: the
algorithms are the caller's list, and `jku`, `x5u` and `jwk` in a header are never looked at. The
library is imported when a token is first met, so that a service without any starts as fast as
before.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

__all__ = ["ALGORITHMS", "SKEW", "TokenRefused", "peek", "sign", "verify_foreign", "verify_own"]

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")
"""What an issuer may sign with: nothing that whoever checks could sign with as well."""

SKEW: Final = 60
"""Seconds by which an issuer's clock may be off."""

_OWN: Final = ("HS256",)
_REQUIRED: Final = ("iss", "aud", "exp", "iat", "sub")


class TokenRefused(Exception):  # noqa: N818 - named for what happened, as in the other rooms
    """A token that opens nothing; `reason` is malformed, unknown, expired or not for this."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the token is {reason}")
        self.reason = reason


def peek(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims as the token itself says, with nothing checked."""
    parts = token.split(".")
    try:
        head, claims = (
            json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2]
        )
    except (binascii.Error, ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    if len(parts) != 3 or not isinstance(head, dict) or not isinstance(claims, dict):
        raise TokenRefused("malformed")
    return head, claims


def sign(claims: Mapping[str, Any], *, key_id: str, secret: bytes) -> str:
    """A token of our own."""
    from joserfc import jwt
    from joserfc.jwk import OctKey

    header = {"alg": _OWN[0], "kid": key_id}
    return jwt.encode(header, {**claims}, OctKey.import_key(secret), algorithms=_OWN)


def verify_own(token: str, secret: bytes, *, now: datetime) -> dict[str, Any]:
    """The claims of a token of our own; raises `TokenRefused`."""
    from joserfc.jwk import OctKey

    claims = _signed(token, OctKey.import_key(secret), _OWN)
    if not claims["exp"] > now.timestamp():
        raise TokenRefused("expired")
    return claims


def verify_foreign(
    token: str,
    keys: KeySet,
    *,
    algorithms: Sequence[str],
    issuer: str,
    audience: str,
    now: datetime,
) -> dict[str, Any]:
    """The claims of an issuer's token; raises `TokenRefused`.

    `iss`, `aud`, `exp`, `iat` and `sub` must be there; times may be off by :data:`SKEW` seconds.
    """
    from joserfc import errors
    from joserfc.jwt import JWTClaimsRegistry

    claims = _signed(token, keys, algorithms)
    rules: Any = {name: {"essential": True} for name in _REQUIRED}
    rules["iss"]["value"], rules["aud"]["value"] = issuer, audience
    try:
        JWTClaimsRegistry(now=int(now.timestamp()), leeway=SKEW, **rules).validate(claims)
    except errors.ExpiredTokenError:
        raise TokenRefused("expired") from None
    except errors.ClaimError:
        raise TokenRefused("not for this") from None
    return claims


def _signed(token: str, key: Any, algorithms: Sequence[str]) -> dict[str, Any]:
    """The claims, if the signature is right by one of the algorithms."""
    from joserfc import errors, jwt

    try:
        return jwt.decode(token, key, algorithms=algorithms).claims
    except (errors.JoseError, ValueError, TypeError, RecursionError):
        raise TokenRefused("unknown") from None
