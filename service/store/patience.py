"""More time and memory for what may take long: a large value, a sum over everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_PATIENCE: Final = """
    SELECT set_config(name, greatest(setting::int, least)::text, true)
    FROM pg_settings JOIN (VALUES ('statement_timeout', 30000), ('work_mem', 65536))
    AS needed (name, least) USING (name)
"""


def be_patient(session: Session) -> None:
    """At least half a minute, and 64 MB for each sort, for what remains of the transaction.

    With less, PostgreSQL sorts a million rows on disk, in three processes at once.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(_PATIENCE))
