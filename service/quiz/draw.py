"""Chance that never changes: the same material gives the same draws on every Python, for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, TypeVar

__all__ = ["MAX_SEED", "Draw"]

T = TypeVar("T")

MAX_SEED: Final = 2**53 - 1
"""The largest seed: every whole number up to it survives any JSON reader unchanged."""

_WORD: Final = 2**64


class Draw:
    """A stream of numbers made by hashing ``material`` with a counter (SHA-256, big-endian).

    ``random.Random`` promises stable results for ``random()`` alone; issued questions must be the
    same after any upgrade, so nothing here rests on it.
    """

    def __init__(self, material: str) -> None:
        self._key = hashlib.sha256(material.encode()).digest()
        self._count = 0

    def below(self, n: int) -> int:
        """A whole number from 0 to n − 1, each equally likely; ``n`` from 1 to 2**64."""
        if not 1 <= n <= _WORD:
            raise ValueError(f"n must be between 1 and 2**64, not {n}")
        limit = _WORD - _WORD % n
        while (word := self._word()) >= limit:
            pass
        return word % n

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def pick(self, items: Sequence[T]) -> T:
        """One of ``items``, each equally likely."""
        return items[self.below(len(items))]

    def shuffle(self, items: Sequence[T]) -> list[T]:
        """``items`` in another order, each order equally likely (Fisher and Yates)."""
        shuffled = list(items)
        for last in range(len(shuffled) - 1, 0, -1):
            other = self.below(last + 1)
            shuffled[last], shuffled[other] = shuffled[other], shuffled[last]
        return shuffled

    def _word(self) -> int:
        block = hashlib.sha256(self._key + self._count.to_bytes(8, "big")).digest()
        self._count += 1
        return int.from_bytes(block[:8], "big")
