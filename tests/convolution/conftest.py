"""Random layers with their tensors, and what they must give: the definition, cell by cell."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from service.shapes import LAYOUTS, Layer

SPATIAL = {1: "L", 2: "HW", 3: "DHW"}


@dataclass(frozen=True)
class Case:
    """A layer and tensors that fit it."""

    layer: Layer
    data: np.ndarray
    weight: np.ndarray | None
    bias: np.ndarray | None


def make_layer(
    kind: str, layout: str, input_shape: tuple[int, ...], kernel_size: tuple[int, ...], **given: Any
) -> Layer:
    """Build a layer by hand: stride and dilation 1, no padding, unless given."""
    rank = LAYOUTS[layout].rank
    plain: dict[str, Any] = {
        "framework": "textbook",
        "stride": (1,) * rank,
        "dilation": (1,) * rank,
        "padding": ((0, 0),) * rank,
    }
    return Layer(
        op=f"{kind}{rank}d",
        kind=kind,
        rank=rank,
        layout=layout,
        input_shape=input_shape,
        kernel_size=kernel_size,
        **plain | given,
    )


def tensors(shape: tuple[int, ...], dtype: str) -> st.SearchStrategy[np.ndarray]:
    """Small multiples of 1/4 (of 1 for integers), so that every sum is exact."""
    scale = 1 if np.dtype(dtype).kind == "i" else 4
    return st.integers(0, 2**32 - 1).map(
        lambda seed: (np.random.default_rng(seed).integers(-8, 9, shape) / scale).astype(dtype)
    )


@st.composite
def cases(draw: st.DrawFn, ranks: tuple[int, ...] = (1, 2, 3)) -> Case:
    """Layers of every kind, rank, layout, padding mode and dtype."""
    kind = draw(st.sampled_from(["conv", "max_pool", "avg_pool"]))
    rank = draw(st.sampled_from(ranks))
    layout = draw(st.sampled_from([name for name, at in LAYOUTS.items() if at.rank == rank]))
    cells = st.integers(1, 3 if rank < 3 else 2)
    kernel = draw(st.tuples(*[cells] * rank))
    stride = draw(st.tuples(*[cells] * rank))
    dilation = draw(st.tuples(*[st.integers(1, 2)] * rank))
    padding = draw(st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * rank))
    size = tuple(
        draw(st.integers(max(1, d * (k - 1) + 1 - sum(pads)), 6 if rank < 3 else 4))
        for k, d, pads in zip(kernel, dilation, padding, strict=True)
    )
    groups = draw(st.integers(1, 3)) if kind == "conv" and "C" in layout else 1
    channels = groups * draw(st.integers(1, 2)) if "C" in layout else 1
    extents = {"N": draw(st.integers(1, 2)), "C": channels}
    spatial = iter(size)
    shape = tuple(extents[axis] if axis in extents else next(spatial) for axis in layout)
    given: dict[str, Any] = {"stride": stride, "dilation": dilation, "padding": padding}
    dtype = draw(st.sampled_from(["int64", "float32", "float64"]))
    data = draw(tensors(shape, dtype))
    if kind != "conv":
        given["ceil_mode"] = draw(st.booleans())
    if kind == "avg_pool":
        given["count_include_pad"] = draw(st.booleans())
        given["divisor_override"] = draw(st.none() | st.integers(1, 5))
    if kind != "conv":
        return Case(make_layer(kind, layout, shape, kernel, **given), data, None, None)
    filters = groups * draw(st.integers(1, 2)) if "C" in layout else 1
    given["padding_mode"] = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    layer = make_layer(kind, layout, shape, kernel, out_channels=filters, groups=groups, **given)
    weight = draw(tensors((filters, channels // groups, *kernel), dtype))
    bias = draw(st.none() | tensors((filters,), dtype))
    return Case(layer, data, weight, bias)


class EmptyWindow(Exception):  # noqa: N818 - what was found, no error of the engine
    """A pool's window holds nothing."""


def cell_read(cell: int, size: int, mode: str) -> int | None:
    """Where a cell of the padded axis is read from; None for a zero."""
    while not 0 <= cell < size:
        if mode == "zeros":
            return None
        if mode == "circular":
            cell += size if cell < 0 else -size
        elif mode == "replicate" or size == 1:
            cell += 1 if cell < 0 else -1
        else:
            cell = -cell if cell < 0 else 2 * (size - 1) - cell
    return cell


