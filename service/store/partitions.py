"""Answers and reviews by month on PostgreSQL: the next months are made before they begin.

An answer lies in the month of its question, a review in its own. Whatever has no such partition,
being earlier than the first or later than the last, has one for all the rest: nothing is ever
refused for its time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from service.store.tables.base import WHOLE

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

AHEAD: Final = 3
"""How many months are made beyond the present one."""

_PARTITION: Final = re.compile(r"(?:answers|reviews)_(?:earlier|other|\d{4}_\d{2})")


def keep(session: Session, *, now: datetime, ahead: int = AHEAD) -> list[str]:
    """Make what is missing of this month's and the next months' partitions; returns their names.

    It is done in no time and may be called at any: rows that already came for a month are moved
    into it. Nothing happens on SQLite.
    """
    if session.get_bind().dialect.name != "postgresql":
        return []
    made = session.scalars(text("SELECT keep_partitions(:at, :ahead)"), {"at": now, "ahead": ahead})
    return list(made)


def compared(dialect: str) -> Callable[[Any, str | None, str, bool, Any], bool]:
    """What Alembic is to compare with the code: no partitions, and what holds on this database."""

    def include(one: Any, name: str | None, kind: str, reflected: bool, _against: Any) -> bool:
        if reflected:
            return not (kind == "table" and name and _PARTITION.fullmatch(name))
        return dialect != "postgresql" or not WHOLE.items() <= one.info.items()

    return include
