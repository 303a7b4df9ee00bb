"""Sizes and cost, against windows that are really slid and weights that are really counted."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from random_layers import LAYERS
from service.shapes import Axis, Inference, Layer, infer, read_layer
from service.shapes.infer import output_size

SIZE = st.integers(1, 30)
SMALL = st.integers(1, 8)
PAD = st.integers(0, 8)


def slide(size: int, reach: int, stride: int, before: int, after: int, *, ceil: bool) -> int:
    """Count windows one after the other.

    With ``ceil`` a window counts while it begins inside the input or the padding before it, and
    the one before it has not reached the end.
    """
    count, start, last = 0, -before, size + after
    while start + reach <= last:
        count, start = count + 1, start + stride
    if ceil and start - stride + reach < last and start < size:
        count += 1
    return count


@given(SIZE, st.integers(1, 20), SMALL, PAD, PAD)
def test_the_output_is_how_often_the_kernel_fits(
    size: int, reach: int, stride: int, before: int, after: int
) -> None:
    got = output_size(size, reach, stride, before, after)
    assert max(got, 0) == slide(size, reach, stride, before, after, ceil=False)


@given(SIZE, st.integers(1, 20), SMALL, st.data())
def test_ceil_mode_adds_a_window_that_hangs_over(
    size: int, reach: int, stride: int, data: st.DataObject
) -> None:
    before, after = (data.draw(st.integers(0, reach - 1)) for _ in range(2))
    got = output_size(size, reach, stride, before, after, ceil_mode=True)
    assert max(got, 0) == slide(size, reach, stride, before, after, ceil=True)


@given(LAYERS)
def test_every_window_is_counted_and_every_pixel_is_tried(layer: Layer) -> None:
    for index, axis in enumerate(infer(layer).axes):
        (before, after), reach = layer.padding[index], layer.effective_kernel_size[index]
        assert axis.output == slide(
            axis.input, reach, axis.stride, before, after, ceil=layer.ceil_mode
        )
        read = {
            window * axis.stride - before + tap * axis.dilation
            for window in range(axis.output)
            for tap in range(axis.kernel_size)
        }
        assert axis.unread == len(set(range(axis.input)) - read)


@given(LAYERS)
def test_the_output_shape_keeps_the_layout(layer: Layer) -> None:
    inference = infer(layer)
    sizes = dict(zip(layer.layout, inference.output_shape, strict=True))
    assert [sizes[axis.axis[0].upper()] for axis in inference.axes] == [
        axis.output for axis in inference.axes
    ]
    assert sizes.get("N", 1) == layer.batch
    assert sizes.get("C", 1) == (layer.out_channels or layer.in_channels)


@given(LAYERS)
def test_weights_and_macs_are_counted_one_by_one(layer: Layer) -> None:
    inference = infer(layer)
    if layer.kind != "conv":
        cost = (inference.params, inference.weights, inference.biases, inference.macs)
        assert cost == (0, 0, 0, 0)
        assert inference.neurons_per_patch is None
        return
    assert layer.out_channels is not None
    weights = sum(
        1
        for out_channel in range(layer.out_channels)
        for in_channel in range(layer.in_channels)
        for _ in itertools.product(*map(range, layer.kernel_size))
        if out_channel * layer.groups // layer.out_channels
        == in_channel * layer.groups // layer.in_channels
    )
    positions = len(list(itertools.product(*(range(axis.output) for axis in inference.axes))))
    assert inference.weights == weights
    assert inference.biases == (layer.out_channels if layer.bias else 0)
    assert inference.params == inference.weights + inference.biases
    assert inference.positions == positions
    assert inference.macs == layer.batch * positions * weights
    assert inference.flops == 2 * inference.macs
    assert inference.neurons_per_patch == layer.out_channels


def test_the_whole_of_one_layer() -> None:
    layer = read_layer(
        "textbook",
        "conv2d",
        [28, 28, 3],
        {"kernel_size": [5, 3], "filters": 16, "stride": 2, "padding": "same"},
    )
    assert infer(layer) == Inference(
        layer=layer,
        output_shape=(14, 14, 16),
        axes=(
            Axis("height", 28, 5, 5, 2, 1, (1, 2), 14, 0),
            Axis("width", 28, 3, 3, 2, 1, (0, 1), 14, 0),
        ),
        params=736,
        weights=720,
        biases=16,
        macs=141_120,
        flops=282_240,
        neurons_per_patch=16,
        positions=196,
        receptive_field=(5, 3),
    )


def test_a_kernel_that_does_not_fit_has_no_output() -> None:
    """Dialects refuse it or not; the arithmetic says 0, as JAX does."""
    layer = Layer(
        "textbook", "conv1d", "conv", 1, "L", (4,), (9,), (1,), (1,), ((0, 0),), out_channels=1
    )
    inference = infer(layer)
    assert inference.output_shape == (0,)
    assert (inference.positions, inference.macs, inference.axes[0].unread) == (0, 0, 4)


def test_windows_that_end_before_the_input_read_nothing() -> None:
    values = {"kernel_size": 5, "stride": 5, "padding": [[8, 0]]}
    (axis,) = infer(read_layer("textbook", "conv1d", [1], values)).axes
    assert (axis.output, axis.unread) == (1, 1)


@pytest.mark.parametrize(
    ("shape", "values", "output"),
    [
        ([28, 28], {"kernel_size": 3}, (26, 26)),
        ([28, 28], {"kernel_size": 3, "padding": "same"}, (28, 28)),
        ([28, 28], {"kernel_size": 3, "padding": "same", "stride": 2}, (14, 14)),
        ([28, 28], {"kernel_size": 3, "stride": 2}, (13, 13)),
        ([28, 28], {"kernel_size": 3, "padding": 2}, (30, 30)),
        ([32, 32, 3], {"kernel_size": 8, "filters": 20, "stride": 2, "padding": 1}, (14, 14, 20)),
    ],
)
def test_the_numbers_of_the_deck(
    shape: list[int], values: dict[str, object], output: tuple[int, ...]
) -> None:
    assert infer(read_layer("textbook", "conv2d", shape, values)).output_shape == output
