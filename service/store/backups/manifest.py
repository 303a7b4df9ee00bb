"""What a backup holds, as a JSON file beside it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from service.store.errors import BackupRefused

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows a table has; `checksum` is of all their values, None where the file's does."""

    rows: int
    checksum: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in a backup: `database` is sqlite or postgresql, `sha256` that of its file."""

    database: str
    revision: str
    made_at: str
    made_by: str
    sha256: str
    size: int
    tables: dict[str, Rows]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n")

    @property
    def rows(self) -> int:
        """How many rows there are altogether."""
        return sum(table.rows for table in self.tables.values())


def manifest_path(backup: Path) -> Path:
    """Where the manifest of a backup is: beside it."""
    return backup.with_name(f"{backup.name}.json")


def read_manifest(backup: Path) -> Manifest:
    """The manifest beside a backup; raises `BackupRefused`."""
    path = manifest_path(backup)
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        if found.pop("format") != FORMAT:
            raise BackupRefused(f"{path} was written by another release than this one")
        tables = {name: Rows(**rows) for name, rows in found.pop("tables").items()}
        return Manifest(tables=tables, **found)
    except FileNotFoundError:
        raise BackupRefused(
            f"{path} is missing: what {backup} holds can't be checked without it"
        ) from None
    except OSError as error:
        raise BackupRefused(f"{path} can't be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BackupRefused(f"{path} is no manifest of a backup") from None


def digest(path: Path) -> tuple[str, int]:
    """The SHA-256 of a file and its size in bytes."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        return found, file.tell()


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
