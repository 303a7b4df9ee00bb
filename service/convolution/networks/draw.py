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
_AT_ONCE: Final = 16_384
"""Numbers made in one go: 128 KB, which stay in a cache."""

_STEPS: Final = np.arange(_AT_ONCE, dtype=np.uint64) * np.uint64(_STEP)


def stream_key(material: str) -> int:
    """The key, from 0 to 2**64 − 1, of the stream that ``material`` names."""
    return int.from_bytes(hashlib.sha256(material.encode()).digest()[:8], "big")


def words(key: int, start: int, count: int) -> Array:
    """Outputs ``start`` to ``start + count − 1`` of the stream, uint64 of shape ``(count,)``.

    At most 16,384 at once.
    """
    mixed = _STEPS[:count] + np.uint64((key + (start + 1) * _STEP) % _WORD)
    shifted = mixed >> np.uint64(30)
    mixed ^= shifted
    mixed *= _FIRST
    np.right_shift(mixed, np.uint64(27), out=shifted)
    mixed ^= shifted
    mixed *= _SECOND
    np.right_shift(mixed, np.uint64(31), out=shifted)
    mixed ^= shifted
    return mixed


def fill_uniform(out: Array, key: int, limit: float) -> None:
    """Fill a vector of floats with numbers from −limit to below limit, each equally likely.

    Each is (2·fraction − 1)·limit, rounded once to float64 and once to the dtype of ``out``.
    """
    scale = limit * 2.0**-52
    for start in range(0, len(out), _AT_ONCE):
        block = out[start : start + _AT_ONCE]
        upper = words(key, start, len(block))
        upper >>= np.uint64(11)
        whole = upper.view(np.int64)
        whole -= 2**52  # now each is 2**52 times what is between −1 and 1: exact in float64
        np.multiply(whole, scale, out=block, dtype=np.float64, casting="same_kind")
