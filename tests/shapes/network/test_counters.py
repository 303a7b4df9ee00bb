"""What other counters print, against what they did print."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.shapes.catalogue import network
from service.shapes.network import Count, counters, infer_network, read_network

NETWORKS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "oracle" / "networks.jsonl")
    .read_text("utf-8")
    .splitlines()
]


def counted(document: dict[str, object]) -> dict[str, int]:
    found = counters(infer_network(read_network(document)))
    assert all(isinstance(count, Count) and count.why.endswith(".") for count in found)
    return {count.counter: count.value for count in found}


def test_resnet50_as_each_tool_counted_it() -> None:
    """Printed by the tools for the same network, built in PyTorch."""
    assert counted(network("resnet50")) == {
        "torchinfo": 4_089_238_376,
        "fvcore": 4_111_512_576,
        "thop": 4_133_742_592,
        "ptflops": 4_132_436_968,
        "ptflops (aten)": 4_089_185_256,
        "torch FlopCounterMode": 8_178_368_512,
        "fvcore activations": 11_114_984,
        "PyTorch parameters()": 25_557_032,
        "Keras count_params()": 25_557_032 + 2 * 26_560,
    }


@pytest.mark.parametrize(
    "line",
    [line for line in NETWORKS if "fvcore_flops_torchvision" in line["checks"]],
    ids=lambda line: line["name"],
)
def test_fvcore_on_torchvision(line: dict[str, Any]) -> None:
    assert counted(network(line["name"]))["fvcore"] == line["checks"]["fvcore_flops_torchvision"]


BASE = {"op": "conv2d", "params": {"out_channels": 8, "kernel_size": 1, "bias": False}}
TOOLS = ("torchinfo", "fvcore", "thop", "ptflops", "ptflops (aten)")
PRINTED: list[tuple[str, dict[str, object], tuple[int, ...]]] = [
    ("relu", {}, (0, 0, 0, 2304, 0)),
    ("relu6", {}, (0, 0, 0, 1152, 0)),
    ("tanh", {}, (0, 0, 0, 0, 0)),
    ("sigmoid", {}, (0, 0, 0, 0, 0)),
    ("softmax", {"dim": 1}, (0, 0, 3312, 1152, 0)),
    ("dropout", {}, (0, 0, 0, 0, 0)),
    ("flatten", {}, (0, 0, 0, 0, 0)),
    ("batch_norm2d", {}, (16, 2304, 4608, 2304, 0)),
    ("max_pool2d", {"kernel_size": 2}, (0, 0, 0, 2304, 0)),
    ("avg_pool2d", {"kernel_size": 2}, (0, 0, 288, 2304, 0)),
    ("lp_pool2d", {"norm_type": 2, "kernel_size": 2}, (0, 0, 0, 1728, 0)),
    ("adaptive_avg_pool2d", {"output_size": 3}, (0, 1152, 1224, 2304, 0)),
    ("adaptive_max_pool2d", {"output_size": 3}, (0, 0, 0, 2304, 0)),
    ("upsampling2d", {"scale_factor": 2}, (0, 4608, 4608, 9216, 0)),
    ("upsampling2d", {"scale_factor": 2, "mode": "bilinear"}, (0, 18432, 50688, 9216, 0)),
    (
        "conv2d",
        {"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1},
        (10512, 10368, 10368, 10512, 10512),
    ),
    (
        "conv2d",
        {"out_channels": 16, "kernel_size": 3, "stride": 2, "padding": 1, "groups": 4},
        (10944, 10368, 10368, 10944, 10944),
    ),
    (
        "conv_transpose2d",
        {"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1},
        (168192, 41472, 165888, 43776, 43776),
    ),
    ("linear", {"out_features": 5}, (65, 5760, 5760, 6240, 6240)),
]
"""What the tools printed for one layer behind a 1×1 convolution from 8 to 8 maps of 12×12 pixels,
less what they print for the convolution alone."""


@pytest.mark.parametrize(("op", "params", "printed"), PRINTED)
def test_single_layers_as_each_tool_counted_them(
    op: str, params: dict[str, object], printed: tuple[int, ...]
) -> None:
    start = {"framework": "pytorch", "input_shape": [1, 8, 12, 12]}
    found = counted({**start, "layers": [BASE, {"op": op, "params": params}]})
    alone = 8 * 8 * 144
    assert tuple(found[tool] - alone for tool in TOOLS) == printed
