"""What all tables share: the base class, how constraints are named, the types of columns."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from sqlalchemy import JSON, Date, Float, LargeBinary, MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase, mapped_column

from service.store.columns import BoundedText, UtcDateTime, WholeNumber

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

WHOLE: Final = {"whole": True}
"""The `info` of constraints that hold only where a table is not divided by months: on SQLite."""

Name = Annotated[str, mapped_column(BoundedText(64))]
Title = Annotated[str, mapped_column(BoundedText(200))]
CardId = Annotated[str, mapped_column(BoundedText(129))]
Subject = Annotated[str, mapped_column(BoundedText(138))]
LongText = Annotated[str, mapped_column(BoundedText(10_000))]
RequestId = Annotated[str, mapped_column(BoundedText(128))]
CallersText = Annotated[str, mapped_column(BoundedText(255))]
Sha256 = Annotated[bytes, mapped_column(LargeBinary(32))]
Count = Annotated[int, mapped_column(WholeNumber(0, 2**31 - 1))]
Ordinal = Annotated[int, mapped_column(WholeNumber(1, 2**31 - 1))]
BigNumber = Annotated[int, mapped_column(WholeNumber(0, 2**63 - 1))]
Json = Annotated[Any, mapped_column(JSON(none_as_null=True))]


class Base(DeclarativeBase):
    """The base of all tables: how constraints are named, which column a Python type gets."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - the base class declares it, as an instance variable
        datetime: UtcDateTime(),
        date: Date(),
        UUID: Uuid(),
        bytes: LargeBinary(),
        float: Float(),
    }
