"""Timing two ways of doing the same thing, side by side.

The runs alternate, so that whatever else the machine does falls on both alike, and a ratio is the
median of the ratios of neighbouring runs: it carries over to other machines, the times do not.
"""

import gc
import importlib.util
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple

__all__ = ["Timing", "alternate", "heading", "installed", "row"]


class Timing(NamedTuple):
    """Medians in seconds, and the median of ours ÷ theirs."""

    ours: float
    theirs: float
    ratio: float


def alternate(
    ours: Callable[[], object], theirs: Callable[[], object], runs: int, repeats: int = 1
) -> Timing:
    """Time both ``runs`` times in turn, ours ``repeats`` times in a row each time."""
    ours()
    theirs()
    timings = []
    gc.collect()
    gc.disable()
    for _ in range(runs):
        start = perf_counter()
        for _ in range(repeats):
            ours()
        between = perf_counter()
        theirs()
        end = perf_counter()
        timings.append(((between - start) / repeats, end - between))
    gc.enable()
    return Timing(
        median(first for first, _ in timings),
        median(second for _, second in timings),
        median(first / second for first, second in timings),
    )


def heading(name: str, ours: str, theirs: str) -> str:
    """Write the line above a table."""
    return f"{name:<62}{ours:>10}{theirs:>11}{'ratio':>9}"


def row(name: str, timing: Timing, goal: str = "") -> str:
    """Write one line of a table: what, the two times, the ratio and the goal."""
    ratio = f"{timing.ratio:.4f}" if timing.ratio < 0.1 else f"{timing.ratio:.2f}"
    inverse = 1 / timing.ratio
    times = f"{_time(timing.ours):>10}{_time(timing.theirs):>11}{ratio:>9}"
    written = ""
    if inverse > 1:
        written = f"1/{inverse:.1f}" if inverse < 100 else f"1/{inverse:.0f}"
    return f"{name:<62}{times}  {written:<9}{goal}"


def installed(*packages: str) -> bool:
    """Whether all of these packages can be imported; says so if not."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        print(
            f"{' and '.join(missing)} not installed: nothing to compare with. "
            "`pip install --group bench` brings the peers.",
            file=sys.stderr,
        )
    return not missing


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
