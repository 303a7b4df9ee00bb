"""What took long to count, told again for a while: sums over everything need not be of this second.

The longer a thing took, the longer it is told again, so that however often it is asked for, little
of a process' time goes into counting it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Final, Generic, TypeVar

__all__ = ["LONG", "TIMES", "Recent"]

LONG: Final = 2.0
"""Seconds: what was counted more quickly is counted anew each time."""

TIMES: Final = 20
"""How many times as long as it took a thing is told again."""

_MOST: Final = 64

_T = TypeVar("_T")


class Recent(Generic[_T]):
    """A bounded memory of what took long; ``timer`` counts seconds."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._kept: dict[Hashable, tuple[float, _T]] = {}
        self._lock = Lock()

    def find(self, key: Hashable) -> _T | None:
        """What was counted under this key, if it may still be told."""
        until, found = self._kept.get(key, (0.0, None))
        return found if self._timer() < until else None

    def count(self, key: Hashable, work: Callable[[], _T]) -> _T:
        """Do the work, and keep what comes of it if it took long."""
        began = self._timer()
        found = work()
        ended = self._timer()
        if ended - began >= LONG:
            with self._lock:
                self._kept.pop(key, None)
                if len(self._kept) >= _MOST:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = ended + TIMES * (ended - began), found
        return found
