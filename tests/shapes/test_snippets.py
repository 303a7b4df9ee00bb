"""The code that is handed out: it compiles, and where torch is installed it makes the layer."""

import math
from typing import Any

import pytest
from hypothesis import given, settings

from random_kinds import KINDS
from random_layers import LAYERS
from service.shapes import LAYOUTS, Inference, Layer, code, infer, read_layer


@given(LAYERS | KINDS)
def test_it_compiles_and_uses_the_layer_on_its_input(layer: Layer) -> None:
    snippet = code(layer).get("pytorch")
    if snippet is None:
        assert layer.kind in ("upsampling", "conv_transpose")
        return
    compile(snippet, "snippet", "exec")
    last = snippet.splitlines()[-2:]
    assert last[0].startswith("x = torch.randn(")
    assert all(str(size) in last[0] for size in layer.input_shape)
    assert last[1] == "y = layer(x)"


@given(LAYERS | KINDS)
@settings(deadline=None)
def test_torch_gives_it_the_inferred_shape_and_parameters(layer: Layer) -> None:
    torch = pytest.importorskip("torch")
    snippet = code(layer).get("pytorch")
    if snippet is None:
        return
    inference = infer(layer)
    scope: dict[str, Any] = {}
    exec(snippet, scope)  # noqa: S102 - the very code under test
    assert list(scope["y"].shape) == channels_first(inference)
    made = scope.get("module", scope["layer"])
    if isinstance(made, torch.nn.Module):
        counts = (math.prod(weight.shape) for weight in made.parameters())
        assert sum(counts) == inference.params
        assert sum(math.prod(each.shape) for each in made.buffers()) == inference.buffers


def channels_first(inference: Inference) -> list[int]:
    """Put the channels of the output where torch has them, if its layer cares."""
    layer, sizes = inference.layer, [*inference.output_shape]
    if layer.kind in ("linear", "flatten", "activation", "dropout", "add", "concat"):
        return sizes
    place = LAYOUTS[inference.output_layout or ""]
    channels = 1 if place.channel is None else sizes.pop(place.channel)
    sizes.insert(0 if place.batch is None else 1, channels)
    return sizes


def pytorch(op: str, shape: list[int], framework: str = "textbook", **values: object) -> str:
    return code(read_layer(framework, op, shape, values))["pytorch"]


@pytest.mark.parametrize(
    ("snippet", "layer"),
    [
        (
            pytorch("conv2d", [28, 28, 3], kernel_size=5, filters=16),
            "nn.Conv2d(3, 16, kernel_size=5)",
        ),
        (
            pytorch(
                "conv2d",
                [28, 28, 4],
                kernel_size=[5, 3],
                filters=6,
                padding=[2, 1],
                padding_mode="reflect",
                groups=2,
            ),
            'nn.Conv2d(4, 6, kernel_size=(5, 3), groups=2, padding=(2, 1), padding_mode="reflect")',
        ),
        (
            pytorch("conv1d", [28, 4], kernel_size=4, stride=2, dilation=3, bias=False),
            "nn.Conv1d(4, 1, kernel_size=4, stride=2, dilation=3, bias=False)",
        ),
        (
            pytorch("conv1d", [28, 3], kernel_size=4, padding="same"),
            'nn.Conv1d(3, 1, kernel_size=4, padding="same")',
        ),
        (
            pytorch("max_pool2d", [28, 28, 3], kernel_size=3, stride=2, padding=1, dilation=2),
            "nn.MaxPool2d(kernel_size=3, stride=2, dilation=2, padding=1)",
        ),
        (
            pytorch("max_pool2d", [28, 28, 3], kernel_size=2, ceil_mode=True),
            "nn.MaxPool2d(kernel_size=2, ceil_mode=True)",
        ),
        (
            pytorch("avg_pool2d", [3, 28, 28], "pytorch", kernel_size=2, divisor_override=3),
            "nn.AvgPool2d(kernel_size=2, divisor_override=3)",
        ),
        (
            pytorch(
                "avg_pool1d", [3, 28], "pytorch", kernel_size=2, padding=1, count_include_pad=False
            ),
            "nn.AvgPool1d(kernel_size=2, padding=1, count_include_pad=False)",
        ),
    ],
)
def test_what_torch_has_is_one_module(snippet: str, layer: str) -> None:
    assert f"\nlayer = {layer}\n" in snippet


@pytest.mark.parametrize(
    ("snippet", "first"),
    [
        (
            pytorch("conv2d", [28, 28, 3], kernel_size=5, padding="same", stride=2),
            "nn.ZeroPad2d((1, 2, 1, 2)),  # left, right, top, bottom",
        ),
        (
            pytorch("conv1d", [9, 3], kernel_size=5, padding="causal", padding_mode="replicate"),
            "nn.ReplicationPad1d((4, 0)),  # before, after",
        ),
        (
            pytorch("max_pool1d", [9, 3], kernel_size=3, padding="full"),
            'nn.ConstantPad1d((2, 2), float("-inf")),  # before, after',
        ),
        (
            pytorch("max_pool1d", [10, 3], kernel_size=3, padding=[[0, 1]], ceil_mode=True),
            'nn.ConstantPad1d((0, 2), float("-inf")),  # before, after',
        ),
        (
            pytorch("avg_pool2d", [9, 9, 3], kernel_size=3, padding=[[0, 1], [2, 2]]),
            "nn.ZeroPad2d((2, 2, 0, 1)),  # left, right, top, bottom",
        ),
    ],
)
def test_padding_that_torch_lacks_comes_first(snippet: str, first: str) -> None:
    assert f"\nlayer = nn.Sequential(\n    {first}\n    nn." in snippet


def test_an_average_that_torch_lacks_is_sums_by_counts() -> None:
    snippet = pytorch("avg_pool1d", [10, 2], kernel_size=2, dilation=2, ceil_mode=True, padding=1)
    assert "sums = F.conv1d(F.pad(x, (1, 2)), window, stride=2, dilation=2, groups=2)" in snippet
    assert "cells = F.pad(cells, (1, 1), value=1.0)" in snippet
    assert "cells = F.pad(cells, (0, 1))" in snippet
    assert "return sums / F.conv1d(cells, window, stride=2, dilation=2, groups=2)" in snippet


def test_a_fixed_divisor_needs_no_counts() -> None:
    snippet = pytorch("avg_pool1d", [9, 2], kernel_size=3, divisor_override=7)
    assert "return sums / 7" in snippet
    assert "cells" not in snippet


def test_a_wide_window_in_3d_avoids_the_quirk_of_torch() -> None:
    """torch.avg_pool3d refuses a window larger than the unpadded input."""
    snippet = pytorch("avg_pool3d", [3, 7, 1, 1], "pytorch", kernel_size=2, padding=[0, 1, 1])
    assert "nn.ZeroPad3d((1, 1, 1, 1, 0, 0)),  # left, right, top, bottom, front, back" in snippet


def test_the_input_says_where_the_channels_went() -> None:
    last = pytorch("conv2d", [28, 30, 3], kernel_size=5)
    assert "x = torch.randn(3, 28, 30)  # 28×30×3: PyTorch wants the channels first\n" in last
    first = pytorch("conv2d", [3, 28, 30], "pytorch", kernel_size=5, out_channels=1)
    assert "x = torch.randn(3, 28, 30)\n" in first
    grey = pytorch("conv2d", [2, 28, 30, 1], kernel_size=5)
    assert "x = torch.randn(2, 1, 28, 30)  #" in grey
