"""Long work: a request that is kept until a worker carries it out, and then what it gave.

Several workers take from the queue at once: each the oldest job that no other holds. A worker gives
signs of life while it is at one; the job of a worker that fell silent is taken up again, under a
new lease. What a job does and that it is done are one transaction, which only the last lease can
commit: so a job that was taken up twice, even by two workers at once, is done once. How long jobs
are kept that have ended is said in `retention`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from sqlalchemy import CursorResult, func, select, true, update
from sqlalchemy.orm import undefer

from service.store.errors import JobLost, NotFound, TooManyJobs
from service.store.ids import RandomBits, uuid7
from service.store.paging import Page, page
from service.store.patience import be_patient
from service.store.tables import Job

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

SILENT: Final = timedelta(seconds=30)
"""Without a sign of life for this long a worker counts as lost."""
MAX_LOST: Final = 3
"""How many workers a job may lose before it counts as what they died of."""
MAX_WAITING: Final = 100
"""How many unfinished jobs a tenant may have."""
LARGE: Final = 2**20
"""Bytes of a body that takes longer to keep than others."""
MAX_BYTES: Final = 2**30
"""How large all that is kept for a tenant's jobs may be, before another is taken."""


@dataclass(frozen=True, slots=True)
class View:
    """Which jobs a caller sees: those of a tenant with these operations.

    A learner sees only what they asked for themselves; `person` is who that is.
    """

    tenant_id: str
    operations: Collection[str]
    person: UUID | None = None

    def condition(self) -> ColumnElement[bool]:
        """What holds for every job that is seen."""
        own = (Job.user_id == self.person) & (Job.asked_by == LEARNER)
        return (
            (Job.tenant_id == self.tenant_id)
            & Job.operation.in_(self.operations)
            & (true() if self.person is None else own)
        )


LEARNER: Final = "learner"
"""Who asked for a job, where it was not `key:<id>` or `local`: the person that it is about."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request gave: the problem that it ended in, or else an answer, maybe without a body.

    `disposition` is the Content-Disposition of that body.
    """

    media_type: str | None = None
    disposition: str | None = None
    result: bytes | None = None
    problem: Mapping[str, Any] | None = None


def check_room(session: Session, tenant_id: str) -> None:
    """Whether the tenant may have another job; raises `TooManyJobs`."""
    waiting = func.count().filter(Job.finished_at.is_(None))
    size = [func.sum(func.coalesce(func.length(part), 0)) for part in (Job.body, Job.result)]
    kept = select(waiting, *size).where(Job.tenant_id == tenant_id)
    number, *sizes = session.execute(kept).one()
    if number >= MAX_WAITING:
        raise TooManyJobs(f"{MAX_WAITING} jobs of the tenant are not done yet")
    if sum(int(part or 0) for part in sizes) >= MAX_BYTES:
        raise TooManyJobs(f"jobs and results of the tenant take {MAX_BYTES >> 20} MB already")


def add(
    session: Session,
    tenant_id: str,
    *,
    operation: str,
    request: Mapping[str, Any],
    body: bytes,
    asked_by: str,
    user_id: UUID | None,
    now: datetime,
    rng: RandomBits,
) -> Job:
    """Put a request into the queue.

    `user_id` is the person whose data will be in the result: when they are erased, so is the job.
    """
    job = Job(
        id=uuid7(now, rng),
        tenant_id=tenant_id,
        user_id=user_id,
        asked_by=asked_by,
        operation=operation,
        request=dict(request),
        body=body,
        created_at=now,
    )
    if len(body) > LARGE:
        be_patient(session)
    session.add(job)
    session.flush()
    return job


def get(session: Session, job_id: UUID, view: View, *, result: bool = False) -> Job:
    """A job that the view shows, on demand with its `result`; raises `NotFound`."""
    statement = select(Job).where(Job.id == job_id, view.condition())
    if result:
        be_patient(session)
        statement = statement.options(undefer(Job.result))
    job = session.scalar(statement)
    if job is None:
        raise NotFound("job", job_id)
    return job


