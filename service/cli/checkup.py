"""What `convcards doctor` looks at: each check says what it found and, if need be, what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from service import server, startup
from service.config import PREFIX, ConfigError, Settings
from service.failure import Failure
from service.integrations.jwks import NoKeys, fetch, read
from service.store import BackupRefused, BadDatabaseUrl, StoreError, health, issuers, keys, migrate
from service.store.backups.postgresql import tool
from service.store.database import Database
from service.store.engine import database_url

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.orm import Session

__all__ = ["Finding", "check_up"]

Status = Literal["ok", "warn", "fail"]

_SOON: Final = timedelta(days=14)
_SKEW: Final = timedelta(seconds=5)
_WAIT: Final = timedelta(minutes=5)
_LITTLE_ROOM: Final = 1 << 30
_NO_ROOM: Final = 1 << 26
_OLDEST_SERVER: Final = 14
_FULL: Final = 2
_CONNECTIONS: Final = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `advice` says what to do, and is empty where there is nothing to do."""

    check: str
    status: Status
    found: str
    advice: str = ""


def check_up(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at everything, as far as it can be reached."""
    wrong = list(_misread(environ))
    if wrong:
        yield from wrong
        return
    try:
        settings = startup.read_settings(environ)
    except Failure as failure:
        yield Finding("settings", "fail", str(failure), "docs/settings.md lists them all")
        return
    given = sum(name.startswith(PREFIX) and bool(text) for name, text in environ.items())
    yield Finding("settings", "ok", f"{given} of {PREFIX}* are set, {settings.mode} mode")
    yield from _unwise(settings)
    yield from _database(settings)
    yield from _limits(settings)


def _misread(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Each variable by itself, so that all that is wrong is told at once."""
    for name, text in sorted(environ.items()):
        if name.startswith(PREFIX):
            try:
                Settings.from_environment({name: text})
            except ConfigError as error:
                yield Finding("settings", "fail", str(error), f"correct or remove {name}")


def _unwise(settings: Settings) -> Iterator[Finding]:
    """What may be set, and hardly is meant."""

    def warn(found: str, advice: str) -> Finding:
        return Finding("settings", "warn", found, advice)

    for name in ("trusted_proxies", "metrics_from"):
        networks: tuple[str, ...] = getattr(settings, name)
        if any(ip_network(network).prefixlen == 0 for network in networks):
            yield warn(f"{PREFIX}{name.upper()} has everybody in it", "name your own networks")
    if settings.mode == "secured" and settings.rate_limits == "off":
        yield warn("nobody's requests are limited", f"unset {PREFIX}RATE_LIMITS")
    sqlite = settings.database_url.startswith("sqlite")
    if sqlite and settings.workers > 1:
        yield warn(
            f"{PREFIX}WORKERS={settings.workers} counts for nothing: SQLite has one process",
            "use PostgreSQL for several",
        )
    if not settings.database_url.startswith("sqlite:////") and sqlite:
        yield warn(
            "the database is named by a path that depends on the folder you start in",
            "name it from the root: sqlite:////var/lib/convcards/convcards.sqlite3",
        )
    processes = server.workers(settings)
    if processes > 1 and settings.limits_rates and not settings.rate_limit_storage:
        yield warn(
            f"each of {processes} processes counts requests for itself",
            f"name a Valkey in {PREFIX}RATE_LIMIT_STORAGE",
        )


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        url = database_url(settings.database_url)
    except BadDatabaseUrl as error:
        yield Finding("database", "fail", str(error), f"correct {PREFIX}DATABASE_URL")
        return
    path = Path(str(url.database))
    if url.drivername == "sqlite" and not path.exists():
        yield Finding("database", "fail", f"there is no {path}", "make it: convcards migrate")
        return
    try:
        database = Database(settings.database_url)
        try:
            yield from _reached(database, url, settings)
        finally:
            database.close()
    except StoreError as error:
        yield Finding(
            "database", "fail", str(error), "is it running, and are address and password right?"
        )


def _reached(database: Database, url: URL, settings: Settings) -> Iterator[Finding]:
    with database.read() as session:
        found = health.settings(session)
    if url.drivername == "sqlite":
        yield from _file(Path(str(url.database)), found["page_count"] * found["page_size"])
    else:
        yield from _server(found, settings)
        yield from _tools(database)
    state = migrate.state(database.engine)
    if state != "current":
        advice = "install the newer release" if state == "ahead" else "run: convcards migrate"
        yield Finding("migrations", "fail", f"the database is {state}", advice)
        return
    yield Finding("migrations", "ok", f"at {migrate.head()}, as this release needs")
    with database.read() as session:
        yield _cards(session)
        yield _clock(session)
        yield from _keys(session, settings)
        yield from _issuers(session)
        yield from _jobs(session)


def _file(path: Path, size: int) -> Iterator[Finding]:
    """A SQLite file: who may read it, and whether there is room."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        yield Finding(
            "database", "warn", f"{path} may be read by others ({mode:o})", f"chmod 600 {path}"
        )
    if not os.access(path.parent, os.W_OK):
        yield Finding(
            "database",
            "fail",
            f"no files can be made in {path.parent}, where SQLite keeps its log",
            f"let the service's user write there: chown or chmod {path.parent}",
        )
    free = shutil.disk_usage(path.parent).free
    told = f"{path}, {size / 2**20:.1f} MB; {free / 2**30:.1f} GB are free"
    if free < max(_NO_ROOM, size // 10):
        yield Finding("database", "fail", told, "make room: writing will soon fail")
    elif free < max(_LITTLE_ROOM, 2 * size):
        yield Finding("database", "warn", told, "make room, for a backup too")
    else:
        yield Finding("database", "ok", told)


def _server(found: Mapping[str, str], settings: Settings) -> Iterator[Finding]:
    """A PostgreSQL server: whether it keeps what it has acknowledged, and has places for all."""
    for name in ("fsync", "full_page_writes"):
        if found[name] != "on":
            yield Finding(
                "database",
                "fail",
                f"{name} is {found[name]}: a crash of the machine loses answers",
                f"set {name} = on",
            )
    if found["in_hot_standby"] == "on":
        yield Finding(
            "database", "fail", "the server only reads: it is a standby", "name the primary"
        )
    version = found["server_version"]
    if int(version.split(".")[0]) < _OLDEST_SERVER:
        yield Finding(
            "database", "warn", f"PostgreSQL {version} is no longer kept", "upgrade the server"
        )
    needed = server.workers(settings) * _CONNECTIONS
    places = int(found["max_connections"])
    told = f"PostgreSQL {version}; up to {needed} of {places} connections from this machine"
    if needed > places * 0.9:
        yield Finding("database", "warn", told, f"raise max_connections, or lower {PREFIX}WORKERS")
    else:
        yield Finding("database", "ok", told)


def _tools(database: Database) -> Iterator[Finding]:
    try:
        with database.engine.connect() as connection:
            path = tool("pg_dump", connection)
    except BackupRefused as error:
        yield Finding(
            "backup", "warn", str(error), "install PostgreSQL's client, or back up elsewhere"
        )
    else:
        yield Finding("backup", "ok", path)


def _cards(session: Session) -> Finding:
    number, unsound = health.cards(session)
    if unsound:
        return Finding("decks", "fail", "; ".join(unsound), "load it again: convcards deck load")
    if not number:
        return Finding("decks", "warn", "there is no deck", "run: convcards deck load")
    return Finding("decks", "ok", f"{number}, all of them can be read")


def _clock(session: Session) -> Finding:
    now = datetime.now(UTC)
    there = health.present(session)
    newest = health.newest_answer(session)
    advice = "set the clocks by NTP"
    if there is not None and abs(there - now) > _SKEW:
        apart = abs(there - now).total_seconds()
        return Finding("clock", "fail", f"{apart:.0f} s apart from the database's", advice)
    if newest is not None and newest - now > _SKEW:
        return Finding("clock", "fail", f"it is before the newest answer, of {newest}", advice)
    told = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    return Finding("clock", "ok", told if there is None else f"{told}, as the database's")


def _keys(session: Session, settings: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if not keys.any_usable(session, now=now):
        if settings.mode == "secured":
            yield Finding(
                "keys", "fail", "none opens anything", "convcards keys create --name first"
            )
        return
    ending = health.ending_keys(session, now=now, within=_SOON)
    for key in ending:
        yield Finding(
            "keys",
            "warn",
            f"{key.name} ({key.id}) expires on {key.expires_at:%Y-%m-%d}",
            f"convcards keys rotate --tenant {key.tenant_id} {key.id}",
        )
    if not ending:
        yield Finding("keys", "ok", f"none expires within {_SOON.days} days")


def _issuers(session: Session) -> Iterator[Finding]:
    for address in sorted({one.jwks_uri for one in issuers.every(session)}):
        try:
            read(fetch(address))
        except NoKeys as error:
            yield Finding("issuers", "warn", f"{address}: {error}", "is it the right address?")
        else:
            yield Finding("issuers", "ok", f"{address} has keys")


def _jobs(session: Session) -> Iterator[Finding]:
    waiting = health.waiting_jobs(session, before=datetime.now(UTC) - _WAIT)
    if waiting:
        yield Finding(
            "jobs",
            "warn",
            f"{waiting} wait for more than {_WAIT.seconds // 60} minutes",
            "run a worker, or another: convcards worker",
        )


def _limits(settings: Settings) -> Iterator[Finding]:
    if not settings.rate_limit_storage:
        return
    try:
        from valkey import Valkey
        from valkey.exceptions import ValkeyError
    except ModuleNotFoundError:
        yield Finding(
            "limits", "fail", "the client of Valkey is missing", "pip install 'convcards[valkey]'"
        )
        return
    try:
        client = Valkey.from_url(
            settings.rate_limit_storage, socket_timeout=2, socket_connect_timeout=2, protocol=2
        )
        client.ping()
    except (ValkeyError, OSError, ValueError) as error:
        yield Finding(
            "limits",
            "warn",
            f"the storage of rate limits can't be reached ({type(error).__name__})",
            "until it can, each process counts for itself",
        )
    else:
        yield Finding("limits", "ok", "the storage of rate limits answers")
