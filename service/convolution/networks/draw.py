"""Numbers by chance that never change: a counter, mixed, on every machine and for ever the same.

Number i of a stream is the i-th output of SplitMix64 (Steele, Lea, Flood: Fast splittable
pseudorandom number generators, 2014), whose state is a counter: so any number is found without
those before it, a million in a few milliseconds. The key of a stream is the first 8 bytes
(big-endian) of the SHA-256 of its material. Of each output the upper 53 bits are a fraction.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from service.convolution.geometry import Array

__all__ = ["fill_uniform", "stream_key", "words"]

_STEP: Final = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio, odd
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_WORD: Final = 2**64
_AT_ONCE: Final = 32_768
"""Numbers made in one go: 256 KB, which stay in a cache."""


def stream_key(material: str) -> int:
    """The key, from 0 to 2**64 − 1, of the stream that ``material`` names."""
    return int.from_bytes(hashlib.sha256(material.encode()).digest()[:8], "big")


def words(key: int, start: int, count: int) -> Array:
    """Outputs ``start`` to ``start + count − 1`` of the stream, uint64 of shape ``(count,)``."""
    first = (key + (start + 1) * _STEP) % _WORD
    mixed = np.arange(count, dtype=np.uint64)
    mixed *= np.uint64(_STEP)
    mixed += np.uint64(first)
    mixed ^= mixed >> np.uint64(30)
    mixed *= _FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= _SECOND
    mixed ^= mixed >> np.uint64(31)
    return mixed


def fill_uniform(out: Array, key: int, limit: float) -> None:
    """Fill a vector of floats with numbers from −limit to below limit, each equally likely.

    Each is (2·fraction − 1)·limit, rounded once to float64 and once to the dtype of ``out``.
    """
    for start in range(0, len(out), _AT_ONCE):
        block = out[start : start + _AT_ONCE]
        fractions = (words(key, start, len(block)) >> np.uint64(11)).astype(np.float64)
        fractions *= 2.0**-52
        fractions -= 1.0
        fractions *= limit
        block[:] = fractions
