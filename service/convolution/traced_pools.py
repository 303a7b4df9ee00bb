"""How outputs of pools come about: maxima, means and norms, of windows that slide or are chosen."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from service.convolution.geometry import Array, Geometry
from service.convolution.norms import powers, scale
from service.convolution.points import PoolPoint
from service.convolution.pooling import divisors
from service.convolution.traced_sums import corner_of, total
from service.convolution.windows import windows_of
from service.shapes import Layer

__all__ = ["pool_points"]

Position = tuple[int, ...]


def pool_points(
    layer: Layer,
    geometry: Geometry,
    cells: Array,
    chosen: list[Position],
    channel: int,
    results: Array,
) -> Iterator[PoolPoint]:
    """Show outputs of one channel, whose ``cells`` are of shape ``size``."""
    show = _SHOWN[layer.kind.removesuffix("_pool").rpartition("_")[2]]
    counted = layer.kind == "avg_pool" and layer.count_include_pad
    nothing = cells.dtype.type(0).item()
    for position, corner, shape in _windows(layer, geometry, chosen):
        places = [
            tuple(
                start + tap * d
                for start, tap, d in zip(corner, taps, geometry.dilation, strict=True)
            )
            for taps in product(*map(range, shape))
        ]
        read = {place: cells[place].item() for place in places if _inside(geometry, place)}
        window = [
            read[place]
            if place in read
            else nothing
            if counted and _in_padding(geometry, place)
            else None
            for place in places
        ]
        yield PoolPoint(
            position=list(position),
            channel=channel,
            corner=corner,
            window=_grid(window, shape),
            result=results[position].item(),
            **show(layer, geometry, position, read, window, shape),
        )


def _windows(
    layer: Layer, geometry: Geometry, chosen: list[Position]
) -> Iterator[tuple[Position, list[int], tuple[int, ...]]]:
    """The corner and the shape of the window at each position."""
    if not layer.kind.startswith("adaptive"):
        for position in chosen:
            yield position, corner_of(geometry, position), geometry.kernel
        return
    windows = windows_of(layer, geometry)
    for position in chosen:
        corner = [int(along.start[at]) for along, at in zip(windows, position, strict=True)]
        shape = [int(along.stop[at]) for along, at in zip(windows, position, strict=True)]
        yield position, corner, tuple(shape)


def _maximum(
    _layer: Layer,
    _geometry: Geometry,
    _position: Position,
    read: dict[Position, Any],
    _window: list[Any],
    _shape: tuple[int, ...],
) -> dict[str, Any]:
    place, _ = max(read.items(), key=lambda cell: cell[1])  # the first of equals
    return {"maximum_at": list(place)}


def _mean(
    layer: Layer,
    geometry: Geometry,
    position: Position,
    read: dict[Position, Any],
    _window: list[Any],
    _shape: tuple[int, ...],
) -> dict[str, Any]:
    divisor = len(read)
    if layer.kind == "avg_pool":
        divisor = divisors(
            geometry,
            count_include_pad=layer.count_include_pad,
            divisor_override=layer.divisor_override,
        )[position].item()
    return {"sum": total(list(read.values())), "divisor": divisor}


def _norm(
    layer: Layer,
    geometry: Geometry,
    position: Position,
    _read: dict[Position, Any],
    window: list[Any],
    shape: tuple[int, ...],
) -> dict[str, Any]:
    raised = [
        None if value is None else powers(layer, np.asarray(value, dtype=np.float64)).item()
        for value in window
    ]
    factor = np.broadcast_to(scale(layer, geometry), geometry.output)[position].item()
    return {
        "powers": _grid(raised, shape),
        "sum": total([value for value in raised if value is not None]),
        "norm_p": layer.norm_p,
        "scale": None if factor == 1 else factor,
    }


_SHOWN = {"max": _maximum, "avg": _mean, "lp": _norm}


def _grid(values: list[Any], shape: tuple[int, ...]) -> Any:
    return np.array(values, dtype=object).reshape(shape).tolist()


def _inside(geometry: Geometry, place: Position) -> bool:
    return all(0 <= at < size for at, size in zip(place, geometry.size, strict=True))


def _in_padding(geometry: Geometry, place: Position) -> bool:
    """Whether a cell outside the input lies in its declared padding."""
    return all(
        -before <= at < size + after
        for at, size, (before, after) in zip(place, geometry.size, geometry.padding, strict=True)
    )
