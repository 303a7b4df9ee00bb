"""Statistics beside numpy's and beside the definition, solved for."""

from random import Random

import numpy as np
import pytest

from service.quiz.statistics import Sums, correlation, share, wilson

Z = 1.959963984540054


def sums(x: list[float], y: list[float]) -> Sums:
    pairs = list(zip(x, y, strict=True))
    return Sums(
        len(pairs),
        sum(x),
        sum(y),
        sum(a * a for a in x),
        sum(b * b for b in y),
        sum(a * b for a, b in pairs),
    )


def test_correlation_is_numpys() -> None:
    rng = Random(7)  # noqa: S311
    for size in (2, 3, 10, 1000):
        x = [float(rng.random() < 0.6) for _ in range(size - 2)] + [0.0, 1.0]
        y = [rng.random() for _ in range(size)]
        found = correlation(sums(x, y))
        assert found == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-9)
    assert correlation(sums([0.0, 1.0], [0.2, 0.4])) == pytest.approx(1.0)


def test_where_all_are_alike_there_is_no_correlation() -> None:
    assert correlation(sums([1 / 3] * 7, [0.1 * n for n in range(7)])) is None
    assert correlation(sums([0.0, 1.0], [0.7, 0.7])) is None
    assert correlation(Sums(0, 0.0, 0.0, 0.0, 0.0, 0.0)) is None


def test_wilsons_bounds_are_where_the_observed_share_is_just_possible() -> None:
    for part, whole in ((0, 1), (1, 1), (1, 3), (5, 10), (0, 40), (970, 1000)):
        bounds = wilson(part, whole)
        assert bounds is not None
        for bound in bounds:
            if 0 < bound < 1:
                deviation = (bound * (1 - bound) / whole) ** 0.5
                assert abs(part / whole - bound) == pytest.approx(Z * deviation)
    assert wilson(0, 40) == pytest.approx((0.0, Z * Z / (40 + Z * Z)))
    assert (wilson(0, 0), share(0, 0), share(1, 4)) == (None, None, 0.25)
