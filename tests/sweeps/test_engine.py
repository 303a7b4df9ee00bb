"""Every row of a sweep against the shape engine's answer for the same layer."""

import tracemalloc
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.shapes import ShapeError, infer, read_layer
from service.sweeps import CODES, OPERATIONS, RESULTS, Sweep, sweep
from service.sweeps.block import BLOCK

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
MOST = 2**31 - 1
EVERY = [swept for by_name in OPERATIONS.values() for swept in by_name.values()]

Row = Mapping[str, Any]


def answer(framework: str, op: str, row: Row) -> tuple[str, dict[str, int]]:
    """Ask the shape engine about one row: the code, and the numbers."""
    rank = int(op[-2])
    names = AXES[rank]

    def each(name: str) -> list[int] | None:
        if f"{name}_{names[0]}" in row:
            return [row[f"{name}_{axis}"] for axis in names]
        return [row[name]] * rank if name in row else None

    spatial = each("input") or []
    channels, batch = row.get("channels", 1), row.get("batch", 1)
    if framework == "pytorch":
        letters, shape = {1: "NCL", 2: "NCHW", 3: "NCDHW"}[rank], [batch, channels, *spatial]
    else:
        letters, shape = {1: "NLC", 2: "NHWC", 3: "NDHWC"}[rank], [batch, *spatial, channels]
    values: dict[str, object] = {
        name: row[name]
        for name in ("filters", "out_channels", "groups", "bias", "ceil_mode")
        if name in row
    }
    for name in ("kernel_size", "stride", "dilation", "padding", "output_padding"):
        if isinstance(row.get(name), str):
            values[name] = row[name]
        elif (found := each(name)) is not None:
            values[name] = found
    before, after = each("padding_before"), each("padding_after")
    if before is not None or after is not None:
        none = [0] * rank
        values["padding"] = [list(pair) for pair in zip(before or none, after or none, strict=True)]
    try:
        inference = infer(read_layer(framework, op, shape, values, letters))
    except ShapeError as error:
        return error.code, {}
    numbers = {f"output_{axis.axis}": axis.output for axis in inference.axes}
    numbers |= {f"unread_{axis.axis}": axis.unread for axis in inference.axes}
    numbers |= {"params": inference.params, "macs": inference.macs}
    if max(inference.params, inference.macs) >= 2**63:
        return "result_too_large", {}
    return "ok", numbers


def check(framework: str, op: str, columns: Mapping[str, Any], swept: Sweep) -> None:
    """Compare every row with the shape engine's answer."""
    for row in range(swept.rows):
        values = {
            name: column if isinstance(column, int | str) else int(column[row])
            for name, column in columns.items()
        }
        code, numbers = answer(framework, op, values)
        assert CODES[swept.code[row]] == code, values
        found = {name: int(column[row]) for name, column in swept.results.items()}
        assert found == (numbers or dict.fromkeys(found, 0)), values


SMALL = st.integers(1, 6)
USUAL = {
    "input": st.integers(1, 20),
    "channels": st.sampled_from([2, 4, 6]),
    "batch": st.integers(1, 3),
    "filters": st.sampled_from([2, 4, 6]),
    "out_channels": st.sampled_from([2, 4, 6]),
    "groups": st.sampled_from([1, 1, 2]),
    "kernel_size": SMALL,
    "stride": st.integers(1, 4),
    "dilation": st.sampled_from([1, 1, 2, 3]),
    **dict.fromkeys(("padding", "padding_before", "padding_after"), st.integers(0, 3)),
    "output_padding": st.integers(0, 2),
}
ODD = st.sampled_from(
    [-(2**63), -(2**40), -1, 0, 1, 2, 3, 5, 7, 16, MOST - 1, MOST, MOST + 1, 2**40]
)
LARGE = st.integers(1, 40) | st.integers(1, MOST) | st.sampled_from([2**16, 2**24, 2**30, MOST])


