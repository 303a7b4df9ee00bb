"""`convcards worker`: carries out what was asked for with `Prefer: respond-async`."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from service import startup
from service.api.later import carry_out, operations_of, telling
from service.app import create_app
from service.cli.options import Options
from service.failure import UNCONFIGURED, Failure
from service.store import JobLost, StoreError, StoreUnavailable, Timeouts, jobs
from service.store.database import Database

if TYPE_CHECKING:
    from flask import Flask

    from service.store import Job

__all__ = ["run"]

IDLE: Final = 1.0
"""Seconds between two looks at an empty queue, and after the database could not be used."""
TICK: Final = 0.5
"""Seconds between two looks at how far the job is."""
ALIVE: Final = 2.0
"""Seconds after which the database is told of a job all the same, and asked whether it goes on."""
GRACE: Final = 10
"""Seconds that a job has to end by itself when its worker is told to stop."""
PATIENT: Final = Timeouts(connect=5, pool=30, statement=600, lock=30, idle=60)
UNAVAILABLE: Final = 503

_log: Final = logging.getLogger("convcards.worker")


def run(arguments: Sequence[str]) -> int:
    """Carry out jobs until SIGTERM or Ctrl-C."""
    options = Options(
        "worker",
        "Carry out the jobs of CONVCARDS_DATABASE_URL, one at a time, the oldest first. Start as\n"
        "many as there is work for, on any machine that reaches the database. SQLite needs none:\n"
        "there the service does each job as it is asked for.\n\n"
        "SIGTERM or Ctrl-C: a job that runs has some seconds to end, then it is undone and goes\n"
        "back into the queue. A worker that is killed loses nothing: another takes up its job\n"
        f"{jobs.SILENT.seconds} seconds later, and whatever happens, a job is done once.",
        ["worker", "worker --once"],
    )
    options.add_argument("--once", action="store_true", help="stop when no job is waiting")
    options.add_argument(
        "--grace",
        type=int,
        default=GRACE,
        metavar="SECONDS",
        help=f"how long a job may still run after SIGTERM (default: {GRACE})",
    )
    given = options.read(arguments)
    settings = startup.read_settings(os.environ)
    with startup.connected(settings) as checked:
        if checked.dialect == "sqlite":
            raise Failure(
                "on SQLite the service does each job as it is asked for; a worker is for "
                "PostgreSQL",
                UNCONFIGURED,
            )
    database = Database(settings.database_url, timeouts=PATIENT)
    app = create_app(settings, database=database)
    worker = Worker(app, database, grace=max(0, given.grace))
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: worker.stop())
    print(f"ConvCards is at the jobs of {database.address} (Ctrl-C stops it)", flush=True)
    worker.work(once=given.once)
    database.close()
    print("Stopped.", flush=True)
    return 0


class _StoppedError(BaseException):
    """The job has to stop; what catches exceptions lets it pass."""


class Worker:
    """Takes job after job, and carries each out in one transaction with saying that it is done."""

    def __init__(self, app: Flask, database: Database, *, grace: float = GRACE) -> None:
        self._grace = grace
        self._app = app
        self._database = database
        self._stopping = threading.Event()
        self._deadline = float("inf")

    def stop(self) -> None:
        """Take no more jobs, and leave the one that runs little time."""
        self._deadline = time.monotonic() + self._grace
        self._stopping.set()

    def must_stop(self) -> bool:
        """Whether the job that runs has had its time."""
        return time.monotonic() > self._deadline

    def work(self, *, once: bool) -> None:
        """Carry out jobs until told to stop, or with ``once`` until there is none."""
        while not self._stopping.is_set():
            try:
                with self._database.write() as session:
                    job = jobs.claim(session, operations_of(self._app), now=_now())
                if job is not None:
                    self._carry_out(job)
                elif once:
                    return
                else:
                    self._stopping.wait(IDLE)
            except StoreError as error:
                _log.warning("the database can't be used", extra={"reason": str(error)})
                self._stopping.wait(IDLE)

    def _carry_out(self, job: Job) -> None:
        started = time.monotonic()
        watch = _Watch(self._database, job, self.must_stop)
        try:
            ended = self._do(job, watch)
        except (_StoppedError, JobLost):
            ended = self._put_aside(job, watch)
        except StoreUnavailable:
            with self._database.write() as session:
                jobs.give_back(session, job, lost=True)
            raise
        _log.info(
            "job",
            extra={
                "job": str(job.id),
                "operation": job.operation,
                "ended": ended,
                "seconds": round(time.monotonic() - started, 2),
            },
        )

    def _do(self, job: Job, watch: _Watch) -> str:
        """Do the work and say that it is done, both or neither."""
        with self._database.together() as session:
            with watch.on(self._database.interrupter(session)), telling(watch.tell):
                outcome = carry_out(self._app, session, job)
            if not watch.wanted:
                raise _StoppedError
            if outcome.problem is not None and outcome.problem["status"] == UNAVAILABLE:
                raise StoreUnavailable(str(outcome.problem["detail"]))
            jobs.finish(session, job, outcome, done=watch.done, total=watch.total, now=_now())
        return "done" if outcome.problem is None else str(outcome.problem["code"])

    def _put_aside(self, job: Job, watch: _Watch) -> str:
        """What was done is undone: end a job that was called off, give back what has to wait."""
        with self._database.write() as session:
            if self.must_stop() and not watch.called_off:
                jobs.give_back(session, job)
                return "given back"
            with suppress(JobLost):
                jobs.stop(session, job, now=_now())
                return "cancelled"
        return "taken over, or erased"


class _Watch:
    """Tells the database, from a thread of its own, that a job runs and how far it is."""

    def __init__(self, database: Database, job: Job, must_stop: Callable[[], bool]) -> None:
        self.called_off = False
        self._database = database
        self._job = job
        self._must_stop = must_stop
        self.done, self.total = 0, 0

    @property
    def wanted(self) -> bool:
        """Whether the job is to go on."""
        return not self.called_off and not self._must_stop()

    def tell(self, done: int, total: int) -> None:
        """Take note of how far the job is; ends it if it is not to go on."""
        self.done, self.total = done, total
        if not self.wanted:
            raise _StoppedError

    @contextmanager
    def on(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Watch for the length of the block; `interrupt` ends a statement that takes too long."""
        over = threading.Event()
        apart = Context()  # else what it writes might become a part of the job's transaction
        thread = threading.Thread(
            target=apart.run, args=(self._watch, over, interrupt), name="watch", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _watch(self, over: threading.Event, interrupt: Callable[[], None]) -> None:
        told, at = (0, 0), time.monotonic()
        while not over.wait(TICK):
            now = (self.done, self.total)
            if now != told or time.monotonic() - at > ALIVE:
                self._report(*now)
                told, at = now, time.monotonic()
            if not self.wanted:
                interrupt()

    def _report(self, done: int, total: int) -> None:
        try:
            with self._database.write() as session:
                going = jobs.report(session, self._job, done=done, total=total, now=_now())
        except StoreError as error:
            _log.warning("no sign of life could be given", extra={"reason": str(error)})
        else:
            self.called_off = not going


def _now() -> datetime:
    return datetime.now(UTC)
