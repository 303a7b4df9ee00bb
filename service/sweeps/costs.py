"""Parameters and MACs of a block of rows, counted as :func:`service.shapes.infer` counts them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.sweeps.block import Block, Part, Workspace, part_of

if TYPE_CHECKING:
    from service.sweeps.columns import Column, Ints
    from service.sweeps.plan import Plan

__all__ = ["write_costs"]

_LIMIT: Final = 2**63


def write_costs(
    plan: Plan,
    block: Block,
    outputs: Sequence[Column],
    work: Workspace,
    params: Ints | None = None,
    macs: Ints | None = None,
) -> Ints | None:
    """Write parameters and MACs into arrays of int64, where there are any.

    ``outputs`` are the output sizes by axis. Returns the rows in which one of the numbers does not
    fit 64 bits (what is written there is of no use), None if all do.
    """
    shares = work.array("shares", np.int64, block.rows)
    channels = block.channels.values
    if block.groups.most > 1:
        channels = np.floor_divide(channels, block.groups.values, out=shares, dtype=np.int64)
    kernels = [axis.kernel_size.values for axis in block.axes]
    weights = [channels, block.filters.values, *kernels]
    most = block.channels.most * block.filters.most
    most *= prod([axis.kernel_size.most for axis in block.axes])
    too_large = None
    if params is not None:
        biases = block.filters.values if plan.bias else 0
        _multiply(weights, params)
        np.add(params, biases, out=params)
        if most + block.filters.most >= _LIMIT:
            too_large = _too_large(_estimate(weights) + biases, params)
    if macs is not None:
        transposed = plan.swept.kind == "conv_transpose"
        positions = (
            [axis.input for axis in block.axes] if transposed else list(map(part_of, outputs))
        )
        factors = [*weights, block.batch.values, *[part.values for part in positions]]
        _multiply(factors, macs)
        if most * block.batch.most * prod([_positive(part) for part in positions]) >= _LIMIT:
            found = _too_large(_estimate(factors), macs)
            too_large = found if too_large is None else too_large | found
    return too_large


def _positive(part: Part) -> int:
    return max(part.most, 1)


def _multiply(factors: Sequence[Column], out: Ints) -> None:
    """Multiply modulo 2**64, between −2**63 and 2**63."""
    constant = prod([factor for factor in factors if isinstance(factor, int)])
    out[:] = (constant + _LIMIT) % (2 * _LIMIT) - _LIMIT
    for factor in factors:
        if not isinstance(factor, int):
            np.multiply(out, factor, out=out)


def _estimate(factors: Sequence[Column]) -> Ints:
    product: Any = float(prod([factor for factor in factors if isinstance(factor, int)]))
    for factor in factors:
        if not isinstance(factor, int):
            product = product * factor
    return np.asarray(product)


def _too_large(estimate: Ints, wrapped: Ints) -> Ints:
    """Find what is 2**63 or more: by its estimate, and near the limit by its sign."""
    return (estimate >= 1.5 * _LIMIT) | ((estimate > 0.5 * _LIMIT) & (wrapped < 0))
