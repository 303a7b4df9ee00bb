"""Putting a backup back: checked before anything is touched, and again when it is there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from service.store import migrate
from service.store.backups import postgresql, sqlite
from service.store.backups.manifest import Manifest, digest, read_manifest, sync
from service.store.engine import database_url
from service.store.errors import BackupRefused

if TYPE_CHECKING:
    from sqlalchemy import URL


def restore(url: str, backup: Path, *, replace: bool = False) -> Manifest:
    """Put what `make` copied into the database at `url`, which has to be empty.

    With `replace` what it holds is given up; the service has to be stopped for that. Raises
    `BackupRefused` before anything is changed: for a backup that is damaged, of the other kind of
    database, or of a newer release; for a database that is in use or isn't empty. Also if what is
    there in the end is not what the manifest says.
    """
    target = database_url(url)
    manifest = read_manifest(backup)
    _check(manifest, backup, target)
    kind = sqlite if target.drivername == "sqlite" else postgresql
    if not replace and kind.filled(target):
        raise BackupRefused("the database isn't empty; --replace gives up what it holds")
    put = _put_sqlite if kind is sqlite else _put_postgresql
    put(target, backup, manifest)
    return manifest


def _check(manifest: Manifest, backup: Path, target: URL) -> None:
    kind = target.get_backend_name()
    if manifest.database != kind:
        raise BackupRefused(
            f"{backup} is of {manifest.database} and the database is {kind}; a backup is put back"
            " where it came from"
        )
    if manifest.revision not in migrate.known():
        raise BackupRefused(
            f"{backup} is at revision {manifest.revision}, of a newer ConvCards than this; install"
            " that release"
        )
    try:
        found = digest(backup)
    except OSError as error:
        raise BackupRefused(f"{backup} can't be read: {error.strerror}") from None
    if found != (manifest.sha256, manifest.size):
        raise BackupRefused(f"{backup} is damaged: its checksum is not that of its manifest")


def _put_sqlite(target: URL, backup: Path, manifest: Manifest) -> None:
    path = Path(str(target.database))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        shutil.copyfile(backup, part)
        _compare(manifest, sqlite.inspect(part))
        sync(part)
        sqlite.put(target, part)
        sync(path.parent)
    except OSError as error:
        raise BackupRefused(f"{path} can't be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def _put_postgresql(target: URL, backup: Path, manifest: Manifest) -> None:
    postgresql.clear(target)
    _compare(manifest, postgresql.put(target, backup))


def _compare(manifest: Manifest, found: tuple[str, object]) -> None:
    if found != (manifest.revision, manifest.tables):
        raise BackupRefused("what was put back is not what its manifest says: don't use it")
