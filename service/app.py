"""The composition root: what the service is made of, put together in one place.

``create_app()`` alone makes what production runs; the arguments are for tests and tools. Nothing
happens when this module is imported, and no database is opened before a request needs one.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from service.loading import uncollected

with uncollected():
    from service.api.application import make_application
    from service.api.context import Services
    from service.config import Settings

if TYPE_CHECKING:
    from flask import Flask

    from service.store.database import Database
    from service.store.ids import RandomBits

__all__ = ["create_app"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] = _utc_now,
    rng: RandomBits | None = None,
    database: Database | None = None,
) -> Flask:
    """Make the application; raises ``ConfigError`` for an environment that can't be used.

    ``settings`` default to the environment, ``clock`` to the present in UTC, ``rng`` to the
    system's randomness, which is fit for secrets, ``database`` to that of the settings.
    """
    settings = settings or Settings.from_environment(os.environ)
    return make_application(
        Services(settings, clock, rng or random.SystemRandom(), _database=database)
    )
