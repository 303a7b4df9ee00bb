"""The tables, as typed ORM classes; `migrations/` builds them, and a test holds the two together.

Personal data (`external_id`, `timezone`) stands in `users` alone; everything else of a person hangs
on the random `users.id`. `answers`, `unread_responses` and `reviews` are append-only: triggers made
by the migrations refuse every UPDATE, and every DELETE unless the person is being erased. The
indexes named `of_user` hold all that a person's progress is counted from.
"""

from __future__ import annotations

from service.store.tables.access import ApiKey, AuditEvent, Issuer, Tenant, TokenKey, User
from service.store.tables.asked import (
    Answer,
    BatchKey,
    ErasedAnswers,
    IdempotencyKey,
    Question,
    Quiz,
    UnreadResponse,
)
from service.store.tables.base import Base
from service.store.tables.cards import Card, CardVersion, Deck, Template, TemplateVersion
from service.store.tables.jobs import Job
from service.store.tables.remembered import Memory, Review

__all__ = [
    "Answer",
    "ApiKey",
    "AuditEvent",
    "Base",
    "BatchKey",
    "Card",
    "CardVersion",
    "Deck",
    "ErasedAnswers",
    "IdempotencyKey",
    "Issuer",
    "Job",
    "Memory",
    "Question",
    "Quiz",
    "Review",
    "Template",
    "TemplateVersion",
    "Tenant",
    "TokenKey",
    "UnreadResponse",
    "User",
    "configure",
]


def configure() -> None:
    """Work out how the classes hang together now rather than with the first query."""
    Base.registry.configure()
