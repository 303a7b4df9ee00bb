"""A gate that lets one thread through at a time, and few wait before it."""

from __future__ import annotations

from threading import Lock

__all__ = ["Gate"]


class Gate:
    """Lets one through at a time; ``waiting`` more may wait for ``patience`` seconds.

    ``name`` is what the metrics call it.
    """

    def __init__(self, name: str = "work", *, waiting: int = 3, patience: float = 0.5) -> None:
        self.name = name
        self._turn = Lock()
        self._count = Lock()
        self._places = waiting
        self._patience = patience

    def enter(self) -> bool:
        """Wait for a turn; False if there is none."""
        if self._turn.acquire(blocking=False):
            return True
        with self._count:
            if not self._places:
                return False
            self._places -= 1
        try:
            return self._turn.acquire(timeout=self._patience)
        finally:
            with self._count:
                self._places += 1

    def leave(self) -> None:
        """Let the next one through."""
        self._turn.release()
