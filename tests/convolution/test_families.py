"""Each further family of layers against its definition, or against what numpy has."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.convolution import indices, pointwise_shape, run, trace, weight_shape
from service.shapes import FRAMEWORKS, MisfitError, infer, read_layer

SPATIAL = {1: "L", 2: "HW", 3: "DHW"}


def whole(seed: int, *shape: int) -> np.ndarray:
    """Small integers, so that every sum is exact."""
    return np.random.default_rng(seed).integers(-8, 9, shape)


@st.composite
def _transposed(draw: st.DrawFn) -> dict[str, Any]:
    rank = draw(st.integers(1, 3))
    each = st.lists(st.integers(1, 3), min_size=rank, max_size=rank)
    stride, dilation = draw(each), draw(each)
    groups = draw(st.integers(1, 2))
    return {
        "rank": rank,
        "size": draw(st.lists(st.integers(1, 4), min_size=rank, max_size=rank)),
        "channels": groups * draw(st.integers(1, 2)),
        "values": {
            "kernel_size": draw(each),
            "stride": stride,
            "dilation": dilation,
            "padding": draw(st.lists(st.integers(0, 2), min_size=rank, max_size=rank)),
            "output_padding": [draw(st.integers(0, step - 1)) for step in stride],
            "groups": groups,
            "out_channels": groups * draw(st.integers(1, 2)),
        },
    }


@settings(max_examples=150, deadline=None)
@given(made=_transposed(), seed=st.integers(0, 999))
def test_a_transposed_convolution_is_the_transpose_of_a_convolution(made, seed):
    """⟨conv(x), y⟩ = ⟨x, transposed(y)⟩ for all x and y, with the same weight."""
    rank, values = made["rank"], made["values"]
    shape = (1, made["channels"], *made["size"])
    try:
        back = read_layer("pytorch", f"conv_transpose{rank}d", shape, values)
    except MisfitError:  # the padding takes everything away
        return
    large = infer(back).output_shape
    there = {name: value for name, value in values.items() if name != "output_padding"}
    conv = read_layer("pytorch", f"conv{rank}d", large, there | {"out_channels": made["channels"]})
    weight, x, y = whole(seed, *weight_shape(back)), whole(seed + 1, *large), whole(seed, *shape)
    assert weight_shape(conv) == weight.shape
    assert infer(conv).output_shape == shape
    transposed = run(back, y, weight)
    assert transposed.dtype == np.int64
    assert (run(conv, x, weight) * y).sum() == (x * transposed).sum()
    last = values["out_channels"] - 1
    positions = list(np.ndindex(large[2:]))[-200:]
    for point in trace(back, y, weight, positions=positions, channel=last):
        assert sum(part.sum for part in point.contributions) == point.sum == point.result
        for part in point.contributions:
            place = [
                p * s + t * d - pad
                for p, s, t, d, pad in zip(
                    part.cell,
                    values["stride"],
                    part.tap,
                    values["dilation"],
                    values["padding"],
                    strict=True,
                )
            ]
            assert place == point.position
            assert part.values == [int(y[(0, c, *part.cell)]) for c in point.input_channels]


@pytest.mark.parametrize(("size", "kernel"), [((2, 2), (9, 8)), ((9, 8), (2, 2))])
def test_taps_and_cells_go_either_way(size, kernel):
    """More taps than cells, and more cells than taps, put down patch by patch here."""
    values = {"kernel_size": list(kernel), "stride": [2, 3], "padding": [1, 0], "out_channels": 2}
    made = read_layer("pytorch", "conv_transpose2d", (1, 3, *size), values)
    data, weight, bias = whole(1, 1, 3, *size), whole(2, 3, 2, *kernel), whole(3, 2)
    expected = np.zeros((2, (size[0] - 1) * 2 + kernel[0], (size[1] - 1) * 3 + kernel[1]), int)
    for channel, row, col in product(range(3), range(size[0]), range(size[1])):
        patch = expected[:, 2 * row : 2 * row + kernel[0], 3 * col : 3 * col + kernel[1]]
        patch += data[0, channel, row, col] * weight[channel]
    output = run(made, data, weight, bias)
    assert np.array_equal(output[0], expected[:, 1:-1] + bias[:, None, None])


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    framework=st.sampled_from(["textbook", "pytorch", "keras"]),
    rank=st.integers(1, 2),
    multiplier=st.integers(1, 3),
)
def test_separable_is_two_convolutions(data, framework, rank, multiplier):
    """Depthwise is a convolution in as many groups as channels; the rest is one of one pixel."""
    first = framework == "pytorch"
    channels, filters = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    size = tuple(data.draw(st.integers(3, 6)) for _ in range(rank))
    shape = (2, channels, *size) if first else (2, *size, channels)
    layout = f"NC{SPATIAL[rank]}" if first else f"N{SPATIAL[rank]}C"
    seed = data.draw(st.integers(0, 999))
    steps = "strides" if framework == "keras" else "stride"
    values = {"kernel_size": [3, 2][:rank], steps: [2] * rank, "depth_multiplier": multiplier}
    depthwise = read_layer(framework, f"depthwise_conv{rank}d", shape, values, layout)
    name = "filters" if framework == "keras" else "out_channels"
    both = read_layer(framework, f"separable_conv{rank}d", shape, {**values, name: filters}, layout)
    x, weight = whole(seed, *shape), whole(seed + 1, *weight_shape(depthwise))
    mixing, inner = whole(seed + 2, *pointwise_shape(both)), whole(seed, channels * multiplier)
    outer = whole(seed + 3, filters)
    assert weight_shape(both) == weight.shape
    plain_weight = weight
    if framework == "keras":
        plain_weight = np.moveaxis(weight, (-2, -1), (0, 1)).reshape(-1, 1, *values["kernel_size"])
    moved = x if first else np.moveaxis(x, -1, 1)
    grouped = read_layer(
        "pytorch",
        f"conv{rank}d",
        moved.shape,
        {
            "kernel_size": values["kernel_size"],
            "stride": values[steps],
            "groups": channels,
            "out_channels": channels * multiplier,
        },
    )
    between = run(grouped, moved, plain_weight, inner)
    back = between if first else np.moveaxis(between, 1, -1)
    assert np.array_equal(run(depthwise, x, weight, inner), back)
    matrix = mixing.reshape(-1, filters).T if framework == "keras" else mixing.reshape(filters, -1)
    expected = np.einsum("fc,nc...->nf...", matrix, between)
    expected += outer.reshape(-1, *(1,) * rank)
    expected = expected if first else np.moveaxis(expected, 1, -1)
    given_tensors = {"pointwise_weight": mixing, "depthwise_bias": inner}
    assert np.array_equal(run(both, x, weight, outer, **given_tensors), expected)
    for point in trace(both, x, weight, outer, channel=filters - 1, sample=1, **given_tensors):
        assert point.window == [part.result for part in point.depthwise]
        assert point.sum + point.bias == point.result


@settings(max_examples=100, deadline=None)
@given(data=st.data(), rank=st.integers(1, 3), seed=st.integers(0, 999))
def test_adaptive_pools(data, rank, seed):
    size = tuple(data.draw(st.integers(1, 7)) for _ in range(rank))
    wanted = tuple(data.draw(st.integers(1, 9)) for _ in range(rank))
    x = whole(seed, 1, 2, *size)
    values = {"output_size": list(wanted)}
    mean = read_layer("pytorch", f"adaptive_avg_pool{rank}d", x.shape, values)
    largest = read_layer("pytorch", f"adaptive_max_pool{rank}d", x.shape, values)
    means, maxima, places = run(mean, x), run(largest, x), indices(largest, x)
    assert (means.dtype, maxima.dtype) == (np.float64, x.dtype)
    for place in product(*map(range, wanted)):
        window = tuple(
            slice(j * i // o, -(-(j + 1) * i // o))
            for j, i, o in zip(place, size, wanted, strict=True)
        )
        for channel in range(2):
            cells = x[0, channel][window]
            assert means[(0, channel, *place)] == cells.sum() / cells.size
            assert maxima[(0, channel, *place)] == cells.max()
            first = np.unravel_index(cells.argmax(), cells.shape)
            at = tuple(s.start + offset for s, offset in zip(window, first, strict=True))
            assert places[(0, channel, *place)] == np.ravel_multi_index(at, size)
    for point in trace(mean, x, channel=1):
        assert np.sum(point.window) == point.sum == point.result * point.divisor or (
            point.result == point.sum / point.divisor
        )
    for point in trace(largest, x, channel=1):
        assert x[(0, 1, *point.maximum_at)] == point.result == np.max(point.window)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_indices_lead_to_the_maxima(data, random_case, definition, empty_window):
    case = data.draw(random_case())
    if case.layer.kind != "max_pool":
        return
    try:
        expected = definition(case)
    except empty_window:
        return
    letters = case.layer.layout
    order = [letters.index(axis) for axis in "NC" if axis in letters]
    order += [axis for axis, letter in enumerate(letters) if letter not in "NC"]
    shape = (case.layer.batch, case.layer.in_channels, -1)
    flat = case.data.transpose(order).reshape(shape)
    places = indices(case.layer, case.data).transpose(order).reshape(shape)
    found = np.take_along_axis(flat, places, 2)
    assert np.array_equal(found, expected.transpose(order).reshape(shape))


@settings(max_examples=80, deadline=None)
@given(data=st.data(), p=st.sampled_from([1, 2, 3, 2.5]), rank=st.integers(1, 2))
def test_lp_pools(data, p, rank):
    size = tuple(data.draw(st.integers(3, 6)) for _ in range(rank))
    x = whole(data.draw(st.integers(0, 99)), *size)
    values = {"kernel_size": 3, "stride": 2, "padding": 1, "norm_type": p, "ceil_mode": True}
    made = read_layer("textbook", f"lp_pool{rank}d", x.shape, values)
    output = run(made, x)
    starts = [range(-1, -1 + 2 * outputs, 2) for outputs in output.shape]
    for place, corner in zip(np.ndindex(output.shape), product(*starts), strict=True):
        window = x[tuple(slice(max(at, 0), at + 3) for at in corner)]
        norm = (np.abs(window.astype(float)) ** p).sum() ** (1 / p)
        assert output[place] == pytest.approx(norm, rel=1e-12)
    for point in trace(made, x):
        assert point.sum ** (1 / p) == pytest.approx(point.result, rel=1e-12)


def test_pytorch_weighs_what_hangs_over_an_lp_pool():
    values = {"kernel_size": 3, "norm_type": 1, "ceil_mode": True}
    made = read_layer("pytorch", "lp_pool1d", (1, 4), values)
    assert run(made, np.array([[1, 2, 3, 4]])).tolist() == [[6, 12]]
    assert trace(made, np.array([[1, 2, 3, 4]]))[1].scale == 3


def test_what_hangs_over_is_no_padding_in_onnx():
    """onnxruntime: 0.5; the window's second cell lies behind the padding."""
    values = {"kernel_shape": [2], "strides": [2], "dilations": [2], "pads": [0, 1]}
    values["count_include_pad"] = 1
    made = read_layer("onnx", "avg_pool1d", (1, 1, 1), values)
    assert run(made, np.array([[[0.5]]])).tolist() == [[[0.5]]]
    assert trace(made, np.array([[[0.5]]]))[0].window == [0.5, None]


