"""What the service counts about itself, for Prometheus.

Every label has few values: an operation's id, never an address; a status; the code of a problem.
Under gunicorn each worker counts in files of its own, and whichever is asked puts all of them
together (:mod:`service.api.metrics_files`); in a single process it is memory. Prometheus' library
is imported when the first thing is counted, not before.
"""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from service.api import metrics_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.api.gate import Gate
    from service.config import Settings

__all__ = ["MEDIA_TYPE", "Metrics"]

MEDIA_TYPE: Final = "text/plain; version=0.0.4"

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_WORKERS: Final = b"""\
# HELP convcards_workers Processes that serve.
# TYPE convcards_workers gauge
convcards_workers %d
"""
_NO_OPERATION: Final = "none"


class Metrics:
    """The counters of one process."""

    def __init__(self, settings: Settings) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

        self._about = CollectorRegistry()  # the same in every process, and in no file
        Info("convcards_build", "What runs.", registry=self._about).info(
            {
                "version": version("convcards"),
                "python": platform.python_version(),
                "mode": settings.mode,
                "database": settings.database_url.partition(":")[0].partition("+")[0],
            }
        )
        self._registry = registry = CollectorRegistry()
        self._requests = Histogram(
            "convcards_request_seconds",
            "Time to answer.",
            ("operation", "status"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._problems = Counter(
            "convcards_problems", "Errors answered.", ("code",), registry=registry
        )
        self._turns = Counter(
            "convcards_turns", "Heavy work let in or not.", ("gate", "outcome"), registry=registry
        )
        self._busy = Gauge(
            "convcards_gate_busy",
            "Heavy work under way.",
            ("gate",),
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._limited = Counter(
            "convcards_rate_limited", "Requests over a limit.", ("by",), registry=registry
        )
        self._answers = Counter(
            "convcards_answers_recorded", "Answers to questions written.", registry=registry
        )
        self._connections = Gauge(
            "convcards_database_connections_in_use",
            "Connections taken.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._observe: dict[tuple[str | None, int], Callable[[float], None]] = {}

    def answered(self, endpoint: str | None, status: int, seconds: float) -> None:
        """Count a request by what Flask calls its operation (None: there is none)."""
        observe = self._observe.get((endpoint, status))
        if observe is None:
            operation = endpoint.rpartition(".")[2] if endpoint else _NO_OPERATION
            observe = self._requests.labels(operation, status).observe
            self._observe[endpoint, status] = observe
        observe(seconds)

    def refused(self, code: str) -> None:
        """Count an error by its code."""
        self._problems.labels(code).inc()

    def limited(self, by: str) -> None:
        """Count a request over the limit of an address, a key or a learner."""
        self._limited.labels(by).inc()

    def turn(self, gate: Gate, *, taken: bool) -> None:
        """Count who comes to a gate."""
        self._turns.labels(gate.name, "taken" if taken else "refused").inc()
        if taken:
            self._busy.labels(gate.name).inc()

    def left(self, gate: Gate) -> None:
        """Count who leaves a gate."""
        self._busy.labels(gate.name).dec()

    def recorded(self, answers: int) -> None:
        """Count answers that were written."""
        self._answers.inc(answers)

    def connection(self, change: int) -> None:
        """Count a connection that is taken (1) or given back (-1)."""
        self._connections.inc(change)

    def exposition(self) -> bytes:
        """All of it, of every process, as Prometheus reads it."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        folder = metrics_files.folder()
        about = generate_latest(self._about) + _WORKERS % metrics_files.serving()
        if folder is None:
            return about + generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, path=str(folder))  # type: ignore[no-untyped-call]
        with metrics_files.locked(folder):
            return about + generate_latest(together)
