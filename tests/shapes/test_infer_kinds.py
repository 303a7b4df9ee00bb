"""The less common kinds, against patches that are really scattered and windows really cut."""

import itertools
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from random_kinds import BETWEEN, CHANNELWISE, KINDS, MOVES, POOLS, TRANSPOSED
from service.shapes import LAYOUTS, Inference, Layer, infer, read_layer
from service.shapes.resizing import adaptive_window, transposed_size
from service.shapes.unread import unscattered_positions


def windows(size: int, output: int) -> list[range]:
    """Cut the windows of adaptive pooling one by one, as torch does."""
    return [range(j * size // output, -(-(j + 1) * size // output)) for j in range(output)]


@given(TRANSPOSED)
def test_a_transposed_convolution_scatters_patches(layer: Layer) -> None:
    inference = infer(layer)
    for index, axis in enumerate(inference.axes):
        (before, after), more = layer.padding[index], layer.output_padding[index]
        patches = [
            [j * axis.stride + t * axis.dilation for t in range(axis.kernel_size)]
            for j in range(axis.input)
        ]
        whole = range(max(map(max, patches)) + 1 + more)
        left = whole[before : len(whole) - after]
        assert axis.output == len(left)
        assert axis.unread == sum(not set(patch) & set(left) for patch in patches)
        readers = {
            place: [j for j, patch in enumerate(patches) if place in patch] for place in left
        }
        spans = [max(reads) - min(reads) + 1 for reads in readers.values() if reads]
        assert max(spans, default=0) <= inference.receptive_field[index]


@given(TRANSPOSED)
def test_every_weight_of_a_transposed_convolution_meets_every_input(layer: Layer) -> None:
    inference = infer(layer)
    assert layer.out_channels is not None
    pairs = sum(
        one * layer.groups // layer.in_channels == other * layer.groups // layer.out_channels
        for one in range(layer.in_channels)
        for other in range(layer.out_channels)
    )
    assert inference.weights == pairs * prod(layer.kernel_size)
    assert inference.biases == (layer.out_channels if layer.bias else 0)
    assert inference.params == inference.weights + inference.biases
    assert inference.positions == prod(layer.spatial)
    assert inference.macs == layer.batch * prod(layer.spatial) * inference.weights
    assert inference.flops == 2 * inference.macs


@given(
    *[st.integers(low, high) for low, high in ((1, 9), (1, 5), (1, 5), (1, 9), (-4, 20), (0, 14))]
)
def test_inputs_whose_whole_patch_is_cut_off(
    size: int, kernel_size: int, stride: int, dilation: int, before: int, output: int
) -> None:
    lost = sum(
        not any(0 <= j * stride - before + t * dilation < output for t in range(kernel_size))
        for j in range(size)
    )
    found = unscattered_positions(size, kernel_size, stride, dilation, before, output)
    assert found == lost


@given(st.integers(1, 30), *[st.integers(1, 9)] * 2, *[st.integers(0, 9)] * 2)
def test_a_convolution_leads_back(
    size: int, reach: int, stride: int, before: int, after: int
) -> None:
    """The size after a transposed convolution is one that the convolution takes back."""
    for more in range(stride):
        larger = transposed_size(size, reach, stride, before, after, more)
        assert (larger + before + after - reach) // stride + 1 == size


def test_a_field_of_view_is_reached_where_dilation_meets_stride() -> None:
    values = {"kernel_size": 5, "stride": 2, "dilation": 3}
    inference = infer(read_layer("textbook", "conv_transpose1d", [20], values))
    readers: dict[int, list[int]] = {}
    for j, t in itertools.product(range(20), range(5)):
        readers.setdefault(2 * j + 3 * t, []).append(j)
    assert inference.receptive_field == (max(max(r) - min(r) + 1 for r in readers.values()),)


@given(st.integers(1, 60), st.integers(1, 60))
def test_adaptive_windows(size: int, output: int) -> None:
    cut = windows(size, output)
    largest, distance = adaptive_window(size, output)
    assert largest == max(map(len, cut))
    assert {pixel for window in cut for pixel in window} == set(range(size))
    steps = [later.start - window.start for window, later in itertools.pairwise(cut)]
    assert not steps or distance == max(min(steps), 1)


@given(POOLS)
def test_pools_have_as_many_windows_as_asked(layer: Layer) -> None:
    inference = infer(layer)
    assert (inference.params, inference.weights, inference.biases, inference.macs) == (0,) * 4
    assert inference.neurons_per_patch is None
    assert inference.positions == prod(axis.output for axis in inference.axes)
    for index, axis in enumerate(inference.axes):
        if layer.kind == "lp_pool":
            continue
        cut = windows(axis.input, layer.output_size[index])
        assert axis.output == len(cut)
        assert axis.kernel_size == axis.effective_kernel_size == max(map(len, cut))
        assert (axis.unread, inference.receptive_field[index]) == (0, axis.kernel_size)
        if layer.kind.startswith("global"):
            assert (axis.kernel_size, axis.output) == (axis.input, 1)


@given(CHANNELWISE)
def test_depthwise_and_separable_weights_are_counted_one_by_one(layer: Layer) -> None:
    inference = infer(layer)
    own = [
        (channel, copy)
        for channel in range(layer.in_channels)
        for copy in range(layer.depth_multiplier)
    ]
    weights = sum(1 for _ in own for _ in itertools.product(*map(range, layer.kernel_size)))
    filters = len(own)
    if layer.kind == "separable":
        assert layer.out_channels is not None
        weights += sum(1 for _ in itertools.product(own, range(layer.out_channels)))
        filters = layer.out_channels
    assert inference.weights == weights
    assert inference.biases == (filters if layer.bias else 0)
    assert inference.neurons_per_patch == filters
    assert inference.macs == layer.batch * inference.positions * weights


@given(MOVES)
def test_moved_pixels(layer: Layer) -> None:
    inference = infer(layer)
    assert (inference.params, inference.macs, inference.neurons_per_patch) == (0, 0, None)
    for index, axis in enumerate(inference.axes):
        pixels = list(range(axis.input))
        before, after = layer.padding[index]
        if layer.kind == "zero_padding":
            moved = [-1] * before + pixels + [-1] * after
        elif layer.kind == "cropping":
            moved = pixels[before : len(pixels) - after]
        else:
            moved = [pixel for pixel in pixels for _ in range(layer.stride[index])]
        assert axis.output == len(moved)
        assert axis.unread == len(set(pixels) - set(moved))


@given(KINDS)
def test_the_output_shape_keeps_the_layout(layer: Layer) -> None:
    inference = infer(layer)
    letters = inference.output_layout
    if letters is None:
        assert layer.kind == "flatten"
        return
    sizes = dict(zip(letters, inference.output_shape, strict=True))
    assert LAYOUTS[letters]
    assert sizes.get("N", 1) == layer.batch or 0 in layer.axes
    for axis in inference.axes:
        assert sizes.get(axis.axis[0].upper(), 1) == axis.output
    if layer.kind not in ("flatten", "concat"):
        assert sizes.get("C", 1) == (layer.out_channels or layer.in_channels)
    else:
        assert prod(inference.output_shape) == prod(layer.input_shape) + sum(
            map(prod, layer.other_shapes)
        )


@given(BETWEEN)
def test_what_stands_between_convolutions_costs_what_it_learns(layer: Layer) -> None:
    inference = infer(layer)
    if layer.kind == "linear":
        *vectors, features = layer.input_shape
        assert layer.out_channels is not None
        assert inference.output_shape == (*vectors, layer.out_channels)
        assert inference.weights == features * layer.out_channels
        assert inference.macs == prod(vectors) * inference.weights
        assert inference.positions * layer.batch == prod(vectors)
        assert inference.params == inference.weights + layer.bias * layer.out_channels
        return
    assert (inference.macs, inference.flops, inference.neurons_per_patch) == (0, 0, None)
    learned = 2 * layer.in_channels if layer.kind == "batch_norm" and layer.scale else 0
    assert inference.params == inference.weights + inference.biases == learned


def made(framework: str, op: str, shape: list[int], **values: object) -> Inference:
    return infer(read_layer(framework, op, shape, values))


@pytest.mark.parametrize(
    ("inference", "shape", "params"),
    [
        (
            made("textbook", "separable_conv2d", [9, 9, 8], kernel_size=3, filters=16),
            (7, 7, 16),
            216,
        ),
        (
            made("pytorch", "separable_conv2d", [8, 9, 9], kernel_size=3, out_channels=16),
            (16, 7, 7),
            224,
        ),
        (
            made("textbook", "conv_transpose2d", [5, 5], kernel_size=3, stride=2, padding="same"),
            (10, 10),
            10,
        ),
        (made("textbook", "conv_transpose2d", [5, 5], kernel_size=3, stride=2), (11, 11), 10),
        (made("textbook", "conv_transpose1d", [5], kernel_size=2, stride=3), (15,), 3),
        (made("textbook", "conv_transpose1d", [5], kernel_size=2, stride=3, padding=0), (14,), 3),
        (made("pytorch", "batch_norm2d", [2, 64, 5, 5]), (2, 64, 5, 5), 128),
        (made("textbook", "linear", [400], units=120), (120,), 48_120),
        (made("textbook", "global_avg_pool2d", [7, 7, 512]), (512,), 0),
        (made("textbook", "global_avg_pool2d", [7, 7]), (1,), 0),
        (made("textbook", "flatten", [5, 5, 16]), (400,), 0),
        (made("pytorch", "flatten", [2, 16, 5, 5]), (2, 400), 0),
        (made("pytorch", "zero_padding2d", [3, 8, 8], padding=[-1, -2, 3, 4]), (3, 15, 5), 0),
        (made("pytorch", "upsampling2d", [1, 3, 7, 7], scale_factor=1.5), (1, 3, 10, 10), 0),
    ],
)
def test_known_answers(inference: Inference, shape: tuple[int, ...], params: int) -> None:
    assert (inference.output_shape, inference.params) == (shape, params)


def test_running_statistics_are_buffers_in_torch() -> None:
    """Mean and variance of 64 channels, and how many batches they come from."""
    assert made("pytorch", "batch_norm2d", [2, 64, 5, 5]).buffers == 129
    assert made("pytorch", "batch_norm2d", [2, 64, 5, 5], track_running_stats=False).buffers == 0


def test_cropped_padding_is_unread() -> None:
    axis = made("pytorch", "zero_padding1d", [1, 9], padding=[-2, 3]).axes[0]
    assert (axis.output, axis.unread) == (10, 2)


def test_an_adaptive_pool_to_nothing_reads_nothing() -> None:
    axis = made("pytorch", "adaptive_avg_pool1d", [1, 9], output_size=0).axes[0]
    assert (axis.output, axis.unread, axis.kernel_size) == (0, 9, 0)


@pytest.mark.parametrize(
    ("letters", "values", "output"),
    [
        ("NHWC", {}, "NC"),
        ("HWC", {}, "C"),
        ("NCHW", {"start_dim": 2}, "NCL"),
        ("NCHW", {"start_dim": 3}, "NCHW"),
        ("NHWC", {"start_dim": 1, "end_dim": 2}, "NLC"),
        ("NCHW", {"start_dim": 0}, "C"),
        ("NDHWC", {"start_dim": 1, "end_dim": 2}, None),
    ],
)
def test_letters_after_flattening(
    letters: str, values: dict[str, object], output: str | None
) -> None:
    layer = read_layer("textbook", "flatten", [2] * len(letters), values, letters)
    assert infer(layer).output_layout == output
