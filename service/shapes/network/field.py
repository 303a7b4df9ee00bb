"""The receptive field of one axis: which pixels of the network's input each output looks at.

Windows of a layer deep inside a network are intervals of the input. Output j looks at the pixels
``first`` to ``last``, both shifted by ``step`` whenever j grows by ``period``. As long as a network
only goes down, the period is 1 and the step is the product of the strides (the jump). Transposed
convolutions and upsampling make it longer: of their outputs, which lie closer together than the
pixels of the input, neighbours may look at intervals of different lengths, and come again only
after some more. The composition is exact; nothing is rounded.
"""

from __future__ import annotations

from math import gcd, lcm
from typing import Final, NamedTuple

__all__ = ["LARGEST", "LONGEST_PERIOD", "START", "Span", "join", "resample", "scatter", "slide"]

LARGEST: Final = 2**53
"""The largest window and stride that are followed: numbers that any JSON reader takes exactly."""

LONGEST_PERIOD: Final = 256
"""Outputs after which the windows must come again; 256 is eight upsamplings by 2."""


class Span(NamedTuple):
    """Where the windows along one axis lie.

    ``first`` and ``last`` have ``period`` entries each. ``excess`` is by how much the windows are
    larger than those of the largest single path, which is 0 unless paths are not aligned.
    """

    step: int
    period: int
    first: tuple[int, ...]
    last: tuple[int, ...]
    excess: int

    @property
    def size(self) -> int:
        """The largest window over all paths, in pixels of the input."""
        widest = max([last - first for first, last in zip(self.first, self.last, strict=True)])
        return widest + 1 - self.excess

    @property
    def stride(self) -> int | float:
        """Pixels of the input between the windows of neighbouring outputs (the jump)."""
        whole, rest = divmod(self.step, self.period)
        return self.step / self.period if rest else whole

    @property
    def padding(self) -> int:
        """Pixels by which the window of the first output begins before the input."""
        return -self.first[0]


START: Final = Span(1, 1, (0,), (0,), 0)
"""The input itself: every pixel looks at itself."""


def slide(span: Span, reach: int, stride: int, before: int) -> Span | None:
    """Put a sliding window behind ``span``: output j looks at the ``reach`` cells from js − before.

    None if the windows or their distance become too large to follow.
    """
    step, period, first, last, excess = span
    if step * (stride + reach + abs(before)) > LARGEST:
        return None
    if period == 1:
        return Span(
            step * stride,
            1,
            (first[0] - before * step,),
            (last[0] + (reach - 1 - before) * step,),
            excess,
        )
    shared = gcd(stride, period)
    starts = [output * stride - before for output in range(period // shared)]
    return Span(
        step * (stride // shared),
        period // shared,
        tuple([_at(first, step, period, start) for start in starts]),
        tuple([_at(last, step, period, start + reach - 1) for start in starts]),
        excess,
    )


def scatter(span: Span, reach: int, stride: int, before: int) -> Span | None:
    """Put a transposed window behind ``span``; None if the pattern becomes too long to follow.

    Cell i adds to the ``reach`` outputs from is − before, so that output j looks at the cells from
    ⌈(j + before − reach + 1)/s⌉ to ⌊(j + before)/s⌋.
    """
    step, period, first, last, excess = span
    if stride * period > LONGEST_PERIOD:
        return None
    return Span(
        step,
        period * stride,
        tuple(
            [
                _at(first, step, period, -((reach - 1 - before - output) // stride))
                for output in range(period * stride)
            ]
        ),
        tuple(
            [
                _at(last, step, period, (output + before) // stride)
                for output in range(period * stride)
            ]
        ),
        excess,
    )


def resample(span: Span, factor: int, taps: int) -> Span | None:
    """Put an upsampling by a whole factor behind ``span``; None as in :func:`scatter`.

    Output j lies at (j + ½)/factor − ½ among the cells, and is mixed from the ``taps`` around it.
    """
    if taps == 1 or factor == 1:
        return scatter(span, factor, factor, 0)
    step, period, first, last, excess = span
    if factor * period > LONGEST_PERIOD:
        return None
    lows, highs = [], []
    for output in range(period * factor):
        cell, off_centre = divmod(2 * output + 1 - factor, 2 * factor)
        early, late = (taps // 2 - 1, taps // 2) if off_centre else (0, 0)
        lows.append(_at(first, step, period, cell - early))
        highs.append(_at(last, step, period, cell + late))
    return Span(step, period * factor, tuple(lows), tuple(highs), excess)


def join(one: Span, other: Span) -> tuple[Span | None, bool]:
    """Let outputs look through both; and say whether the two are aligned.

    Aligned means: the same stride, and windows around the same pixel (on average, where they
    alternate). Of two with different strides the larger is kept, as the two drift apart.
    """
    if one == other:
        return one, True
    if one.step * other.period != other.step * one.period:
        return max(one, other, key=_extent), False
    period = lcm(one.period, other.period)
    if period > LONGEST_PERIOD:
        return None, False
    one, other = _repeated(one, period), _repeated(other, period)
    both = Span(
        one.step,
        period,
        tuple(map(min, one.first, other.first)),
        tuple(map(max, one.last, other.last)),
        0,
    )
    aligned = sum(one.first) + sum(one.last) == sum(other.first) + sum(other.last)
    return both._replace(excess=max(both.size - max(one.size, other.size), 0)), aligned


def _repeated(span: Span, period: int) -> Span:
    """Write the same windows with a longer period."""
    if span.period == period:
        return span
    step, short, first, last, excess = span
    return Span(
        step * (period // short),
        period,
        tuple([_at(first, step, short, output) for output in range(period)]),
        tuple([_at(last, step, short, output) for output in range(period)]),
        excess,
    )


def _at(edges: tuple[int, ...], step: int, period: int, output: int) -> int:
    """Look up an edge of the window of any output, before 0 as well."""
    turns, phase = divmod(output, period)
    return edges[phase] + turns * step


def _extent(span: Span) -> tuple[int, float]:
    return span.size, span.step / span.period