def newest(
    session: Session, view: View, *, limit: int, before: UUID | None = None
) -> Page[Job, UUID]:
    """The jobs that the view shows, the newest first."""
    statement = select(Job).where(view.condition())
    if before is not None:
        statement = statement.where(Job.id < before)
    rows = session.scalars(statement.order_by(Job.id.desc()).limit(limit + 1)).all()
    return page(rows, limit, lambda job: job.id)


def cancel(session: Session, job_id: UUID, view: View, *, now: datetime) -> Job | None:
    """Call a job off; raises `NotFound`.

    One that waits ends at once, one that runs is told to stop. One that has ended is forgotten with
    its result, and None returned.
    """
    statement = select(Job).where(Job.id == job_id, view.condition()).with_for_update()
    job = session.scalar(statement)
    if job is None:
        raise NotFound("job", job_id)
    if job.has_ended:
        session.delete(job)
        return None
    job.cancelled = True
    if job.state == "queued":
        job.state, job.finished_at, job.request, job.body = "cancelled", now, None, None
    session.flush()
    return job


def claim(session: Session, operations: Collection[str], *, now: datetime) -> Job | None:
    """The oldest job that waits or whose worker fell silent: it is the caller's now, or None.

    `operations` are those that the caller knows. Ends jobs whose workers were lost too often, or
    that were called off meanwhile.
    """
    silent = (Job.state == "running") & (Job.alive_at < now - SILENT)
    statement = (
        select(Job)
        .where((Job.state == "queued") | silent, Job.operation.in_(operations))
        .order_by(Job.id)
        .limit(1)
        .options(undefer(Job.body))
        .with_for_update(skip_locked=True)
    )
    while (job := session.scalar(statement)) is not None:
        job.lost += job.state == "running"
        if not job.cancelled and job.lost < MAX_LOST:
            return start(session, job, now=now)
        job.state = "cancelled" if job.cancelled else "failed"
        job.finished_at, job.request, job.body = now, None, None
        session.flush()
    return None


def start(session: Session, job: Job, *, now: datetime) -> Job:
    """Take a job out of the queue, under a new lease."""
    job.state, job.alive_at, job.done, job.total = "running", now, 0, 0
    job.lease += 1
    session.flush()
    return job


def report(session: Session, job: Job, *, done: int, total: int, now: datetime) -> bool:
    """Give a sign of life, and say how far the job is; False if it is to stop.

    It is to stop when it was called off, or taken over by another worker, or erased.
    """
    statement = (
        _held(job).values(alive_at=now, done=min(done, total), total=total).returning(Job.cancelled)
    )
    return session.scalar(statement.execution_options(synchronize_session=False)) is False


def finish(
    session: Session, job: Job, outcome: Outcome, *, done: int = 0, total: int = 0, now: datetime
) -> None:
    """Keep what a job gave and forget the request, in the transaction that has done its work.

    `done` of `total` is how far it came, if it failed. Raises `JobLost`: then none of its work may
    be committed.
    """
    failed = outcome.problem is not None
    _end(
        session,
        _held(job).where(Job.cancelled.is_(False)),
        state="failed" if failed else "done",
        finished_at=now,
        problem=outcome.problem,
        media_type=outcome.media_type,
        disposition=outcome.disposition,
        result=outcome.result,
        done=done if failed else total,
        total=total,
    )


def stop(session: Session, job: Job, *, now: datetime) -> None:
    """End a job that was called off while it ran; raises `JobLost`."""
    _end(session, _held(job), state="cancelled", finished_at=now)


def give_back(session: Session, job: Job, *, lost: bool = False) -> None:
    """Put a job back into the queue, for its worker has to stop; nothing if it isn't theirs.

    `lost` counts it as a worker that was lost.
    """
    statement = _held(job).values(state="queued", lost=Job.lost + int(lost))
    session.execute(statement.execution_options(synchronize_session=False))


def _held(job: Job) -> Any:
    """An update of the job, if it still is whose lease this is."""
    return update(Job).where(Job.id == job.id, Job.lease == job.lease, Job.state == "running")


def _end(session: Session, ending: Any, **values: Any) -> None:
    statement = ending.values(request=None, body=None, **values)
    ended = session.execute(statement.execution_options(synchronize_session=False))
    if cast("CursorResult[Any]", ended).rowcount == 0:
        raise JobLost
