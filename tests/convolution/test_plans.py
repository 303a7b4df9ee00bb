"""Every plan against the definition of a convolution, and what keeps plans."""

import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.convolution.correlate import correlate, predict_seconds
from service.convolution.geometry import Geometry
from service.convolution.plans import MAX_PLANS, Cache, Raced, Task, ways
from service.convolution.plans.boxes import Boxes
from service.convolution.plans.workspace import (
    KEPT_BYTES,
    OWN_BYTES,
    OWN_VIEWS,
    Sketch,
    clear_desk,
    workspace,
)
from service.convolution.transposed import scatter

MODES = ("zeros", "reflect", "replicate", "circular")


def geometry(
    size,
    kernel,
    *,
    batch=1,
    channels=1,
    filters=1,
    groups=1,
    stride=None,
    dilation=None,
    padding=None,
):
    ones = (1,) * len(size)
    stride, dilation = stride or ones, dilation or ones
    padding = padding or ((0, 0),) * len(size)
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    output = tuple(
        (i + sum(p) - r) // s + 1 for i, p, r, s in zip(size, padding, reach, stride, strict=True)
    )
    read = tuple((o - 1) * s + r for o, s, r in zip(output, stride, reach, strict=True))
    return Geometry(
        batch, channels, groups, filters, size, kernel, stride, dilation, padding, output, read
    )


@st.composite
def geometries(draw, ranks=(1, 2, 3)):
    """All that a convolution can be told, padding that cuts cells off included."""
    rank = draw(st.sampled_from(ranks))
    axes = [st.integers(1, 3)] * rank
    kernel, stride, dilation = (draw(st.tuples(*axes)) for _ in range(3))
    padding = draw(st.tuples(*[st.tuples(st.integers(-2, 4), st.integers(-2, 4))] * rank))
    size = tuple(
        max(1, 1 - min(p), d * (k - 1) + 1 - sum(p)) + draw(st.integers(0, 4))
        for k, d, p in zip(kernel, dilation, padding, strict=True)
    )
    groups = draw(st.integers(1, 3))
    return geometry(
        size,
        kernel,
        batch=draw(st.integers(1, 3)),
        channels=groups * draw(st.integers(1, 2)),
        filters=groups * draw(st.integers(1, 2)),
        groups=groups,
        stride=stride,
        dilation=dilation,
        padding=padding,
    )


def cell_read(cell, size, mode):
    """Which cell of the input stands at a cell of the padded axis; None for a zero."""
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


def by_definition(data, weight, shape, mode="zeros"):
    """The sum over channels and kernel cells, one output and one kernel cell at a time."""
    result = np.zeros((shape.batch, shape.filters, *shape.output), data.dtype)
    each, seen = shape.filters // shape.groups, shape.channels // shape.groups
    for place in product(*map(range, shape.output)):
        for tap in product(*map(range, shape.kernel)):
            cells = [
                cell_read(o * s + t * d - p[0], i, mode)
                for o, s, t, d, p, i in zip(
                    *(place, shape.stride, tap, shape.dilation, shape.padding, shape.size),
                    strict=True,
                )
            ]
            if None in cells:
                continue
            values = data[(slice(None), slice(None), *cells)]
            for filter_ in range(shape.filters):
                first = filter_ // each * seen
                part = values[:, first : first + seen] * weight[(filter_, slice(None), *tap)]
                result[(slice(None), filter_, *place)] += part.sum(axis=1)
    return result


def operands(shape, dtype, seed):
    """Small multiples of 1/4 (of 1 for integers), so that every sum is exact."""
    rng = np.random.default_rng(seed)
    scale = 1 if np.dtype(dtype).kind == "i" else 4
    data = rng.integers(-8, 9, (shape.batch, shape.channels, *shape.size)) / scale
    seen = shape.channels // shape.groups
    weight = rng.integers(-8, 9, (shape.filters, seen, *shape.kernel)) / scale
    return data.astype(dtype), weight.astype(dtype)


