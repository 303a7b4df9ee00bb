"""Copies of a whole database, taken while it is written to, and put back.

A copy is one file in the database's own words, a SQLite file or an archive of `pg_dump`, that its
own tools can read as well. Beside it, under the same name with `.json`, stands its
:class:`Manifest`: which revision it is of, how many rows each table had at that moment, and a
checksum. The file itself appears last and whole: if it is there, everything is.
"""

from service.store.backups.making import make
from service.store.backups.manifest import Manifest, Rows, manifest_path
from service.store.backups.restoring import restore
from service.store.errors import BackupRefused

__all__ = ["BackupRefused", "Manifest", "Rows", "make", "manifest_path", "restore"]
