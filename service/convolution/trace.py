"""How single outputs come about: the window, the weights, the products, the sum.

Everything is in plain Python numbers and lists, ready for JSON (``dataclasses.asdict``).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, Final

from service.convolution.engine import run
from service.convolution.errors import OperandError, OverBudget, TraceError
from service.convolution.geometry import Array, Geometry
from service.convolution.operands import Tensors, read_input, read_output
from service.convolution.points import TracePoint
from service.convolution.prepared import prepared
from service.convolution.traced_pools import pool_points
from service.convolution.traced_sums import convolution_points, separable_points, transposed_points
from service.shapes import Layer

__all__ = ["trace"]

MAX_POSITIONS = 1024
"""Most positions in one trace; "all" of a 32×32 output."""

MAX_NUMBERS = 100_000
"""Most window cells in one trace, over all its positions: about 2 MB of JSON."""


def trace(
    layer: Layer,
    data: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    positions: Sequence[Sequence[int]] | str = "all",
    channel: int = 0,
    *,
    sample: int = 0,
    output: Array | None = None,
    **others: Any,
) -> list[TracePoint]:
    """Show how outputs of one channel (and one sample of a batch) come about.

    ``positions`` lists output positions, one number per spatial axis ([row, col] in 2-d), or is
    "all"; a global pool has the position 0 along every axis. ``data``, ``weight``, ``bias`` and
    ``others`` are as for `run`; ``output`` is what `run` returned for them, and is computed when it
    is left out.

    Raises TraceError for a position, channel or sample that the output does not have, OverBudget
    (quantity "trace") for more than `MAX_POSITIONS` positions or `MAX_NUMBERS` window cells,
    OperandError ``op_not_supported`` for a layer that has no windows, and whatever `run` raises.
    """
    pools = layer.kind.endswith("_pool")
    if not pools and layer.kind not in _POINTS:
        raise OperandError(
            "op_not_supported",
            f"{layer.op} has no windows to show.",
            pointer="/trace",
            hint="Leave trace out.",
        )
    geometry = prepared(layer).geometry
    _check_index(channel, geometry.filters, "channel", "channel_outside_output")
    _check_index(sample, geometry.batch, "sample", "sample_outside_batch")
    depth = 1 if pools else geometry.group_channels
    if layer.kind == "separable":
        depth = layer.in_channels * layer.depth_multiplier
    chosen = _read_positions(positions, geometry, depth)
    if output is None:
        output = run(layer, data, weight, bias, **others)
    results = read_output(layer, geometry, output)[sample, channel]
    if pools:
        cells = read_input(layer, data)[sample, channel]
        return list(pool_points(layer, geometry, cells, chosen, channel, results))
    tensors = Tensors(data, weight, bias, **others)
    return list(_POINTS[layer.kind](layer, geometry, tensors, chosen, channel, sample, results))


_POINTS: Final[dict[str, Callable[..., Iterator[TracePoint]]]] = {
    "conv": convolution_points,
    "depthwise": convolution_points,
    "separable": separable_points,
    "conv_transpose": transposed_points,
}


def _read_positions(
    positions: Sequence[Sequence[int]] | str, geometry: Geometry, depth: int
) -> list[tuple[int, ...]]:
    """Check the positions, and their number before anything is made of them."""
    everything = positions == "all"
    if not everything and (isinstance(positions, str) or not isinstance(positions, Sequence)):
        raise _unreadable(geometry, "/trace/positions")
    count = geometry.positions if everything else len(positions)
    for unit, asked, limit in (
        ("positions in one trace", count, MAX_POSITIONS),
        ("window cells in one trace", count * depth * geometry.taps, MAX_NUMBERS),
    ):
        if asked > limit:
            raise OverBudget(
                "trace",
                unit,
                asked,
                limit,
                pointer="/trace/positions",
                hint="Name fewer positions.",
            )
    if everything:
        return list(product(*map(range, geometry.output)))
    return [_read_position(entry, geometry, index) for index, entry in enumerate(positions)]


def _read_position(entry: object, geometry: Geometry, index: int) -> tuple[int, ...]:
    pointer = f"/trace/positions/{index}"
    if (
        not isinstance(entry, Sequence)
        or len(entry) != geometry.rank
        or any(type(at) is not int for at in entry)
    ):
        raise _unreadable(geometry, pointer)
    for axis, (at, size) in enumerate(zip(entry, geometry.output, strict=True)):
        if not 0 <= at < size:
            raise TraceError(
                "position_outside_output",
                f"Position {at} is outside the output, which has {size} along this axis.",
                pointer=f"{pointer}/{axis}",
                hint=f"Give 0 to {size - 1}.",
            )
    return tuple(entry)


def _unreadable(geometry: Geometry, pointer: str) -> TraceError:
    example = [0] * geometry.rank
    return TraceError(
        "positions_unreadable",
        f"A position is a list of {geometry.rank} whole numbers.",
        pointer=pointer,
        hint=f'For example {[example]}, or "all".',
    )


def _check_index(value: int, size: int, name: str, code: str) -> None:
    if not 0 <= value < size:
        raise TraceError(
            code,
            f"There is no {name} {value}: this output has {size}.",
            pointer=f"/trace/{name}",
            hint=f"Give 0 to {size - 1}.",
        )