@settings(max_examples=300, deadline=None)
@given(
    shape=geometries(),
    dtype=st.sampled_from(["float32", "float64", "int64"]),
    mode=st.sampled_from(MODES),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_way_gives_the_definition(shape, dtype, mode, seed):
    data, weight = operands(shape, dtype, seed)
    expected = by_definition(data, weight, shape, mode)
    planned = (data, weight)
    if shape.rank == 1:
        planned = data[:, :, np.newaxis], weight[:, :, np.newaxis]
    for way in ways(Task(shape, data.dtype, mode)):
        plan = way.make()
        for _ in range(2):  # the second time on what the first has left in the workspace
            output = plan(*planned)
            assert output.dtype == dtype, way.name
            assert np.array_equal(output.reshape(expected.shape), expected), way.name
    for _ in range(8):  # until the race is decided
        assert np.array_equal(correlate(data, weight, shape, mode=mode), expected)


LARGER = [
    geometry((40, 37), (3, 3), channels=24, filters=20, batch=2, padding=((1, 1), (2, 0))),
    geometry((61, 50), (5, 3), channels=16, filters=3, stride=(2, 3), padding=((2, 2), (1, 1))),
    geometry((48, 48), (3, 3), channels=32, filters=64, groups=32, padding=((1, 1), (1, 1))),
    geometry((30, 30), (4, 4), channels=24, filters=24, groups=24, stride=(2, 2)),
    geometry((90, 80), (7, 7), channels=3, filters=8, stride=(2, 2), padding=((3, 3), (3, 3))),
    geometry((20_000,), (9,), channels=4, filters=4, dilation=(3,)),
    geometry((12, 14, 16), (3, 3, 3), channels=6, filters=5, padding=((1, 1),) * 3),
]


@pytest.mark.parametrize("shape", LARGER)
def test_ways_that_cut_work_in_pieces_agree(shape):
    """Large enough for several blocks: one shifted product of the padded input for each tap."""
    data, weight = operands(shape, "int64", 3)
    source = np.pad(data, ((0, 0), (0, 0), *shape.padding))
    seen, each = shape.channels // shape.groups, shape.filters // shape.groups
    expected = np.zeros((shape.batch, shape.filters, *shape.output), np.int64)
    for tap in product(*map(range, shape.kernel)):
        part = [
            slice(t * d, t * d + (o - 1) * s + 1, s)
            for t, d, o, s in zip(tap, shape.dilation, shape.output, shape.stride, strict=True)
        ]
        cells = source[(slice(None), slice(None), *part)]
        for group in range(shape.groups):
            filters = slice(group * each, (group + 1) * each)
            factors = weight[(filters, slice(None), *tap)]
            some = cells[:, group * seen : (group + 1) * seen]
            expected[:, filters] += np.einsum("fc,nc...->nf...", factors, some)
    planned = data, weight
    if shape.rank == 1:
        planned = data[:, :, np.newaxis], weight[:, :, np.newaxis]
    for dtype in ("float32", "float64", "int64"):
        for way in ways(Task(shape, np.dtype(dtype), "zeros")):
            plan = way.make()
            for _ in range(2):
                output = plan(*(part.astype(dtype) for part in planned))
                assert np.array_equal(output.reshape(expected.shape), expected), way.name


@pytest.mark.parametrize("mode", ["zeros", "circular"])
def test_a_large_kernel_by_its_spectrum(mode):
    """Beside the columns, in numbers of very different sizes; rounded once, as float32."""
    shape = geometry((130, 140), (25, 29), channels=2, filters=2, batch=2, padding=((1, 2), (0, 3)))
    rng = np.random.default_rng(9)
    data = rng.standard_normal((2, 2, 130, 140)) * 10.0 ** rng.integers(-3, 4, (2, 2, 130, 140))
    data, weight = data.astype(np.float32), rng.standard_normal((2, 2, 25, 29)).astype(np.float32)
    found = {way.name: way for way in ways(Task(shape, data.dtype, mode))}
    exact = correlate(data.astype(np.float64), weight.astype(np.float64), shape, mode=mode)
    output = found["Spectral"].make()(data, weight)
    assert output.dtype == np.float32
    assert np.allclose(output, exact, rtol=1e-7, atol=1e-7)
    assert "Spectral" not in {way.name for way in ways(Task(shape, np.dtype(np.float64), mode))}


TRANSPOSED = [
    {"stride": (2, 2), "padding": ((1, 1), (1, 2))},
    {"stride": (3, 2), "dilation": (2, 3), "groups": 4},
    {"filters": 96, "kernel": (5, 5), "size": (20, 24)},
    {"stride": (4, 5), "kernel": (2, 3), "padding": ((0, -2), (-3, 1)), "batch": 2},
    {"size": (3, 2), "kernel": (9, 8), "padding": ((4, 4), (0, 3))},
    {"size": (5, 6, 7), "kernel": (3, 2, 4), "stride": (2, 1, 3), "padding": ((1, 0),) * 3},
    {"size": (30,), "kernel": (4,), "stride": (2,), "padding": ((1, 1),), "groups": 2},
]


@pytest.mark.parametrize("given", TRANSPOSED)
def test_a_transposed_convolution_adds_up_patches(given):
    """Patch by patch, in an output without crops, from which the crops are cut."""
    sizes = {"size": (7, 9), "kernel": (4, 3), "batch": 1, "channels": 8, "filters": 8} | given
    rank, groups = len(sizes["size"]), sizes.setdefault("groups", 1)
    stride, dilation = (sizes.setdefault(name, (1,) * rank) for name in ("stride", "dilation"))
    crops = sizes.setdefault("padding", ((0, 0),) * rank)
    whole = [
        (i - 1) * s + d * (k - 1) + 1
        for i, s, d, k in zip(sizes["size"], stride, dilation, sizes["kernel"], strict=True)
    ]
    output = tuple(w - sum(crop) for w, crop in zip(whole, crops, strict=True))
    shape = Geometry(**sizes, output=output, read=sizes["size"])
    rng = np.random.default_rng(7)
    data = rng.integers(-8, 9, (shape.batch, 8, *shape.size))
    weight = rng.integers(-8, 9, (8, shape.filters // groups, *shape.kernel))
    margin = 8
    canvas = np.zeros((shape.batch, shape.filters, *(w + 2 * margin for w in whole)), np.int64)
    seen, each = 8 // groups, shape.filters // groups
    for place in product(*map(range, shape.size)):
        part = tuple(
            slice(margin + p * s, margin + p * s + d * (k - 1) + 1, d)
            for p, s, d, k in zip(place, stride, dilation, shape.kernel, strict=True)
        )
        for group in range(groups):
            cells = data[(slice(None), slice(group * seen, (group + 1) * seen), *place)]
            patch = np.einsum("nc,cf...->nf...", cells, weight[group * seen : (group + 1) * seen])
            canvas[(slice(None), slice(group * each, (group + 1) * each), *part)] += patch
    cut = tuple(slice(margin + c[0], margin + w - c[1]) for c, w in zip(crops, whole, strict=True))
    expected = canvas[(slice(None), slice(None), *cut)]
    for dtype in ("float32", "float64", "int64"):
        for _ in range(2):
            output = scatter(data.astype(dtype), weight.astype(dtype), shape)
            assert output.dtype == dtype
            assert np.array_equal(output, expected)


POOLED = [
    geometry((113, 90), (3, 2), channels=12, batch=2, stride=(2, 1), padding=((1, 1), (0, 1))),
    geometry(
        (40, 41), (7, 5), channels=3, dilation=(2, 3), stride=(1, 5), padding=((0, 3), (2, 2))
    ),
    geometry((9, 10, 11), (9, 4, 6), channels=2, padding=((0, 0), (1, 2), (-1, 3))),
    geometry((50,), (13,), channels=2, stride=(15,), padding=((6, 5),)),
]


@pytest.mark.parametrize("shape", POOLED)
@pytest.mark.parametrize(("ufunc", "fill"), [(np.maximum, -99), (np.add, 0)])
def test_a_pool_reduces_its_windows(shape, ufunc, fill):
    """Window by window, in an input that is padded with what changes nothing."""
    rng = np.random.default_rng(8)
    data = rng.integers(-50, 50, (shape.batch, shape.channels, *shape.size))
    spare = [(max(0, before) + 9, 99) for before, _ in shape.padding]
    padded = np.pad(data, ((0, 0), (0, 0), *spare), constant_values=fill)
    expected = np.empty((shape.batch, shape.channels, *shape.output), np.int64)
    for place in product(*map(range, shape.output)):
        window = tuple(
            slice(first + o * s - b, first + o * s - b + d * (k - 1) + 1, d)
            for (first, _), o, s, (b, _), d, k in zip(
                *(spare, place, shape.stride, shape.padding, shape.dilation, shape.kernel),
                strict=True,
            )
        )
        axes = tuple(range(2, 2 + shape.rank))
        cells = padded[(slice(None), slice(None), *window)]
        expected[(slice(None), slice(None), *place)] = ufunc.reduce(cells, axes)
    for dtype in ("int64", "float32", "float64"):
        boxes = Boxes(ufunc, fill, shape, np.dtype(dtype))
        for _ in range(2):
            assert np.array_equal(boxes(data.astype(dtype)), expected)


def test_an_input_in_any_order_of_memory():
    shape = LARGER[0]
    data, weight = operands(shape, "float32", 4)
    expected = correlate(data, weight, shape)
    last = np.ascontiguousarray(data.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    turned = np.ascontiguousarray(weight[::-1, :, ::-1])[::-1, :, ::-1]
    assert np.array_equal(correlate(last, turned, shape), expected)


def test_a_race_is_won_by_the_plan_that_is_quicker():
    class Slow:
        views = 1

        def __init__(self, takes):
            self.takes = takes

        def __call__(self, data, weight):
            now[0] += self.takes
            return data * weight

    now = [0.0]
    slow, quick = Slow(5), Slow(2)
    race = Raced((slow, quick), clock=lambda: now[0])
    for _ in range(6):
        assert race(np.array(3), np.array(4)) == 12
    assert race.winner is quick
    assert now[0] == 3 * 5 + 3 * 2
    race(np.array(3), np.array(4))
    assert now[0] == 3 * 5 + 4 * 2


def test_a_full_cache_lets_the_oldest_go():
    cache = Cache(limit=3)
    for number in range(10):
        cache.put(number, str(number))
    assert len(cache) == 3
    assert [cache.get(number) for number in (6, 7, 8, 9)] == [None, "7", "8", "9"]
    cache = Cache(limit=3, room=10)
    for number, size in enumerate((4, 5, 3, 11, 2)):
        cache.put(number, str(number), size)
        assert len(cache) == (1, 2, 2, 0, 1)[number]


def test_a_workspace_remembers_a_limited_number_of_views():
    dtype = np.dtype(np.float32)
    laid_out = {}
    for _ in range(OWN_VIEWS // 10):
        sketch = Sketch(dtype)
        for _ in range(25):
            sketch.array(5, 7)
        views = laid_out[sketch] = workspace(sketch)
        assert len(views) == 25
        assert workspace(sketch) is views
    latest_first = reversed(laid_out.items())
    remembered = [sketch for sketch, views in latest_first if workspace(sketch) is views]
    assert 1 <= len(remembered) <= OWN_VIEWS // 25


def test_a_large_workspace_goes_from_thread_to_thread():
    sketch = Sketch(np.dtype(np.float32))
    sketch.array(OWN_BYTES)
    small = Sketch(np.dtype(np.float32))
    small.array(4)
    own, first = workspace(small), workspace(sketch)
    assert workspace(sketch) is first
    with ThreadPoolExecutor(1) as other:
        assert other.submit(workspace, sketch).result() is not first
    clear_desk()
    assert workspace(small) is own
    with ThreadPoolExecutor(1) as other:
        assert other.submit(workspace, sketch).result() is first
        assert other.submit(workspace, small).result() is not own
        other.submit(clear_desk).result()
    assert workspace(sketch) is first


def test_a_workspace_keeps_no_huge_buffer():
    sketch = Sketch(np.dtype(np.float64))
    sketch.array(KEPT_BYTES)
    assert workspace(sketch) is not workspace(sketch)


def test_arrays_of_a_workspace_do_not_overlap():
    sketch = Sketch(np.dtype(np.float64))
    numbers = [sketch.array(3, size) for size in range(1, 20)]
    views = workspace(sketch)
    for number in numbers:
        views[number].fill(number)
    assert all((views[number] == number).all() for number in numbers)


def test_many_threads_share_a_plan():
    shapes = [
        *LARGER[:5],
        geometry((6, 6), (3, 3), channels=2, filters=2, padding=((1, 1), (1, 1))),
    ]
    work = [(shape, *operands(shape, "float32", 5)) for shape in shapes]
    expected = [correlate(data, weight, shape) for shape, data, weight in work]
    wrong = []

    def repeat(seed):
        for at in np.random.default_rng(seed).integers(0, len(work), 60):
            shape, data, weight = work[at]
            if not np.array_equal(correlate(data * 2, weight, shape), expected[at] * 2):
                wrong.append(at)

    threads = [threading.Thread(target=repeat, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.no_cover  # thousands of rounds through lines that others measure
@pytest.mark.slow
def test_memory_is_flat_over_ten_thousand_mixed_runs():
    rng = np.random.default_rng(6)

    def some(count):
        for _ in range(count):
            kernel = int(rng.integers(1, 6))
            size = tuple(map(int, rng.integers(kernel, 24, 2)))
            channels, filters = map(int, rng.integers(1, 5, 2))
            shape = geometry(size, (kernel, kernel), channels=channels, filters=filters)
            data = np.ones((1, channels, *size), np.float32)
            weight = np.ones((filters, channels, kernel, kernel), np.float32)
            output = correlate(data, weight, shape)
            assert output[0, 0, 0, 0] == channels * kernel * kernel

    some(2_000)
    tracemalloc.start()
    some(1_000)
    before, _ = tracemalloc.get_traced_memory()
    some(7_000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 2 * 2**20
    assert MAX_PLANS <= 128


def test_the_cost_grows_with_the_work():
    dtype = np.dtype(np.float32)
    small, large = (geometry((size, size), (3, 3), channels=8, filters=8) for size in (16, 128))
    assert 0 < predict_seconds(small, dtype) < predict_seconds(large, dtype) / 10
    assert predict_seconds(large, dtype) < predict_seconds(large, np.dtype(np.int64)) / 10


def test_a_prediction_allocates_nothing():
    huge = geometry((100_000, 100_000), (3, 3), channels=512, filters=512)
    tracemalloc.start()
    assert predict_seconds(huge, np.dtype(np.float32)) > 1e5
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20