class _Columns:
    """Columns in the making, each a number or a list of as many as there are rows."""

    def __init__(self, draw: st.DrawFn, numbers: st.SearchStrategy[int] | None) -> None:
        self.draw = draw
        self.numbers = numbers
        self.swept = draw(st.sampled_from(EVERY))
        self.rows = draw(st.integers(1, 12))
        self.columns: dict[str, Any] = {}

    def column(self, name: str, base: str) -> None:
        entry = USUAL[base]
        if self.numbers is not None:
            entry = self.draw(st.sampled_from([entry, self.numbers]))
        every = st.lists(entry, min_size=self.rows, max_size=self.rows)
        self.columns[name] = self.draw(st.one_of(entry, every))

    def spread(self, base: str) -> None:
        """Add one column for all axes, or one for each."""
        if self.draw(st.booleans()):
            self.column(base, base)
        else:
            for axis in self.swept.axis_names:
                self.column(f"{base}_{axis}", base)

    def parameter(self, name: str) -> None:
        if name in ("bias", "ceil_mode"):
            self.columns[name] = self.draw(st.booleans())
        elif name in ("filters", "out_channels", "groups"):
            if name != "out_channels" or "filters" not in self.columns:
                self.column(name, name)
        else:
            self.spread(name)

    def padding(self) -> None:
        taken = self.swept.columns
        kinds = ["none", "padding", *["rule"] * 2 * bool(self.swept.rules)]
        kind = self.draw(st.sampled_from([*kinds, *["sides"] * ("padding_after" in taken)]))
        if kind == "rule":
            self.columns["padding"] = self.draw(st.sampled_from(self.swept.rules))
        elif kind == "padding":
            self.spread("padding")
        elif kind == "sides":
            for name in self.draw(st.sampled_from([("before",), ("after",), ("before", "after")])):
                self.spread(f"padding_{name}")


@st.composite
def sweeps(draw: st.DrawFn, numbers: st.SearchStrategy[int] | None = None) -> tuple[Any, ...]:
    """Draw an operation and columns for it; ``numbers`` is where odd entries come from."""
    made = _Columns(draw, numbers)
    made.spread("input")
    made.spread("kernel_size")
    for name in ("channels", "batch"):
        if draw(st.booleans()):
            made.column(name, name)
    for name in made.swept.columns:
        if name == "kernel_size" or name.startswith("padding"):
            continue
        if name in made.swept.required or draw(st.booleans()):
            made.parameter(name)
    made.padding()
    return made.swept.framework, made.swept.op, made.columns


@settings(max_examples=400, deadline=None)
@given(sweeps())
def test_rows_are_what_the_engine_makes_of_them(drawn: tuple[Any, ...]) -> None:
    framework, op, columns = drawn
    check(framework, op, columns, sweep(op, columns, framework, RESULTS))


@settings(max_examples=400, deadline=None)
@given(sweeps(ODD))
def test_refusals_are_the_engines_with_its_first_code(drawn: tuple[Any, ...]) -> None:
    framework, op, columns = drawn
    check(framework, op, columns, sweep(op, columns, framework, RESULTS))


@settings(max_examples=400, deadline=None)
@given(sweeps(LARGE))
def test_large_numbers_come_out_exactly_or_are_refused(drawn: tuple[Any, ...]) -> None:
    framework, op, columns = drawn
    check(framework, op, columns, sweep(op, columns, framework, RESULTS))


def test_blocks_join_without_a_seam() -> None:
    """More rows than a block holds, against the formula itself in int64."""
    rows = 2 * BLOCK + 17
    random = np.random.default_rng(7)
    size = random.integers(20, 600, rows, dtype=np.int32)
    kernel_size = random.integers(1, 8, rows, dtype=np.int32)
    stride = random.integers(1, 6, rows, dtype=np.int32)
    padding = random.integers(0, 4, rows, dtype=np.int32)
    columns = {"input": size, "kernel_size": kernel_size, "stride": stride, "padding": padding}
    made = sweep("conv2d", {**columns, "channels": 3, "filters": 8})
    output = (size.astype(np.int64) + 2 * padding - kernel_size) // stride + 1
    params = 3 * 8 * kernel_size.astype(np.int64) ** 2
    assert not made.code.any()
    assert made.results["output_height"].dtype == np.int32
    assert np.array_equal(made.results["output_height"], output)
    assert np.array_equal(made.results["output_width"], output)
    assert np.array_equal(made.results["params"], params + 8)
    assert np.array_equal(made.results["macs"], params * output**2)


