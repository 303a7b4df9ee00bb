"""What a service does beside its requests, now and then: prune, and make the next partitions."""

from __future__ import annotations

import logging
import random
import signal
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from service.startup import keep_partitions

if TYPE_CHECKING:
    from service.config import Settings
    from service.store.retention import Retention

__all__ = ["retention", "start"]

_log: Final = logging.getLogger("convcards.upkeep")


def retention(settings: Settings) -> Retention:
    """How long things are kept by these settings."""
    from service.store.retention import Retention

    return Retention(
        idempotency=timedelta(hours=settings.keep_idempotency_hours),
        jobs=timedelta(hours=settings.keep_jobs_hours),
        ended_keys=timedelta(days=settings.keep_ended_keys_days),
        audit=timedelta(days=settings.keep_audit_days) if settings.keep_audit_days else None,
    )


def start(settings: Settings, *, every: timedelta) -> threading.Event:
    """Prune now and then, in a thread that ends with the process, or when the event is set.

    The first time comes somewhen in ``every``, so that processes that start together don't meet.
    """
    over = threading.Event()
    seconds = every.total_seconds()
    threading.Thread(
        target=_go_on, args=(settings, seconds, over), name="upkeep", daemon=True
    ).start()
    return over


def _go_on(settings: Settings, seconds: float, over: threading.Event) -> None:
    # Signals are for the main thread: once its handlers are given up, one that came here kills.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    pause = random.uniform(0, seconds)  # noqa: S311 - no secret hangs on it
    while not over.wait(pause):
        try:
            _prune(settings)
            if (without := keep_partitions(settings)) is not None:
                _log.warning(without)
        except Exception:  # what runs for months must outlive any one failure
            _log.exception("upkeep failed")
        pause = seconds


def _prune(settings: Settings) -> None:
    from service.store.database import Database
    from service.store.errors import StoreUnavailable
    from service.store.retention import prune

    database = Database(settings.database_url, pool_size=1)
    try:
        given_up = prune(database, retention(settings), now=datetime.now(UTC))
    except StoreUnavailable as error:
        _log.warning("pruning has to wait", extra={"reason": str(error)})
    else:
        if any(given_up.values()):
            _log.info("pruned", extra=given_up)
    finally:
        database.close()
