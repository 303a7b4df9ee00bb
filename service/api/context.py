"""What a request can reach: settings, clock, randomness, database, and who calls.

``create_app`` puts one :class:`Services` into the application; views ask for it with
:func:`services`, or use the shorthands :func:`now`, :func:`reading` and :func:`writing`::

    with writing() as session:
        user = users.ensure(session, caller().tenant, name, now=now(), rng=services().rng)
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final, cast

from flask import current_app, g

from service.api.gate import Gate
from service.api.recent import Recent
from service.integrations.jwks import KeySets

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.api.counters import Counters
    from service.api.metrics import Metrics
    from service.api.reports import DeckReport
    from service.api.tracing import Tracing
    from service.config import Settings
    from service.store.database import Database
    from service.store.ids import RandomBits

__all__ = [
    "CALLER",
    "EXTENSION",
    "Caller",
    "Services",
    "caller",
    "now",
    "reading",
    "reading_replica",
    "services",
    "span",
    "writing",
]

EXTENSION: Final = "convcards"
"""Where the application keeps its :class:`Services`."""

CALLER: Final = "convcards.caller"
"""Where the environ of a request that a worker puts to the application says who calls."""

_NO_SPAN: Final[AbstractContextManager[object]] = nullcontext()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a tenant and what it may do. ``tenant`` is None for an anonymous caller.

    ``key`` is the id of an API key. ``learner`` is the one person, by the tenant's own id for them,
    that a learner's token stands for; ``person`` their random id, None if they are new here;
    ``exam`` the unfinished quiz that the token is for and nothing else.
    """

    tenant: str | None
    scopes: frozenset[str]
    key: str | None = None
    learner: str | None = None
    person: UUID | None = None
    exam: UUID | None = None


@dataclass(slots=True)
class Services:
    """Everything that the application was made with.

    ``clock`` gives aware UTC times, ``rng`` random bits fit for ids and secrets. The database is
    opened when it is first asked for, so that shapes need none.
    """

    settings: Settings
    clock: Callable[[], datetime]
    rng: RandomBits
    gate: Gate = field(default_factory=Gate)
    """What heavy work goes through; see :mod:`service.api.heavy`."""
    report_gate: Gate = field(default_factory=lambda: Gate("reports"))
    """What goes through all answers of a tenant: heavy for the database, not for others here."""
    recent_reports: Recent[DeckReport] = field(default_factory=Recent)
    """Reports of decks that took long to count."""
    key_sets: KeySets = field(default_factory=KeySets)
    """The keys of issuers that say who learners are."""
    tracing: Tracing | None = None
    """Where spans go; None without CONVCARDS_TRACES_TO."""
    _metrics: Metrics | None = None
    _counters: Counters | None = None
    _database: Database | None = None
    _lock: Lock = field(default_factory=Lock)
    _metrics_lock: Lock = field(default_factory=Lock)

    @property
    def metrics(self) -> Metrics:
        """What the service counts about itself, made when there is something to count."""
        if self._metrics is None:
            from service.api.metrics import Metrics

            with self._metrics_lock:
                if self._metrics is None:
                    self._metrics = Metrics(self.settings)
        return self._metrics

    @property
    def counters(self) -> Counters:
        """What callers have used, made when the first one is counted."""
        if self._counters is None:
            from service.api.counters import counters

            with self._lock:
                if self._counters is None:
                    self._counters = counters(self.settings.rate_limit_storage)
        return self._counters

    @property
    def database(self) -> Database:
        """The database of the settings; raises what ``service.store.Database`` does."""
        if self._database is None:
            from service.store.database import Database

            with self._lock:
                if self._database is None:
                    database = Database(
                        self.settings.database_url, replica=self.settings.reports_database_url
                    )
                    database.watch(self.metrics.connection)
                    if self.tracing is not None:
                        database.trace(self.tracing.statement)
                    self._database = database
        return self._database

    def close(self) -> None:
        """Close the database's connections, if there are any."""
        if self._database is not None:
            self._database.close()


def span(name: str) -> AbstractContextManager[object]:
    """A span for a block of this request's work; nothing where no spans are wanted."""
    tracing = services().tracing
    return _NO_SPAN if tracing is None else tracing.span(name)


def services() -> Services:
    """The services of the application that answers this request."""
    return cast("Services", current_app.extensions[EXTENSION])


def now() -> datetime:
    """The present moment, as the application's clock has it."""
    return services().clock()


def reading() -> AbstractContextManager[Session]:
    """A session that can't write; see ``service.store.database.Database.read``."""
    return services().database.read()


def reading_replica() -> AbstractContextManager[Session]:
    """As `reading`, for what may be moments old; see ``Database.read_replica``."""
    return services().database.read_replica()


def writing() -> AbstractContextManager[Session]:
    """A session that is one transaction; see ``service.store.database.Database.write``."""
    return services().database.write()


def caller() -> Caller:
    """Who makes this request."""
    return cast("Caller", g.caller)
