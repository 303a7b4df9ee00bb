"""Receptive fields: against published ones, and against pixels that really reach an output."""

import json
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from published_networks import PUBLISHED, published_network
from service.shapes.network import (
    ReceptiveField,
    describe_network,
    infer_network,
    read_network,
    receptive_fields,
)

LINES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "oracle" / "receptive_fields.jsonl")
    .read_text("utf-8")
    .splitlines()
    if line
]


@cache
def fields_of(name: str, size: int) -> dict[str, ReceptiveField | None]:
    network = read_network(published_network(name, size))
    fields = receptive_fields(infer_network(network))
    return {node.name: field for node, field in zip(network.nodes, fields, strict=True)}


def test_all_published_networks_are_built() -> None:
    assert {line["network"] for line in LINES} == set(PUBLISHED)


@pytest.mark.parametrize(
    ("name", "resolution"), sorted({(line["network"], line["resolution"] or 0) for line in LINES})
)
def test_every_published_end_point_is_equal(name: str, resolution: int) -> None:
    """Where no resolution was given, the padding depends on it, and size and stride do not."""
    fields = fields_of(name, resolution or 224)
    for line in LINES:
        if line["network"] != name or (line["resolution"] or 0) != resolution:
            continue
        field = fields[line["end_point"].removeprefix(f"{name}/")]
        assert field is not None
        found = {*zip(field.size, field.stride, strict=True)}
        assert found == {(line["rf"], line["effective_stride"])}, line["end_point"]
        if resolution and line["effective_padding"] is not None:
            assert {*field.padding} == {line["effective_padding"]}, line["end_point"]


def field_of(layers: list[dict[str, Any]], shape: list[int], at: int = -1) -> ReceptiveField | None:
    document = {"framework": "pytorch", "input_shape": shape, "layers": layers}
    return receptive_fields(infer_network(read_network(document)))[at]


def conv1d(**params: int) -> dict[str, Any]:
    return {"op": "conv1d", "params": {"out_channels": 1, **params}}


LENGTH, MARGIN = 900, 250
"""Of the lines that networks are tried on: pixels, and those near the ends that are left out."""

Cells = list[frozenset[int]]