@pytest.mark.parametrize(
    ("op", "more"),
    [
        ("conv2d", {"channels": [6, 12], "filters": [12, 6], "groups": [1, 2, 3, 4]}),
        ("conv1d", {"padding_before": [0, 1, 9], "stride": [1, 2, 3], "dilation": [1, 5]}),
        ("conv_transpose2d", {"stride": [1, 2, 3], "output_padding": [0, 1, 2]}),
        ("avg_pool3d", {"padding": [0, 1, 2, 3], "stride": [0, 1, 2, -1], "ceil_mode": True}),
        ("conv1d", {"stride_length": [1, 2, 2**31, 2**40]}),
    ],
)
def test_a_sweep_is_what_its_pieces_are(op: str, more: dict[str, Any]) -> None:
    """Cut elsewhere than where blocks end, and with other bounds."""
    rows = 2 * BLOCK + 999
    random = np.random.default_rng(3)
    choices = {"input": list(range(1, 30)), "kernel_size": [1, 2, 3, 5], **more}
    columns = {
        name: choice if isinstance(choice, bool) else random.choice(np.array(choice), rows)
        for name, choice in choices.items()
    }
    whole = sweep(op, columns, results=RESULTS)
    cuts = [0, 1, 1000, BLOCK - 7, 2 * BLOCK - 500, rows]
    for start, stop in pairwise(cuts):
        piece = sweep(
            op,
            {
                name: column if isinstance(column, bool) else column[start:stop]
                for name, column in columns.items()
            },
            results=RESULTS,
        )
        assert np.array_equal(piece.code, whole.code[start:stop])
        for name, column in piece.results.items():
            assert np.array_equal(column, whole.results[name][start:stop]), name
    assert whole.refused


def test_one_large_output_makes_its_column_wide_and_changes_no_other() -> None:
    rows = BLOCK + 5
    size = np.full(rows, 10, np.int32)
    size[BLOCK + 2] = MOST
    made = sweep("conv_transpose1d", {"input": size, "kernel_size": 3, "stride": 3})
    output = made.results["output_length"]
    assert output.dtype == np.int64
    assert output[BLOCK + 2] == 3 * MOST
    assert (np.delete(output, BLOCK + 2) == 30).all()


def test_refused_rows_are_counted_by_name() -> None:
    made = sweep("conv2d", {"input": [5, 5, 5, 5], "kernel_size": 3, "stride": [1, 0, -1, 2]})
    assert made.refused == {"stride_not_positive": 2}
    assert made.results["output_height"].tolist() == [3, 0, 0, 2]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint32, np.int64, np.uint64])
def test_any_integers_will_do(dtype: type[np.integer[Any]]) -> None:
    made = sweep("max_pool1d", {"input": np.arange(1, 9, dtype=dtype), "kernel_size": dtype(2)})
    assert made.results["output_length"].tolist() == [0, 1, 1, 2, 2, 3, 3, 4]


@pytest.mark.parametrize("dtype", [">i4", ">i8", ">u2", "<i4"])
def test_strides_and_the_order_of_bytes_do_not_matter(dtype: str) -> None:
    size = np.arange(20).astype(dtype)[::-2]
    made = sweep("conv1d", {"input": size, "kernel_size": 3})
    assert made.results["output_length"].tolist() == [17, 15, 13, 11, 9, 7, 5, 3, 1, 0]


def test_columns_are_left_as_they_were() -> None:
    size = np.array([7, 0, 9], np.int64)
    size.flags.writeable = False
    sweep("conv1d", {"input": size, "kernel_size": 1}, results=RESULTS)
    assert size.tolist() == [7, 0, 9]


def test_columns_of_no_rows_make_no_rows() -> None:
    made = sweep("conv2d", {"input": [], "kernel_size": 3})
    assert (made.rows, made.refused) == (0, {})
    assert [len(column) for column in made.results.values()] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("op", "results", "found"),
    [
        ("conv1d", None, ["output_length", "params", "macs"]),
        ("avg_pool2d", None, ["output_height", "output_width"]),
        ("max_pool1d", ["macs", "params"], ["params", "macs"]),
        ("conv1d", ["unread"], ["unread_length"]),
        ("conv1d", [], []),
    ],
)
def test_results_are_what_was_asked_for(
    op: str, results: list[str] | None, found: list[str]
) -> None:
    assert list(sweep(op, {"input": [8], "kernel_size": 2}, results=results).results) == found


def test_memory_is_for_results_and_a_block() -> None:
    """A million rows, half of them refused: no temporary is as long as a column."""
    rows = 1_000_000
    columns = {
        "input": np.full(rows, 9, np.int32),
        "kernel_size": 3,
        "stride": np.tile(np.array([0, 2], np.int32), rows // 2),
    }
    sweep("conv1d", {"input": [9], "kernel_size": 3, "stride": [0]}, results=["output"])
    tracemalloc.start()
    made = sweep("conv1d", columns, results=["output"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert made.refused == {"stride_not_positive": rows // 2}
    results = made.code.nbytes + made.results["output_length"].nbytes
    assert peak < results + 24 * 8 * BLOCK
