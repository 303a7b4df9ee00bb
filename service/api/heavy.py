"""Heavy work one at a time in a process, so that it cannot starve what is cheap.

Numpy lets other threads run while it computes, but two heavy computations at once take a core each
from everything else. Cheap requests never come here. What is heavy (a large body, a picture, what
should take more than a few milliseconds) calls :func:`take_turn` first: it waits a moment behind
very few others, or is refused with 503 and Retry-After before it has cost anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import g, has_request_context

from service.api.context import services
from service.api.limits import charge
from service.api.problems import Problem
from service.convolution import clear_desk

if TYPE_CHECKING:
    from service.api.gate import Gate
    from service.convolution import Cost

__all__ = ["HEAVY_BODY", "count_as_heavy", "is_heavy", "leave", "take_turn"]

HEAVY_BODY: Final = 128 * 1024
"""Bytes of a body from which on reading it is heavy: a few milliseconds that other threads wait."""

_COST: Final = 5
"""What heavy work counts for in place of 1, where requests are limited."""

_SECONDS: Final = 0.003
_NUMBERS: Final = 100_000


def is_heavy(cost: Cost) -> bool:
    """Whether a layer takes more than a few milliseconds."""
    numbers = (cost.input, cost.weight, cost.output, cost.workspace)
    return cost.seconds > _SECONDS or max(numbers) > _NUMBERS


def take_turn(gate: Gate | None = None) -> None:
    """Let this request do heavy work until its answer is written.

    Raises ``busy``, and ``rate_limited`` for a caller who asked for too much of it.

    ``gate`` is for work that is heavy for something else than this process' own arithmetic.
    """
    if not has_request_context() or "turn" in g:
        return
    count_as_heavy()
    gate = gate or services().gate
    taken = gate.enter()
    services().metrics.turn(gate, taken=taken)
    if not taken:
        raise Problem(
            "busy",
            "Too much heavy work has been asked for at once. Nothing was computed.",
            headers={"Retry-After": "1"},
        )
    g.turn = gate


def count_as_heavy() -> None:
    """Count this request as heavy work, which goes on elsewhere; raises ``rate_limited``."""
    if "turn" not in g:
        charge(_COST - 1)


def leave() -> None:
    """Let the next one through, if this request has the turn, and have its large workspace."""
    clear_desk()
    gate = g.pop("turn", None)
    if gate is not None:
        gate.leave()
        services().metrics.left(gate)