def seen(layer: dict[str, Any], cells: Cells) -> Cells:
    """List the pixels that each output of a layer depends on, by going through its taps."""
    params = layer["params"]
    kernel, stride = params.get("kernel_size", 1), params.get("stride", 1)
    pad, spread = params.get("padding", 0), params.get("dilation", 1)
    match layer["op"]:
        case "conv1d" | "max_pool1d":
            count = (len(cells) + 2 * pad - spread * (kernel - 1) - 1) // stride + 1
            taps = [
                [at * stride - pad + spread * tap for tap in range(kernel)] for at in range(count)
            ]
        case "conv_transpose1d":
            count = (len(cells) - 1) * stride - 2 * pad + kernel
            taps = [[] for _ in range(count)]
            for at in range(len(cells)):
                for tap in range(kernel):
                    if 0 <= (to := at * stride - pad + tap) < count:
                        taps[to].append(at)
        case "upsampling1d" if params.get("mode") == "linear":
            taps = [[(at - 1) // 2, (at + 1) // 2] for at in range(2 * len(cells))]
        case "upsampling1d":
            taps = [[at // 2] for at in range(2 * len(cells))]
        case "zero_padding1d":
            before, after = params["padding"]
            taps = [[at - before] for at in range(len(cells) + before + after)]
        case _:
            return cells
    return [frozenset().union(*[cells[at] for at in one if 0 <= at < len(cells)]) for one in taps]


@st.composite
def a_layer(draw: st.DrawFn) -> dict[str, Any]:
    op = draw(
        st.sampled_from(
            ["conv1d", "max_pool1d", "conv_transpose1d", "upsampling1d", "zero_padding1d", "relu"]
        )
    )
    number = partial(st.integers, 1)
    params: dict[str, Any] = {}
    if op in ("conv1d", "max_pool1d"):
        params = {"kernel_size": draw(number(4)), "stride": draw(number(2))}
        params |= {"dilation": draw(number(2))}
        params["padding"] = draw(st.integers(0, params["kernel_size"] // 2))
    elif op == "conv_transpose1d":
        params = {"kernel_size": draw(st.integers(2, 4)), "stride": 2, "padding": draw(number(1))}
    elif op == "upsampling1d":
        params = {"scale_factor": 2, "mode": draw(st.sampled_from(["nearest", "linear"]))}
    elif op == "zero_padding1d":
        params = {"padding": [draw(number(3)), draw(number(3))]}
    if op.startswith("conv"):
        params["out_channels"] = 1
    return {"op": op, "params": params}


@settings(deadline=None)
@given(st.lists(a_layer(), min_size=1, max_size=5))
def test_a_chain_sees_what_its_taps_reach(layers: list[dict[str, Any]]) -> None:
    field = field_of(layers, [1, 1, LENGTH])
    assert field is not None
    cells: Cells = [frozenset([at]) for at in range(LENGTH)]
    for layer in layers:
        cells = seen(layer, cells)
    if not field.axes:
        assert all(layer["op"] == "relu" for layer in layers)
        return
    inner = [
        at
        for at, pixels in enumerate(cells)
        if pixels and min(pixels) > MARGIN and max(pixels) < LENGTH - MARGIN
    ]
    assert field.size == field.span == (max(max(cells[at]) - min(cells[at]) + 1 for at in inner),)
    (stride,) = field.stride
    period = 2 ** sum(layer["op"] in ("conv_transpose1d", "upsampling1d") for layer in layers)
    first = next(at for at in inner if at % period == 0)
    assert min(cells[first + period]) - min(cells[first]) == stride * period
    assert field.padding == (first * stride - min(cells[first]),)
    assert field.aligned


def test_an_aligned_join_sees_what_its_largest_path_sees() -> None:
    layers = [
        {"name": "wide", **conv1d(kernel_size=5, padding=2)},
        {"name": "narrow", **conv1d(kernel_size=3, padding=1), "inputs": ["input"]},
        {"op": "add", "inputs": ["wide", "narrow", "input"]},
    ]
    field = field_of(layers, [1, 1, 20])
    assert field == (("length",), (5,), (1,), (2,), (5,), True)


def test_paths_around_different_pixels_are_reported() -> None:
    layers = [
        {"name": "left", **conv1d(kernel_size=3)},
        {
            "name": "padded",
            "op": "zero_padding1d",
            "inputs": ["input"],
            "params": {"padding": [4, 0]},
        },
        {"name": "right", **conv1d(kernel_size=3), "inputs": ["padded"]},
        {"name": "cropped", "op": "cropping1d", "params": {"cropping": [0, 4]}},
        {"name": "sum", "op": "add", "inputs": ["left", "cropped"]},
        {"name": "last", **conv1d(kernel_size=2)},
    ]
    # the first output of `sum` sees the pixels 0 to 2 by one path and −4 to −2 by the other
    document = {"framework": "pytorch", "input_shape": [1, 1, 20], "layers": layers}
    inference = infer_network(read_network(document))
    *_, joined, last = receptive_fields(inference)
    assert joined is not None
    assert last is not None
    assert not joined.aligned
    assert not last.aligned
    assert (joined.size, joined.span) == ((3,), (7,))
    assert (last.size, last.span) == ((4,), (8,))
    answer: Any = describe_network(inference)
    assert answer["receptive_field"]["aligned"] is False
    notes = [note for note in answer["warnings"] if note["code"] == "paths_not_aligned"]
    assert [note["detail"].split(":")[0] for note in notes] == ["`sum`"]


def test_of_paths_with_different_strides_the_larger_is_kept() -> None:
    layers = [
        {"name": "fast", **conv1d(kernel_size=3, stride=2, padding=1)},
        {"name": "slow", **conv1d(kernel_size=1), "inputs": ["input"]},
        {"op": "add", "inputs": ["fast", "slow"]},
    ]
    field = field_of(layers, [1, 1, 1])
    assert field == (("length",), (3,), (2,), (1,), (3,), False)


def test_upsampled_skips_are_aligned_on_average() -> None:
    layers = [
        {"name": "down", "op": "max_pool1d", "params": {"kernel_size": 2}},
        {"name": "up", "op": "upsampling1d", "params": {"scale_factor": 2}},
        {"op": "add", "inputs": ["up", "input"]},
    ]
    field = field_of(layers, [1, 1, 8])
    assert field == (("length",), (2,), (1,), (0,), (2,), True)


@pytest.mark.parametrize(
    "layer",
    [
        {"op": "flatten"},
        {"op": "adaptive_avg_pool2d", "params": {"output_size": 1}},
        {"op": "global_max_pool2d"},
        {"op": "softmax", "params": {"dim": -1}},
        {"op": "concat", "inputs": ["conv", "conv"], "params": {"dim": 2}},
    ],
    ids=lambda layer: layer["op"],
)
def test_nothing_is_said_where_everything_is_seen(layer: dict[str, Any]) -> None:
    start = {"name": "conv", "op": "conv2d", "params": {"out_channels": 1, "kernel_size": 3}}
    again = {"name": "again", "op": "relu"}
    shape = [1, 1, 8, 8]
    assert field_of([start, layer], shape) is None
    assert field_of([start, layer, again], shape) is None
    both = {"op": "add", "inputs": ["again", "again"]}
    assert field_of([start, layer, again, both], shape) is None
    assert field_of([start, layer, again, both], shape, 0) is not None


def test_softmax_over_the_channels_stays_where_it_is() -> None:
    assert field_of([conv1d(kernel_size=3), {"op": "softmax"}], [1, 1, 8]) == (
        (("length",), (3,), (1,), (0,), (3,), True)
    )


def test_axes_are_kept_apart() -> None:
    layers = [
        {"op": "conv2d", "params": {"out_channels": 1, "kernel_size": [1, 7], "stride": [1, 2]}}
    ]
    document = {"framework": "pytorch", "input_shape": [1, 1, 9, 9], "layers": layers}
    answer: Any = describe_network(infer_network(read_network(document)))
    field = answer["receptive_field"]
    assert (field["size"], field["stride"], field["padding"]) == (7, 2, 0)
    assert field["axes"] == [
        {"axis": "height", "size": 1, "stride": 1, "padding": 0, "span": 1},
        {"axis": "width", "size": 7, "stride": 2, "padding": 0, "span": 7},
    ]


def test_what_is_too_large_to_follow_is_left_out() -> None:
    huge = {"op": "conv1d", "params": {"out_channels": 1, "kernel_size": 1, "stride": 2**31 - 1}}
    layers = [huge, huge, huge]
    assert field_of(layers, [1, 1, 1], 0) is not None
    assert field_of(layers, [1, 1, 1], -1) is None


@pytest.mark.parametrize(
    "layer",
    [
        {"op": "upsampling1d", "params": {"scale_factor": 2}},
        {"op": "upsampling1d", "params": {"scale_factor": 2, "mode": "linear"}},
        {"op": "conv_transpose1d", "params": {"out_channels": 1, "kernel_size": 2, "stride": 2}},
    ],
)
def test_patterns_that_take_too_long_are_left_out(layer: dict[str, Any]) -> None:
    assert field_of([layer] * 8, [1, 1, 2]) is not None
    assert field_of([layer] * 9, [1, 1, 2]) is None


def test_joining_patterns_that_take_too_long_is_left_out() -> None:
    def thirds(name: str, factor: int) -> list[dict[str, Any]]:
        up = {"op": "upsampling1d", "params": {"scale_factor": factor}}
        down = {"op": "max_pool1d", "params": {"kernel_size": factor}}
        return [{"name": f"{name}_down", **down, "inputs": ["input"]}, {"name": name, **up}]

    layers = [*thirds("a", 15), *thirds("b", 32), {"op": "add", "inputs": ["a", "b"]}]
    assert field_of(layers, [1, 1, 480], -2) is not None
    assert field_of(layers, [1, 1, 480]) is None
