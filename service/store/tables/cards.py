"""Decks, their cards and questions, and every wording that these have had."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, CardId, Count, Json, LongText, Name, Ordinal


class Deck(Base):
    """A deck of cards; `tenant_id` None means that everyone sees it, and that nobody changes it.

    `version` counts its changes, those of its cards included. A deleted deck keeps its id for ever.
    """

    __tablename__ = "decks"

    id: Mapped[Name] = mapped_column(primary_key=True)
    tenant_id: Mapped[Name | None] = mapped_column(ForeignKey("tenants.id"), index=True)
    title: Mapped[LongText]
    description: Mapped[LongText]
    content_hash: Mapped[Name]
    version: Mapped[Count] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Card(Base):
    """A card's lasting identity: its place in the deck and which version of its text is current."""

    __tablename__ = "cards"
    __table_args__ = (
        UniqueConstraint("deck_id", "key"),
        Index(None, "deck_id", "position"),
    )

    id: Mapped[CardId] = mapped_column(primary_key=True)
    deck_id: Mapped[Name] = mapped_column(ForeignKey("decks.id"))
    key: Mapped[Name]
    position: Mapped[Count]
    version: Mapped[Ordinal]
    retired_at: Mapped[datetime | None]


class CardVersion(Base):
    """A card's text as it stood at one version; kept for ever, for the questions asked with it."""

    __tablename__ = "card_versions"

    card_id: Mapped[CardId] = mapped_column(ForeignKey("cards.id"), primary_key=True)
    version: Mapped[Ordinal] = mapped_column(primary_key=True)
    content: Mapped[Json]
    content_hash: Mapped[Name]
    created_at: Mapped[datetime]


class Template(Base):
    """The lasting identity of a question that a deck's author wrote: a template of its own.

    Its `id` is the deck's and its key, joined by a dot.
    """

    __tablename__ = "templates"
    __table_args__ = (UniqueConstraint("deck_id", "key"),)

    id: Mapped[Name] = mapped_column(primary_key=True)
    deck_id: Mapped[Name] = mapped_column(ForeignKey("decks.id"))
    key: Mapped[Name]
    position: Mapped[Count]
    version: Mapped[Ordinal]
    retired_at: Mapped[datetime | None]


class TemplateVersion(Base):
    """What such a question was at one version; kept for ever, for those who were asked it."""

    __tablename__ = "template_versions"

    template_id: Mapped[Name] = mapped_column(ForeignKey("templates.id"), primary_key=True)
    version: Mapped[Ordinal] = mapped_column(primary_key=True)
    content: Mapped[Json]
    content_hash: Mapped[Name]
    created_at: Mapped[datetime]
