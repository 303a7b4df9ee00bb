"""`convcards issuers add|list|remove`: OpenID Connect issuers that say who a learner is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from service.cli.administering import changing, of_a_tenant, opened, present, record
from service.cli.options import Options, choose
from service.failure import BAD_USAGE, NO, Failure
from service.integrations.tokens import ALGORITHMS
from service.store import issuers, tenants
from service.store.errors import NotFound

__all__ = ["run"]

_SCHOOL: Final = "https://id.school.example"


def run(arguments: Sequence[str]) -> int:
    """Register, list or remove an issuer in the database of CONVCARDS_DATABASE_URL."""
    actions = {
        "add": ("take an issuer's word for who a learner is", add),
        "list": ("which issuers are registered", show),
        "remove": ("take its word no more", remove),
    }
    return choose("issuers", actions, arguments)


def _identity(options: Options) -> Options:
    options.add_argument("issuer", help="its `iss`, exactly as its tokens have it")
    options.add_argument("--audience", required=True, help="the `aud` that its tokens have for us")
    return options


def add(arguments: Sequence[str]) -> int:
    """Register an issuer, or change what is registered of it."""
    options = of_a_tenant(
        "issuers add",
        "Take an issuer's tokens for learners' own: `sub` is the person, within the tenant.\n"
        "Keys are fetched over https from --jwks, and from nowhere else.",
        [f"issuers add {_SCHOOL} --audience convcards --jwks {_SCHOOL}/jwks --tenant school"],
        "people it names",
    )
    _identity(options)
    options.add_argument("--jwks", required=True, metavar="URL", help="where its keys are")
    options.add_argument(
        "--algorithms",
        default="RS256,ES256",
        metavar="LIST",
        help=f"what it may sign with, of {', '.join(ALGORITHMS)} (default: %(default)s)",
    )
    given = options.read(arguments)
    parts = urlsplit(given.jwks)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.fragment:
        raise Failure("issuers add: --jwks takes an https address", BAD_USAGE)
    allowed = [name.strip() for name in given.algorithms.split(",")]
    unknown = [name for name in allowed if name not in ALGORITHMS]
    if unknown:
        known = ", ".join(ALGORITHMS)
        raise Failure(
            f"issuers add: {unknown[0]} is none that is taken; there are {known}", BAD_USAGE
        )
    with changing() as session:
        now = present()
        tenants.ensure(session, given.tenant, name=given.tenant, now=now)
        issuers.put(
            session,
            given.tenant,
            issuer=given.issuer,
            audience=given.audience,
            jwks_uri=given.jwks,
            algorithms=allowed,
            now=now,
        )
        told = {"audience": given.audience, "jwks": given.jwks, "algorithms": allowed}
        record(session, given.tenant, "issuer.added", f"issuer:{given.issuer}"[:255], **told)
    print(f"tokens of {given.issuer} for {given.audience} are taken in tenant {given.tenant}")
    return 0


def show(arguments: Sequence[str]) -> int:
    """List issuers, one a line."""
    Options("issuers list", "List the issuers.", ["issuers list"]).read(arguments)
    with opened() as database, database.read() as session:
        for row in issuers.every(session):
            algorithms = ",".join(row.algorithms)
            print(f"{row.issuer}  {row.audience}  {row.tenant_id}  {row.jwks_uri}  ({algorithms})")
    return 0


def remove(arguments: Sequence[str]) -> int:
    """Remove an issuer."""
    options = Options(
        "issuers remove",
        "Take an issuer's tokens no more. People it named stay as they are.",
        [f"issuers remove {_SCHOOL} --audience convcards"],
    )
    given = _identity(options).read(arguments)
    with changing() as session:
        try:
            row = issuers.remove(session, issuer=given.issuer, audience=given.audience)
        except NotFound as error:
            raise Failure(f"issuers remove: {error}", NO) from None
        record(session, row.tenant_id, "issuer.removed", f"issuer:{given.issuer}"[:255])
    print(f"tokens of {given.issuer} for {given.audience} are taken no more")
    return 0
