"""Plans that have been made, for those who ask for the same again."""

import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

__all__ = ["MAX_PLANS", "Cache"]

MAX_PLANS: Final = 128
"""How many plans are kept; each may hold an index of 64 KB."""

MAX_VIEWS: Final = 16_384
"""How many views all of them have together, at some hundreds of bytes each."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """At most ``limit`` values of at most ``room`` together; the oldest makes room for the next.

    Looking up takes no lock. Two threads may make the same value at the same time; one stays.
    """

    def __init__(self, limit: int = MAX_PLANS, room: int = MAX_VIEWS) -> None:
        self.limit = limit
        self.room = room
        self._values: dict[Key, Value] = {}
        self._sizes: dict[Key, int] = {}
        self._lock = threading.Lock()
        self.get: Callable[[Key], Value | None] = self._values.get
        """What was put in under a key, or None."""

    def __len__(self) -> int:
        return len(self._values)

    def put(self, key: Key, value: Value, size: int = 1) -> None:
        """Put in a value, and take out the oldest ones that are too many or too large."""
        with self._lock:
            self._values[key], self._sizes[key] = value, size
            while len(self._values) > self.limit or sum(self._sizes.values()) > self.room:
                oldest = next(iter(self._values))
                del self._values[oldest], self._sizes[oldest]
