"""Column types that refuse, before any database sees them, what one of the two would take.

SQLite keeps any text in any column, takes NUL, and forgets time zones; PostgreSQL does not. These
types hold both to the same rules and raise `Unstorable` for a value outside them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from service.store.errors import Unstorable

INT64 = 2**63 - 1
QUARTER = 900
"""Seconds. All time zones differ from UTC by a multiple of them."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware times in (naive ones are refused), aware UTC out, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; raises ValueError for a time without a zone: that is a bug, not an input."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone can't be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From UTC, always aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class BoundedText(TypeDecorator[str]):
    """Text of at most `length` characters, without NUL or lone surrogates."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> str | None:
        """The text as it is; raises `Unstorable` for one that PostgreSQL would not take."""
        if value is None:
            return None
        if len(value) > self.length:
            raise Unstorable(f"a text has {len(value)} characters, at most {self.length} fit")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Unstorable("a text holds half a surrogate pair") from None
        if "\x00" in value:
            raise Unstorable("a text holds the character NUL")
        return value


class WholeNumber(TypeDecorator[int]):
    """An integer of 64 bits within `minimum` … `maximum`; no bool, no float."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, minimum: int = 0, maximum: int = INT64) -> None:
        super().__init__()
        self.minimum = minimum
        self.maximum = maximum

    def process_bind_param(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> int | None:
        """The number as it is; raises `Unstorable` outside the bounds."""
        if value is None:
            return None
        if type(value) is not int or not self.minimum <= value <= self.maximum:
            raise Unstorable(f"only whole numbers from {self.minimum} to {self.maximum} fit")
        return value


class quarter_of(FunctionElement[int]):  # noqa: N801 - it is used as a function
    """Which quarter of an hour a moment lies in, counted from 1970: enough to know any local day.

    Rows grouped by it come out as few, and no database has to know a time zone.
    """

    inherit_cache = True
    type = BigInteger()


@compiles(quarter_of, "sqlite")
def _quarter_sqlite(element: quarter_of, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(strftime('%s', substr({moment}, 1, 19)) AS INTEGER) / {QUARTER}"


@compiles(quarter_of, "postgresql")
def _quarter_postgresql(element: quarter_of, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(floor(extract(epoch FROM {moment}) / {QUARTER}) AS BIGINT)"
