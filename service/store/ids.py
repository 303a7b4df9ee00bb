"""Identifiers made from a clock and a source of randomness that are both arguments.

UUID version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then the version, then 12 bits
of the millisecond's fraction (section 6.2, method 3), the variant and 62 random bits. So ids sort
by the time they were made, to a quarter of a microsecond, and still can't be guessed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = 48


class RandomBits(Protocol):
    """A source of randomness: `random.SystemRandom()` in service, a seeded Random in tests."""

    def getrandbits(self, k: int, /) -> int:
        """An integer of `k` random bits."""
        ...


def uuid7(now: datetime, rng: RandomBits) -> UUID:
    """An id that sorts by `now` (an aware time from 1970 on; ValueError otherwise)."""
    return UUID(int=_first(now) | rng.getrandbits(62))


def first_of(now: datetime) -> UUID:
    """The id before all that `uuid7` makes at `now` or later, and after those from before it."""
    return UUID(int=_first(now))


def _first(now: datetime) -> int:
    if now.tzinfo is None:
        raise ValueError("the time must be aware of its zone")
    since = now - _EPOCH
    microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    milliseconds, rest = divmod(microseconds, 1000)
    if not 0 <= milliseconds < 1 << _MILLISECONDS:
        raise ValueError("the time is outside what an id can hold")
    fraction = rest * 4096 // 1000
    return milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62


def random_id(rng: RandomBits) -> UUID:
    """An id that tells nothing, not even when it was made (UUID version 4)."""
    return UUID(int=rng.getrandbits(128), version=4)