def starts(layer: Layer, axis: int) -> list[int]:
    """The first cell of every window of an axis, slid along by hand."""
    size, (before, after) = layer.spatial[axis], layer.padding[axis]
    reach = layer.dilation[axis] * (layer.kernel_size[axis] - 1) + 1
    found, start = [], -before
    while start + reach <= size + after:
        found.append(start)
        start += layer.stride[axis]
    if layer.ceil_mode:
        if found[-1] + reach < size + after:
            found.append(start)
        if found[-1] >= size:  # the last window starts inside the input or the padding before it
            found.pop()
    return found


def pooled(layer: Layer, data: np.ndarray, index: dict[str, int], window: list[Any]) -> Any:
    """One output of a pool: (where each cell lies, whether it lies in the padding) known."""
    spatial = [axis for axis in layer.layout if axis not in "NC"]
    read, padding = [], 0
    for place in window:
        if all(0 <= at < size for at, size in zip(place, layer.spatial, strict=True)):
            at = index | dict(zip(spatial, place, strict=True))
            read.append(data[tuple(at[axis] for axis in layer.layout)])
        elif all(
            -pads[0] <= at < size + pads[1]
            for at, size, pads in zip(place, layer.spatial, layer.padding, strict=True)
        ):
            padding += 1
    if layer.kind == "max_pool":
        if not read:
            raise EmptyWindow
        return max(read)
    divisor = len(read) + (padding if layer.count_include_pad else 0)
    if layer.divisor_override is not None:
        divisor = layer.divisor_override
    if not divisor:
        raise EmptyWindow
    return sum(read, start=data.dtype.type(0)) / data.dtype.type(divisor)


def convolved(case: Case, index: dict[str, int], window: list[Any]) -> Any:
    """One output of a convolution."""
    layer, weight = case.layer, case.weight
    assert weight is not None
    filters = weight.shape[0]
    filter_ = index.get("C", 0)
    group = filter_ // (filters // layer.groups)
    spatial = [axis for axis in layer.layout if axis not in "NC"]
    total = case.data.dtype.type(0) if case.bias is None else case.bias[filter_]
    for channel in range(weight.shape[1]):
        for tap, place in zip(product(*map(range, layer.kernel_size)), window, strict=True):
            cells = [
                cell_read(at, size, layer.padding_mode)
                for at, size in zip(place, layer.spatial, strict=True)
            ]
            if None in cells:
                continue
            at = index | {"C": group * weight.shape[1] + channel}
            at |= dict(zip(spatial, cells, strict=True))
            value = case.data[tuple(at[axis] for axis in layer.layout)]
            total += value * weight[(filter_, channel, *tap)]
    return total


def by_definition(case: Case) -> np.ndarray:
    """The output of a layer, one cell at a time; raises EmptyWindow."""
    layer = case.layer
    windows = [starts(layer, axis) for axis in range(layer.rank)]
    extents = {
        axis: range(size) for axis, size in zip(layer.layout, layer.input_shape, strict=True)
    }
    if layer.out_channels is not None and "C" in layer.layout:
        extents["C"] = range(layer.out_channels)
    spatial = [axis for axis in layer.layout if axis not in "NC"]
    extents |= {axis: range(len(found)) for axis, found in zip(spatial, windows, strict=True)}
    whole = case.data.dtype.kind == "i"
    dtype = np.float64 if whole and layer.kind == "avg_pool" else case.data.dtype
    result = np.empty([len(extents[axis]) for axis in layer.layout], dtype=dtype)
    for where in product(*(extents[axis] for axis in layer.layout)):
        index = dict(zip(layer.layout, where, strict=True))
        corner = [windows[axis][index[name]] for axis, name in enumerate(spatial)]
        window = [
            tuple(
                start + step * d for start, step, d in zip(corner, tap, layer.dilation, strict=True)
            )
            for tap in product(*map(range, layer.kernel_size))
        ]
        result[where] = (
            convolved(case, index, window)
            if layer.kind == "conv"
            else pooled(layer, case.data, index, window)
        )
    return result


@pytest.fixture(scope="session")
def layer() -> Callable[..., Layer]:
    """Build a layer by hand."""
    return make_layer


@pytest.fixture(scope="session")
def random_case() -> Callable[..., st.SearchStrategy[Case]]:
    """A strategy of layers with tensors; ``ranks`` limits it."""
    return cases


@pytest.fixture(scope="session")
def definition() -> Callable[[Case], np.ndarray]:
    """The output by definition; raises `EmptyWindow`."""
    return by_definition


@pytest.fixture(scope="session")
def empty_window() -> type[Exception]:
    """What the definition raises for a pool's window that holds nothing."""
    return EmptyWindow
