"""`convcards audit`: what keys and operators did, newest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from service.cli.administering import of_a_tenant, opened
from service.failure import BAD_USAGE, Failure
from service.store import audit

if TYPE_CHECKING:
    from uuid import UUID

    from service.store.tables import AuditEvent

__all__ = ["run"]

PAGE: Final = 500


def run(arguments: Sequence[str]) -> int:
    """Print a tenant's audit log, one event a line."""
    options = of_a_tenant(
        "audit", "What keys and operators did, newest first.", ["audit --limit 20"], "log it is"
    )
    options.add_argument("--limit", type=int, metavar="N", help="at most so many lines (all)")
    given = options.read(arguments)
    if given.limit is not None and given.limit < 1:
        raise Failure("audit: --limit takes 1 or more", BAD_USAGE)
    left = given.limit
    before: UUID | None = None
    with opened() as database:
        while left is None or left:
            size = PAGE if left is None else min(PAGE, left)
            with database.read() as session:
                page = audit.newest(session, given.tenant, limit=size, before=before)
            for event in page.items:
                print(_line(event))
            before = page.next
            if before is None:
                break
            left = None if left is None else left - len(page.items)
    return 0


def _line(event: AuditEvent) -> str:
    parts = [f"{event.at:%Y-%m-%dT%H:%M:%SZ}", event.actor, event.action, event.subject or "-"]
    if event.details:
        parts.append(json.dumps(event.details, ensure_ascii=False, sort_keys=True))
    if event.request_id:
        parts.append(f"request {event.request_id}")
    return "  ".join(parts)
