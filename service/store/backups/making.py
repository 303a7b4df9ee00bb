"""Making a backup: a copy under another name, checked, and only then under its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from service.store.backups import postgresql, sqlite
from service.store.backups.manifest import Manifest, digest, manifest_path, sync
from service.store.engine import database_url
from service.store.errors import BackupRefused


def make(url: str, target: Path, *, now: datetime) -> Manifest:
    """Copy the database at `url` into the new file `target`, its manifest beside it.

    The service goes on meanwhile: what it had acknowledged before is in the copy. Nothing is ever
    overwritten, and a `target` that is there is whole. Raises `BackupRefused`, `BadDatabaseUrl`,
    and `StoreUnavailable` for a database that can't be reached.
    """
    source = database_url(url)
    with _reserved(target) as copy:
        kind = sqlite if source.drivername == "sqlite" else postgresql
        revision, tables = kind.copy(source, copy)
        sha256, size = digest(copy)
        manifest = Manifest(
            database=source.get_backend_name(),
            revision=revision,
            made_at=now.isoformat(timespec="seconds"),
            made_by=f"convcards {version('convcards')}",
            sha256=sha256,
            size=size,
            tables=tables,
        )
        manifest.write(manifest_path(copy))
    return manifest


@contextmanager
def _reserved(target: Path) -> Iterator[Path]:
    """A name beside `target` for the copy; both files get their own names at the end, if all went.

    Whatever goes wrong leaves nothing behind.
    """
    copy = target.with_name(f".{target.name}.{os.getpid()}.part")
    parts = {manifest_path(target): manifest_path(copy), target: copy}
    for path in parts:
        if path.exists():
            raise BackupRefused(f"{path} is there already; a backup never overwrites anything")
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield copy
        for path, part in parts.items():
            _place(part, path)
        sync(target.parent)
    except OSError as error:
        raise BackupRefused(f"{target} can't be written: {error.strerror}") from None
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _place(part: Path, path: Path) -> None:
    """Give a file, once it is on disk, its name; unlike a rename this never takes another's."""
    sync(part)
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError from None
        part.rename(path)
