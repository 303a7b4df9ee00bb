"""The files in which each worker counts, so that any of them can tell what all have counted.

The master makes a folder in memory before there are workers, and removes it in the end. What a
worker counted stays counted when it is gone: its numbers are added to those of the dead, in one
file, however many workers there have been; what it was doing just then (gauges) is forgotten.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

__all__ = ["bury", "enlist", "folder", "locked", "prepare", "remove", "serving"]

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where Prometheus' library looks for the folder, when it is imported."""

_PREFIX: Final = "convcards-metrics-"
_OWNED: Final = "master"
_LOCK: Final = "lock"
_SERVING: Final = "worker_"
_DEAD: Final = 0
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - in it a folder that only its owner may enter

_held: list[int] = []


def folder() -> Path | None:
    """The folder of this process and its siblings; None in a process that stands alone."""
    path = os.environ.get(VARIABLE)
    return Path(path) if path else None


def prepare() -> bool:
    """Make the folder, and load the library that uses it: workers then share its memory.

    What a master left that was killed is removed. Whose master still runs is told by a lock on a
    file in it, which the system takes away with the process and with its workers. Where nothing can
    be written it is False, and each process tells of itself alone.
    """
    base = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for left in base.glob(f"{_PREFIX}*"):
        with suppress(OSError), _owning(left):
            shutil.rmtree(left)
    try:
        made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    except OSError:
        return False
    handle = os.open(made / _OWNED, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    _held.append(handle)
    (made / _LOCK).touch(0o600)
    os.environ[VARIABLE] = str(made)
    import prometheus_client  # noqa: F401 - it reads the variable

    return True


def remove() -> None:
    """Remove the folder, in the master when it ends."""
    path = folder()
    if path is not None:
        shutil.rmtree(path, ignore_errors=True)


def enlist() -> None:
    """Count this process among those that serve; it costs a worker no memory of its own."""
    path = os.environ.get(VARIABLE)
    if path:
        os.close(os.open(f"{path}/{_SERVING}{os.getpid()}", os.O_CREAT, 0o600))


def serving() -> int:
    """How many processes serve."""
    path = folder()
    return 1 if path is None else len([*path.glob(f"{_SERVING}*")])


def bury(pid: int) -> None:
    """Put what a dead worker counted with the numbers of the dead; called by the master."""
    path = folder()
    if path is None:
        return
    with suppress(OSError), locked(path, alone=True):
        (path / f"{_SERVING}{pid}").unlink(missing_ok=True)
        for gauges in path.glob(f"gauge_*_{pid}.db"):
            gauges.unlink()
        for kind in ("counter", "histogram"):
            _add(path / f"{kind}_{pid}.db", path / f"{kind}_{_DEAD}.db")


def _add(one: Path, dead: Path) -> None:
    """Add the numbers of a file to those of another, and remove it."""
    from prometheus_client.mmap_dict import MmapedDict

    if not one.exists():
        return
    together = MmapedDict(str(dead))  # type: ignore[no-untyped-call]
    with suppress(RuntimeError):  # it was killed in the middle of a write: what is readable counts
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(one)):  # type: ignore[no-untyped-call]
            before, _ = together.read_value(key)  # type: ignore[no-untyped-call]
            together.write_value(key, before + value, 0.0)  # type: ignore[no-untyped-call]
    together.close()  # type: ignore[no-untyped-call]
    one.unlink()


@contextmanager
def locked(path: Path, *, alone: bool = False) -> Iterator[None]:
    """Read the files of a folder together with others, or change which there are ``alone``."""
    handle = os.open(path / _LOCK, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


@contextmanager
def _owning(path: Path) -> Iterator[None]:
    """The folder of a master that is gone; raises OSError for one whose processes still run."""
    handle = os.open(path / _OWNED, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
