"""`convcards keys create|list|revoke`: the API keys of secured mode."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import TYPE_CHECKING, Final

from service import startup
from service.cli.options import Options, choose
from service.failure import BAD_USAGE, NO, Failure
from service.store import keys, tenants
from service.store.errors import NotFound, Unstorable

if TYPE_CHECKING:
    from service.store.tables import ApiKey

__all__ = ["run"]

USUAL_SCOPES: Final = "compute,cards:read,quiz:take,reports:read,act:users"
PAGE: Final = 500


def run(arguments: Sequence[str]) -> int:
    """Make, list or revoke a key in the database of CONVCARDS_DATABASE_URL."""
    actions = {
        "create": ("make a key; its text is printed once", create),
        "list": ("what keys there are, without their secrets", show),
        "revoke": ("close a key for ever", revoke),
    }
    return choose("keys", actions, arguments)


def _options(action: str, description: str, examples: Sequence[str]) -> Options:
    options = Options(f"keys {action}", description, examples)
    options.add_argument(
        "--tenant",
        default=tenants.LOCAL,
        metavar="ID",
        help="whose key it is; tenants' people and results are kept apart (default: %(default)s)",
    )
    return options


def create(arguments: Sequence[str]) -> int:
    """Make a key: its text goes to stdout, everything else to stderr."""
    options = _options(
        "create",
        "Make an API key. Only the key itself goes to stdout, and only this once:\n"
        "the service keeps a hash of it.",
        [
            "keys create --name moodle",
            "keys create --name reports --scopes reports:read --days 90",
        ],
    )
    options.add_argument("--name", required=True, help="what it is for, to tell keys apart")
    options.add_argument(
        "--scopes",
        default=USUAL_SCOPES,
        metavar="LIST",
        help=f"what it may do, of {', '.join(keys.SCOPES)} (default: %(default)s)",
    )
    options.add_argument("--days", type=int, metavar="N", help="days until it expires (never)")
    given = options.read(arguments)
    if given.days is not None and not 1 <= given.days <= 36_500:
        raise Failure("keys create: --days takes 1 to 36500", BAD_USAGE)
    now = datetime.now(UTC)
    with (
        startup.connected(startup.read_settings(os.environ)) as database,
        database.write() as session,
    ):
        tenants.ensure(session, given.tenant, name=given.tenant, now=now)
        try:
            key, text = keys.create(
                session,
                given.tenant,
                name=given.name,
                scopes=[scope.strip() for scope in given.scopes.split(",") if scope.strip()],
                now=now,
                rng=SystemRandom(),
                expires_at=now + timedelta(days=given.days) if given.days else None,
            )
        except Unstorable as error:
            raise Failure(f"keys create: {error}", BAD_USAGE) from None
        about = f"key {key.id} of tenant {given.tenant} may: {', '.join(key.scopes)}"
    print(f"{about}\nIts text is shown only now:", file=sys.stderr)
    print(text)
    return 0


def show(arguments: Sequence[str]) -> int:
    """List a tenant's keys, one a line."""
    given = _options("list", "List the keys of a tenant.", ["keys list"]).read(arguments)
    with startup.connected(startup.read_settings(os.environ)) as database:
        after: str | None = None
        while True:
            with database.read() as session:
                page = keys.of_tenant(session, given.tenant, limit=PAGE, after=after)
            for key in page.items:
                print(_line(key))
            after = page.next
            if after is None:
                return 0


def _line(key: ApiKey) -> str:
    now = datetime.now(UTC)
    if key.revoked_at is not None:
        state = f"revoked {key.revoked_at:%Y-%m-%d}"
    elif key.expires_at is None:
        state = "valid"
    else:
        state = f"{'valid until' if key.expires_at > now else 'expired'} {key.expires_at:%Y-%m-%d}"
    used = f"used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
    return f"{key.id}  {state:22}  {used:15}  {key.name}  ({', '.join(key.scopes)})"


def revoke(arguments: Sequence[str]) -> int:
    """Close a key."""
    options = _options(
        "revoke",
        "Close a key for ever. Make the new one first: two may be valid at a time.",
        ["keys revoke 0R3kz81mYc02HqBd"],
    )
    options.add_argument("id", help="its id, as `convcards keys list` shows it")
    given = options.read(arguments)
    with (
        startup.connected(startup.read_settings(os.environ)) as database,
        database.write() as session,
    ):
        try:
            keys.revoke(session, given.tenant, given.id, now=datetime.now(UTC))
        except NotFound as error:
            raise Failure(f"keys revoke: {error} of tenant {given.tenant}", NO) from None
    print(f"key {given.id} is revoked")
    return 0
