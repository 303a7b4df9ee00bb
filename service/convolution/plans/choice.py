"""Which plan: the two that the cost model likes best, and of them the one that proves quicker."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any, Final, Protocol

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.plans.columns import Columns, PhasedColumns, WideColumns
from service.convolution.plans.cost import SMALL_FACTOR, SMALL_PRODUCT, Effort, seconds
from service.convolution.plans.gathered import Gathered
from service.convolution.plans.pointwise import Pointwise
from service.convolution.plans.rows import PhasedRows, Rows
from service.convolution.plans.shifted import Shifted
from service.convolution.plans.spectral import Spectral

__all__ = ["Plan", "Raced", "Task", "Way", "plan_for", "ways"]


BLOCKS: Final = (131_072, 262_144)
"""Numbers in the columns that are made at a time; which is better depends on the cache."""

CLOSE: Final = 1.6
"""Predictions further apart than this are believed; closer ones are tried."""

TRIALS: Final = 3
"""How often each of two plans runs before one is dropped; the first run pays for the memory."""


class Plan(Protocol):
    """A way to do a task, ready to be run by any number of threads."""

    views: int
    """How many views it has planned."""

    def __call__(self, data: Array, weight: Array) -> Array:
        """Convolve ``(batch, channels, *size)`` by ``(filters, channels / groups, *kernel)``.

        Returns a new C-contiguous array with the elements of ``(batch, filters, *output)``.
        """
        ...  # pragma: no cover


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of a plan; ``mode`` is that of the padding."""

    geometry: Geometry
    dtype: np.dtype[Any]
    mode: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do a task: how long it should take (seconds), and how to make its plan."""

    name: str
    seconds: float
    make: Callable[[], Plan]


class Raced:
    """Two plans for one task, run in turn until one has proved quicker.

    Threads may run it at the same time: all they share is which times were seen.
    """

    def __init__(self, plans: tuple[Plan, Plan], clock: Callable[[], float] = perf_counter) -> None:
        self.clock = clock
        self.plans = plans
        self.views = sum(plan.views for plan in plans)
        self.times: tuple[list[float], list[float]] = ([], [])
        self.winner: Plan | None = None

    def __call__(self, data: Array, weight: Array) -> Array:
        """Run it: see `Plan`."""
        if self.winner is not None:
            return self.winner(data, weight)
        first, second = self.times
        number = int(len(second) < len(first))
        start = self.clock()
        output = self.plans[number](data, weight)
        self.times[number].append(self.clock() - start)
        if min(len(first), len(second)) >= TRIALS:
            self.winner = self.plans[int(min(second) < min(first))]
        return output


def ways(task: Task) -> list[Way]:
    """Every way to do a task, the one that should be quickest first."""
    return sorted(_ways(task), key=lambda way: way.seconds)


def _ways(task: Task) -> Iterator[Way]:
    geometry, dtype, mode = with_two_axes(task.geometry), task.dtype, task.mode

    def way(name: str, effort: Effort, make: Callable[[], Plan]) -> Way:
        return Way(name, seconds(effort, dtype), make)

    if Pointwise.fits(geometry):
        yield way("Pointwise", Pointwise.effort(geometry), partial(Pointwise, geometry))
    for kind in (Gathered, Rows, PhasedRows, Shifted):
        if kind.fits(geometry):
            yield way(kind.__name__, kind.effort(geometry), partial(kind, geometry, dtype, mode))
    if dtype == np.float32 and Spectral.fits(geometry):
        yield way("Spectral", Spectral.effort(geometry), partial(Spectral, geometry, dtype, mode))
    for block in _blocks(geometry):
        for kind_of_columns in (Columns, PhasedColumns, WideColumns):
            if kind_of_columns.fits(geometry):
                yield way(
                    f"{kind_of_columns.__name__} of {block}",
                    kind_of_columns.effort(geometry, block),
                    partial(kind_of_columns, geometry, dtype, mode, block),
                )


def _blocks(geometry: Geometry) -> tuple[int, ...]:
    """How many numbers of columns to make at a time."""
    filters = geometry.filters // geometry.groups
    if filters * geometry.group_channels * geometry.taps <= SMALL_FACTOR:
        return (min(BLOCKS[-1], SMALL_PRODUCT // filters * geometry.groups),)
    return BLOCKS


def with_two_axes(geometry: Geometry) -> Geometry:
    """One axis as two, the first of which has one cell; others as they are."""
    if geometry.rank != 1:
        return geometry
    return replace(
        geometry,
        size=(1, *geometry.size),
        kernel=(1, *geometry.kernel),
        stride=(1, *geometry.stride),
        dilation=(1, *geometry.dilation),
        padding=((0, 0), *geometry.padding),
        output=(1, *geometry.output),
        read=(1, *geometry.read),
    )


def plan_for(task: Task) -> Plan:
    """Plan a task."""
    first, *others = ways(task)
    if others and others[0].seconds < CLOSE * first.seconds:
        return Raced((first.make(), others[0].make()))
    return first.make()
