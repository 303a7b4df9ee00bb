"""What a server's processes hold in memory, as Linux shows it."""

import os
import re
from pathlib import Path

from running import Running

READABLE = Path("/proc/self/clear_refs").exists()


def _tree(server: Running) -> list[int]:
    """The server's own processes: those that it has begotten."""
    tree = [server.process.pid]
    for pid in tree:
        tree += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return tree[1:]


def resident(server: Running) -> float:
    """Megabytes that its workers hold."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in _tree(server))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def forget_peak(server: Running) -> None:
    """Let :func:`peak` count from now."""
    for pid in _tree(server):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak(server: Running) -> float:
    """The most megabytes that its workers have held since."""
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in _tree(server)]
    return sum(int(re.findall(r"VmHWM:\s+(\d+)", text)[0]) for text in texts) / 2**10
