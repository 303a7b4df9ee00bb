"""`convcards tenants create|list`: whose people, keys and decks are kept apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from service.cli.administering import changing, opened, present, record
from service.cli.options import Options, choose
from service.failure import BAD_USAGE, NO, Failure
from service.store import tenants
from service.store.errors import Conflict

__all__ = ["run"]

PAGE: Final = 500
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def run(arguments: Sequence[str]) -> int:
    """Make or list tenants in the database of CONVCARDS_DATABASE_URL."""
    actions = {
        "create": ("make a tenant", create),
        "list": ("what tenants there are", show),
    }
    return choose("tenants", actions, arguments)


def create(arguments: Sequence[str]) -> int:
    """Make a tenant."""
    options = Options(
        "tenants create",
        "Make a tenant: an organisation whose people, keys and decks no other one sees.",
        ["tenants create school --name 'The school'"],
    )
    options.add_argument("id", help="small letters, digits, dots, dashes; at most 64")
    options.add_argument("--name", help="what it is called (its id)")
    given = options.read(arguments)
    if not _ID.fullmatch(given.id):
        raise Failure(f"tenants create: {given.id} is no id: it takes a-z, 0-9, . _ -", BAD_USAGE)
    with changing() as session:
        try:
            tenants.create(session, given.id, name=given.name or given.id, now=present())
        except Conflict as error:
            raise Failure(f"tenants create: {error}", NO) from None
        record(session, given.id, "tenant.created", f"tenant:{given.id}")
    print(f"tenant {given.id} is there; its first key: convcards keys create --tenant {given.id}")
    return 0


def show(arguments: Sequence[str]) -> int:
    """List tenants, one a line."""
    Options("tenants list", "List the tenants.", ["tenants list"]).read(arguments)
    with opened() as database:
        after: str | None = None
        while True:
            with database.read() as session:
                page = tenants.every(session, limit=PAGE, after=after)
            for tenant in page.items:
                print(f"{tenant.id}  since {tenant.created_at:%Y-%m-%d}  {tenant.name}")
            after = page.next
            if after is None:
                return 0
