"""The few statistics that reports are made of: shares with their uncertainty, discrimination."""

from __future__ import annotations

from math import sqrt
from typing import Final, NamedTuple

__all__ = ["Sums", "correlation", "share", "wilson"]

_Z: Final = 1.959963984540054
"""The normal quantile of .975: 95 % lie within as many standard deviations."""

_NO_VARIANCE: Final = 1e-9


def share(part: int, whole: int) -> float | None:
    """``part`` of ``whole``, from 0 to 1; None of nothing."""
    return part / whole if whole else None


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """Between which shares the true one lies with 95 % confidence; None for nothing.

    The score interval of E. B. Wilson (Probable inference, JASA 22, 1927), which holds for few and
    for extreme counts too.
    """
    if not whole:
        return None
    observed, spread = part / whole, _Z * _Z / whole
    centre = observed + spread / 2
    reach = _Z * sqrt(observed * (1 - observed) / whole + spread / whole / 4)
    low, high = (centre - reach) / (1 + spread), (centre + reach) / (1 + spread)
    return max(low, 0.0), min(high, 1.0)


class Sums(NamedTuple):
    """What a correlation of pairs (x, y) is worked out from."""

    pairs: int = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0


def correlation(sums: Sums) -> float | None:
    """Pearson's r from sums over pairs; None where all x, or all y, are alike.

    Where x is 0 or 1 it is the point-biserial correlation. Meant for x and y from 0 to 1, whose
    sums are exact enough.
    """
    n = sums.pairs
    across = n * sums.xx - sums.x**2, n * sums.yy - sums.y**2
    if min(across) <= _NO_VARIANCE * n * n:
        return None
    return max(-1.0, min(1.0, (n * sums.xy - sums.x * sums.y) / sqrt(across[0] * across[1])))