@settings(max_examples=80, deadline=None)
@given(data=st.data(), mode=st.sampled_from(["constant", "reflect", "edge", "wrap"]))
def test_pads_as_numpy_does(data, mode):
    size = tuple(data.draw(st.integers(3, 5)) for _ in range(4))
    pads = [data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2))) for _ in range(4)]
    x = whole(3, *size)
    listed = [before for before, _ in pads] + [after for _, after in pads]
    made = read_layer("onnx", "pad", size, {"pads": listed, "mode": mode})
    assert np.array_equal(run(made, x), np.pad(x, pads, mode=mode))
    near = {"constant": "zeros", "edge": "replicate", "wrap": "circular"}.get(mode, mode)
    values = {"padding": [list(pair) for pair in pads[1:3]], "padding_mode": near}
    spatial = read_layer("textbook", "zero_padding2d", size, values, "NHWC")
    expected = np.pad(x, [(0, 0), *pads[1:3], (0, 0)], mode=mode)
    assert np.array_equal(run(spatial, x), expected)


def test_negative_padding_crops_the_input_of_a_convolution():
    pads = [[-1, 2], [1, -2]]
    values = {"kernel_size": [2, 2], "out_channels": 3, "padding": pads}
    made = read_layer("jax", "conv2d", (1, 2, 4, 5), values)
    x, weight = whole(1, 1, 2, 4, 5), whole(2, 2, 2, 2, 3)
    valid = read_layer("jax", "conv2d", (1, 2, 5, 4), {**values, "padding": "VALID"})
    cut = np.pad(x[:, :, 1:, :-2], ((0, 0), (0, 0), (0, 2), (1, 0)))
    assert np.array_equal(run(made, x, weight), run(valid, cut, weight))


