"""How single outputs come about: the window, the weights, the products, the sum.

Everything is in plain Python numbers and lists, ready for JSON (``dataclasses.asdict``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import fsum
from typing import Any

import numpy as np

from service.convolution.engine import run
from service.convolution.errors import OperandError, OverBudget, TraceError
from service.convolution.geometry import Array, Geometry, geometry_of
from service.convolution.operands import Operands, Tensors, read_input, read_operands, read_output
from service.convolution.padding import padded
from service.convolution.pooling import divisors
from service.shapes import Layer, infer

Numbers = Any
"""Nested lists of numbers."""

MAX_POSITIONS = 1024
"""Most positions in one trace; "all" of a 32×32 output."""

MAX_NUMBERS = 100_000
"""Most window cells in one trace, over all its positions: about 2 MB of JSON."""


@dataclass(frozen=True, slots=True)
class ConvolutionPoint:
    """One output of a convolution.

    ``corner`` is the input cell of the window's first cell; negative in the padding.
    ``input_channels`` are the channels that this filter sees; ``window``, ``weights`` and
    ``products`` hold for each of them the cells of the kernel (``[channel][row][col]`` in 2-d),
    the window with what the padding puts there. ``channel_sums`` adds up the products of each
    channel, ``sum`` all of them; ``result`` is the engine's own output. For floats ``sum`` is
    correctly rounded, so ``sum + bias`` may differ from ``result`` in the last digits.
    """

    position: list[int]
    channel: int
    corner: list[int]
    input_channels: list[int]
    window: Numbers
    weights: Numbers
    products: Numbers
    channel_sums: list[float]
    sum: float
    bias: float
    result: float


@dataclass(frozen=True, slots=True)
class PoolPoint:
    """One output of a pool.

    ``window`` holds the cells (``[row][col]`` in 2-d); None where nothing is read: the padding of
    a maximum, the padding that a mean does not count, and what ``ceil_mode`` hangs over the end.
    ``maximum_at`` is the input cell of the (first) maximum; a mean has ``sum`` and ``divisor``.
    """

    position: list[int]
    channel: int
    corner: list[int]
    window: Numbers
    result: float
    maximum_at: list[int] | None = None
    sum: float | None = None
    divisor: int | None = None


TracePoint = ConvolutionPoint | PoolPoint


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
) -> list[TracePoint]:
    """Show how outputs of one channel (and one sample of a batch) come about.

    ``positions`` lists output positions, one number per spatial axis ([row, col] in 2-d), or is
    "all". ``data``, ``weight`` and ``bias`` are as for `run`; ``output`` is what `run` returned
    for them, and is computed when it is left out.

    Raises TraceError for a position, channel or sample that the output does not have, OverBudget
    (quantity "trace") for more than `MAX_POSITIONS` positions or `MAX_NUMBERS` window cells, and
    whatever `run` raises.
    """
    if layer.kind not in ("conv", "max_pool", "avg_pool"):
        raise OperandError(
            "op_not_supported",
            f"{layer.op} has numbers here, but no trace.",
            pointer="/trace",
            hint="Leave trace out.",
        )
    geometry = geometry_of(infer(layer))
    _check_index(channel, geometry.filters, "channel", "channel_outside_output")
    _check_index(sample, geometry.batch, "sample", "sample_outside_batch")
    depth = geometry.group_channels if layer.kind == "conv" else 1
    chosen = _read_positions(positions, geometry, depth)
    if output is None:
        output = run(layer, data, weight, bias)
    results = read_output(layer, geometry, output)[sample, channel]
    if layer.kind == "conv":
        operands = read_operands(layer, geometry, Tensors(data, weight, bias))
        return list(
            _convolution_points(layer, geometry, operands, chosen, channel, sample, results)
        )
    cells = read_input(layer, data)[sample, channel]
    return list(_pool_points(layer, geometry, cells, chosen, channel, results))


def _convolution_points(
    layer: Layer,
    geometry: Geometry,
    operands: Operands,
    chosen: list[tuple[int, ...]],
    channel: int,
    sample: int,
    results: Array,
) -> Iterator[ConvolutionPoint]:
    dtype = np.dtype(np.int64 if operands.result.kind == "i" else np.float64)
    group = channel // (geometry.filters // geometry.groups)
    seen = range(group * geometry.group_channels, (group + 1) * geometry.group_channels)
    source = operands.data[sample : sample + 1, seen.start : seen.stop].astype(dtype)
    source = padded(source, geometry, mode=layer.padding_mode)[0]
    weights = operands.weight[channel].astype(dtype)
    bias = 0 if operands.bias is None else operands.bias[channel].astype(dtype).item()
    for position in chosen:
        window = source[(slice(None), *_cells_read(geometry, position))]
        products = window * weights + 0  # no −0.0 for a learner to puzzle over
        yield ConvolutionPoint(
            position=list(position),
            channel=channel,
            corner=_corner(geometry, position),
            input_channels=list(seen),
            window=window.tolist(),
            weights=weights.tolist(),
            products=products.tolist(),
            channel_sums=[_total(part) for part in products.reshape(len(seen), -1).tolist()],
            sum=_total(products.ravel().tolist()),
            bias=bias,
            result=results[position].item(),
        )


def _pool_points(
    layer: Layer,
    geometry: Geometry,
    cells: Array,
    chosen: list[tuple[int, ...]],
    channel: int,
    results: Array,
) -> Iterator[PoolPoint]:
    mean = layer.kind == "avg_pool"
    counts = mean and layer.count_include_pad
    divisor = divisors(
        geometry,
        count_include_pad=layer.count_include_pad,
        divisor_override=layer.divisor_override,
    )
    nothing = cells.dtype.type(0).item()
    for position in chosen:
        corner = _corner(geometry, position)
        window, read, places = [], [], []
        for tap in product(*map(range, geometry.kernel)):
            place = tuple(
                start + step * d
                for start, step, d in zip(corner, tap, geometry.dilation, strict=True)
            )
            if all(0 <= at < size for at, size in zip(place, geometry.size, strict=True)):
                window.append(cells[place].item())
                read.append(window[-1])
                places.append(place)
            else:
                window.append(nothing if counts and _in_padding(geometry, place) else None)
        yield PoolPoint(
            position=list(position),
            channel=channel,
            corner=corner,
            window=np.array(window, dtype=object).reshape(geometry.kernel).tolist(),
            result=results[position].item(),
            maximum_at=None if mean else list(places[read.index(max(read))]),
            sum=_total(read) if mean else None,
            divisor=divisor[position].item() if mean else None,
        )


def _corner(geometry: Geometry, position: tuple[int, ...]) -> list[int]:
    return [
        at * stride - before
        for at, stride, (before, _) in zip(position, geometry.stride, geometry.padding, strict=True)
    ]


def _cells_read(geometry: Geometry, position: tuple[int, ...]) -> list[slice]:
    """Return the slices of the padded input that one window covers."""
    return [
        slice(at * stride, at * stride + (kernel - 1) * dilation + 1, dilation)
        for at, stride, kernel, dilation in zip(
            position, geometry.stride, geometry.kernel, geometry.dilation, strict=True
        )
    ]


def _in_padding(geometry: Geometry, place: tuple[int, ...]) -> bool:
    """Whether a cell outside the input lies in its declared padding."""
    return all(
        -before <= at < size + after
        for at, size, (before, after) in zip(place, geometry.size, geometry.padding, strict=True)
    )


def _total(values: list[Any]) -> Any:
    """Add up numbers: integers exactly, floats correctly rounded."""
    if not values or type(values[0]) is int:
        return sum(values)
    try:
        return fsum(values)
    except OverflowError:
        raise OperandError(
            "not_finite",
            "A partial sum leaves the range of float64.",
            hint="Use smaller numbers.",
        ) from None


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
