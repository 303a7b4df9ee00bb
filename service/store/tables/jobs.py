"""Long work: requests that are kept until a worker carries them out, and then what they gave."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, deferred, mapped_column

from service.store.columns import WholeNumber
from service.store.tables.base import Base, CallersText, Count, Json, Name, Title

STATES = ("queued", "running", "done", "failed", "cancelled")


class Job(Base):
    """A request of a tenant for later. `user_id` is the person whose data is in it, if any.

    `request` and `body` are gone once it has ended, then `result` holds what it gave, or `problem`
    why it failed (none if that was its workers' end). `lease` counts how often it was taken up, and
    only whoever did so last can end it; `lost`, how often its worker fell silent. Of `total` things
    that are to be done, `done` are.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "tenant_id", "id"),
        Index(None, "state", "id"),
        CheckConstraint(f"state IN {STATES}", "state"),
        CheckConstraint("done <= total", "done"),
        CheckConstraint("(finished_at IS NULL) = (state IN ('queued', 'running'))", "finished_at"),
        CheckConstraint("finished_at IS NULL OR (request IS NULL AND body IS NULL)", "request"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[Name] = mapped_column(ForeignKey("tenants.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    asked_by: Mapped[Title]
    operation: Mapped[Name]
    request: Mapped[Json | None]
    body: Mapped[bytes | None] = deferred(mapped_column())
    state: Mapped[Name] = mapped_column(default="queued")
    done: Mapped[int] = mapped_column(WholeNumber(), default=0)
    total: Mapped[int] = mapped_column(WholeNumber(), default=0)
    lease: Mapped[Count] = mapped_column(default=0)
    lost: Mapped[Count] = mapped_column(default=0)
    cancelled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    alive_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    problem: Mapped[Json | None]
    media_type: Mapped[Title | None]
    disposition: Mapped[CallersText | None]
    result: Mapped[bytes | None] = deferred(mapped_column())

    @property
    def percent(self) -> int:
        """How much of it is done; 100 only when all is."""
        if self.state == "done":
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.finished_at is not None