def test_blocks_go_back_where_they_come_from():
    """Every pixel comes back as often as blocks hold it."""
    x = whole(4, 1, 2, 5, 6)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
    columns = np.lib.stride_tricks.sliding_window_view(padded, (3, 2), (2, 3))[:, :, ::2]
    lowered = columns.transpose(0, 1, 4, 5, 2, 3).reshape(1, 12, -1)
    values = {"image_shape": [5, 6], "block_shape": [3, 2], "pads": [1, 0, 1, 0], "strides": [2, 1]}
    made = read_layer("onnx", "col2im", lowered.shape, values)
    rows, cols = np.array([1, 2, 1, 2, 1]), np.array([1, 2, 2, 2, 2, 1])
    assert np.array_equal(run(made, lowered), x * np.outer(rows, cols))
    few = {"image_shape": [3, 3], "block_shape": [3, 3], "dilations": [1, 1]}
    alone = read_layer("onnx", "col2im", (1, 9, 1), few)
    assert run(alone, np.arange(9).reshape(1, 9, 1)).ravel().tolist() == list(range(9))


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("op", ["conv", "conv_transpose"])
def test_flipping_a_kernel_is_turning_the_weight(framework, op):

    shape = (
        (1, 5, 4, 2) if framework in ("textbook", "keras", "tensorflow", "flax") else (1, 2, 5, 4)
    )
    names = {"keras": "filters", "flax": "features"}
    values = {"kernel_size": [3, 2], names.get(framework, "out_channels"): 3}
    if framework == "onnx":
        values["kernel_shape"] = values.pop("kernel_size")
    if framework == "tensorflow" and op == "conv_transpose":
        values["output_shape"] = [7, 5]
    made = read_layer(framework, f"{op}2d", shape, values)
    turned = replace(made, details=replace(made.details, flip_kernel=True))
    weight = whole(5, *weight_shape(made))
    last = framework in ("keras", "tensorflow", "jax", "flax")
    flipped = np.flip(weight, (0, 1) if last else (2, 3))
    x = whole(6, *shape)
    assert np.array_equal(run(turned, x, weight), run(made, x, flipped))
    assert not np.array_equal(run(made, x, weight), run(made, x, flipped))


def test_joins():
    one, two = whole(1, 2, 3), whole(2, 2, 3)
    added = read_layer("pytorch", "add", (2, 3), {"other_shapes": [[2, 3]]})
    assert np.array_equal(run(added, one, others=(two,)), one + two)
    joined = read_layer("pytorch", "concat", (2, 3), {"other_shapes": [[2, 3]], "dim": 0})
    assert np.array_equal(run(joined, one, others=(two,)), np.concatenate([one, two]))
    flat = read_layer("pytorch", "flatten", (2, 3, 4), {"start_dim": 1})
    assert np.array_equal(run(flat, whole(3, 2, 3, 4)), whole(3, 2, 3, 4).reshape(2, 12))
    like = read_layer("textbook", "center_crop_like", (4, 5, 1), {"other_shapes": [[2, 2, 1]]})
    picture = whole(4, 4, 5, 1)
    assert np.array_equal(run(like, picture, others=(whole(5, 2, 2, 1),)), picture[1:3, 1:3])
    dropped = read_layer("pytorch", "dropout", (2, 3), {})
    assert np.array_equal(run(dropped, one), one)
