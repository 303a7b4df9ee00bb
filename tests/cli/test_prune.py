"""`convcards prune`."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from running import Command
from service.store import Database, audit, tenants


def test_it_says_what_would_go_and_what_went(
    command: Command, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    with database.write() as session:
        tenants.ensure(session, "local", name="This machine", now=now)
        for age in (200, 1):
            audit.append(
                session,
                "local",
                actor="x",
                action="a",
                now=now - timedelta(days=age),
                rng=Random(age),  # noqa: S311
            )
    assert "audit_events" not in command("prune", url=database_url).out
    monkeypatch.setenv("CONVCARDS_KEEP_AUDIT_DAYS", "100")
    for arguments, said in (
        (["--dry-run"], ["audit_events", "1", "would", "go"]),
        ([], ["audit_events", "1", "given", "up"]),
        ([], ["audit_events", "0", "given", "up"]),
    ):
        done = command("prune", *arguments, url=database_url)
        assert done.status == 0
        assert said in [line.split() for line in done.out.splitlines()]
