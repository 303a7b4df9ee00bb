"""What has to hold before anything serves: readable settings, a database at hand, a key.

Everything here raises :class:`service.failure.Failure` with one line that says what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Final

from service.config import ConfigError, Settings
from service.failure import UNAVAILABLE, UNCONFIGURED, Failure
from service.store import keys, migrate, partitions
from service.store.database import Database
from service.store.engine import database_url
from service.store.errors import BadDatabaseUrl, StoreError

__all__ = ["check", "connected", "keep_partitions", "prepare", "read_settings"]

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

NO_KEY: Final = (
    "no API key can be used yet, and secured mode answers nobody without one; make the first with: "
    "convcards keys create --name first"
)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings, if they can be read and go together."""
    try:
        settings = Settings.from_environment(environ)
    except ConfigError as error:
        raise Failure(str(error), UNCONFIGURED) from None
    if settings.traces_to and not _is_there("opentelemetry.sdk"):
        raise Failure(
            "CONVCARDS_TRACES_TO needs OpenTelemetry: pip install 'convcards[otel]'", UNCONFIGURED
        )
    if settings.mode == "local" and settings.host not in LOOPBACK:
        raise Failure(
            f"CONVCARDS_HOST can't be {settings.host} with CONVCARDS_MODE=local, which answers "
            "only this machine",
            UNCONFIGURED,
        )
    return settings


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    """The database, whatever its revision; what the store raises inside becomes a Failure."""
    try:
        database = Database(settings.database_url)
        try:
            yield database
        finally:
            database.close()
    except BadDatabaseUrl as error:
        raise Failure(f"CONVCARDS_DATABASE_URL: {error}", UNCONFIGURED) from None
    except StoreError as error:
        raise Failure(f"the database can't be used: {error}", UNAVAILABLE) from None


@contextmanager
def connected(settings: Settings) -> Iterator[Database]:
    """A database that can be reached and is at this release's revision."""
    with _opened(settings) as database:
        state = migrate.state(database.engine)
        if state == "ahead":
            raise _newer(database)
        if state != "current":
            raise Failure(
                f"the database {database.address} is not up to date; run: convcards migrate",
                UNCONFIGURED,
            )
        yield database


def prepare(settings: Settings) -> str:
    """Bring the database to this release's revision, making a SQLite file if there is none.

    Returns a line that says what was done.
    """
    with _opened(settings) as database:
        state = migrate.state(database.engine)
        if state == "ahead":
            raise _newer(database)
        if state == "current":
            return f"the database {database.address} is up to date ({migrate.head()})"
        migrate.upgrade(settings.database_url)
        return f"the database {database.address} is now at revision {migrate.head()}"


def check(settings: Settings) -> None:
    """Refuse a database of another revision, and in secured mode one without a usable key."""
    _check_replica(settings)
    with connected(settings) as database:
        if settings.mode == "secured":
            with database.read() as session:
                if not keys.any_usable(session, now=datetime.now(UTC)):
                    raise Failure(NO_KEY, UNCONFIGURED)


def _check_replica(settings: Settings) -> None:
    """It need not be there, but it has to be one."""
    try:
        urls = settings.database_url, settings.reports_database_url
        kinds = {database_url(url).drivername for url in urls if url}
    except BadDatabaseUrl as error:
        raise Failure(f"the address of a database: {error}", UNCONFIGURED) from None
    if settings.reports_database_url and kinds != {"postgresql+psycopg"}:
        raise Failure(
            "CONVCARDS_REPORTS_DATABASE_URL names a replica of PostgreSQL, so this and "
            "CONVCARDS_DATABASE_URL have to be postgresql://…",
            UNCONFIGURED,
        )


def keep_partitions(settings: Settings) -> str | None:
    """Make the next months' partitions; says in a line why it can't, which stops no start.

    What has no month of its own goes into a partition for all that is left over.
    """
    try:
        with _opened(settings) as database, database.write() as session:
            partitions.keep(session, now=datetime.now(UTC))
    except Failure as failure:
        return f"the next months have no partitions ({failure}); run: convcards partitions"
    return None


def _newer(database: Database) -> Failure:
    return Failure(
        f"the database {database.address} was migrated by a newer ConvCards than this; install "
        "that release, or name another database in CONVCARDS_DATABASE_URL",
        UNCONFIGURED,
    )
