"""Plans that have been made, for those who ask for the same again."""

import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

__all__ = ["MAX_PLANS", "Cache"]

MAX_PLANS: Final = 128
"""How many plans are kept; each may hold an index of 64 KB and a few hundred views."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """At most ``limit`` values; the one put in first makes room for the next.

    Looking up takes no lock. Two threads may make the same value at the same time; one stays.
    """

    def __init__(self, limit: int = MAX_PLANS) -> None:
        self.limit = limit
        self._values: dict[Key, Value] = {}
        self._lock = threading.Lock()
        self.get: Callable[[Key], Value | None] = self._values.get
        """What was put in under a key, or None."""

    def __len__(self) -> int:
        return len(self._values)

    def put(self, key: Key, value: Value) -> None:
        """Put in a value, and take out the oldest ones that are too many."""
        with self._lock:
            self._values[key] = value
            while len(self._values) > self.limit:
                del self._values[next(iter(self._values))]
