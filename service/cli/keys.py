"""`convcards keys create|list|rotate|revoke`: the API keys of secured mode."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from random import SystemRandom
from typing import TYPE_CHECKING, Final

from service.cli.administering import changing, of_a_tenant, opened, present, record
from service.cli.options import Options, choose
from service.failure import BAD_USAGE, NO, Failure
from service.store import keys, tenants
from service.store.errors import KeyRefused, NotFound, Unstorable

if TYPE_CHECKING:
    from service.store.tables import ApiKey

__all__ = ["run"]

USUAL_SCOPES: Final = "compute,cards:read,quiz:take,reports:read,act:users"
PAGE: Final = 500


def run(arguments: Sequence[str]) -> int:
    """Make, list, rotate or revoke a key in the database of CONVCARDS_DATABASE_URL."""
    actions = {
        "create": ("make a key; its text is printed once", create),
        "list": ("what keys there are, without their secrets", show),
        "rotate": ("make a key's successor; both are valid for a while", rotate),
        "revoke": ("close a key for ever", revoke),
    }
    return choose("keys", actions, arguments)


def _options(action: str, description: str, examples: Sequence[str]) -> Options:
    return of_a_tenant(f"keys {action}", description, examples, "key it is")


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
    now = present()
    with changing() as session:
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
        made = {"name": key.name, "scopes": key.scopes}
        record(session, given.tenant, "key.created", f"key:{key.id}", **made)
    return _shown(key, text)


def _shown(key: ApiKey, text: str) -> int:
    print(f"key {key.id} of tenant {key.tenant_id} may: {', '.join(key.scopes)}", file=sys.stderr)
    print("Its text is shown only now:", file=sys.stderr)
    print(text)
    return 0


def show(arguments: Sequence[str]) -> int:
    """List a tenant's keys, one a line."""
    given = _options("list", "List the keys of a tenant.", ["keys list"]).read(arguments)
    with opened() as database:
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
    state: str = keys.state(key, now=present())
    if state == "revoked":
        state += f" {key.revoked_at:%Y-%m-%d}"
    elif key.expires_at is not None:
        state = f"{state.replace('valid', 'valid until')} {key.expires_at:%Y-%m-%d}"
    used = f"used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
    return f"{key.id}  {state:22}  {used:15}  {key.name}  ({', '.join(key.scopes)})"


def rotate(arguments: Sequence[str]) -> int:
    """Make the successor of a key: its text goes to stdout."""
    options = _options(
        "rotate",
        "Make a key's successor, with the same name and scopes. The old one goes on for a while,\n"
        "so that whoever calls can change over without a gap.",
        ["keys rotate 0R3kz81mYc02HqBd", "keys rotate 0R3kz81mYc02HqBd --hours 1"],
    )
    options.add_argument("id", help="its id, as `convcards keys list` shows it")
    options.add_argument(
        "--hours", type=int, default=24, metavar="N", help="how long both go (default: %(default)s)"
    )
    given = options.read(arguments)
    if not 0 <= given.hours <= 24 * 366:
        raise Failure("keys rotate: --hours takes 0 to 8784", BAD_USAGE)
    with changing() as session:
        try:
            key, text = keys.rotate(
                session,
                given.tenant,
                given.id,
                overlap=timedelta(hours=given.hours),
                now=present(),
                rng=SystemRandom(),
            )
        except NotFound as error:
            raise Failure(f"keys rotate: {error} of tenant {given.tenant}", NO) from None
        except KeyRefused as error:
            raise Failure(f"keys rotate: {error}; make a new one", NO) from None
        record(session, given.tenant, "key.rotated", f"key:{given.id}", successor=key.id)
    print(f"key {given.id} goes on for {given.hours} hours at most", file=sys.stderr)
    return _shown(key, text)


def revoke(arguments: Sequence[str]) -> int:
    """Close a key."""
    options = _options(
        "revoke",
        "Close a key for ever, and with it every learner's token that it made.",
        ["keys revoke 0R3kz81mYc02HqBd"],
    )
    options.add_argument("id", help="its id, as `convcards keys list` shows it")
    given = options.read(arguments)
    with changing() as session:
        try:
            keys.revoke(session, given.tenant, given.id, now=present())
        except NotFound as error:
            raise Failure(f"keys revoke: {error} of tenant {given.tenant}", NO) from None
        record(session, given.tenant, "key.revoked", f"key:{given.id}")
    print(f"key {given.id} is revoked")
    return 0
