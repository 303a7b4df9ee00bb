"""ResNet-18 to ResNet-101, the bottlenecks as the paper and as torchvision has them."""

from __future__ import annotations

from functools import partial
from typing import Literal

from service.shapes.catalogue.blueprint import Blueprint, Entry

__all__ = ["ENTRIES"]

_Block = Literal["basic", "bottleneck", "bottleneck_v1"]
_Variant = tuple[str, str, str, _Block, tuple[int, ...]]

_SOURCE = "He, Zhang, Ren, Sun: Deep residual learning for image recognition (2015)"


def _resnet(net: Blueprint, block: _Block, depths: tuple[int, ...]) -> None:
    net.normalised("stem", 64, 7, stride=2, activation="relu")
    net.max_pool(3, 2, padding=1, name="pool1")
    wider = 1 if block == "basic" else 4
    channels = 64
    for stage, depth in enumerate(depths, start=1):
        filters = 32 * 2**stage
        for place in range(depth):
            name, stride = f"layer{stage}.{place}", 2 if stage > 1 and place == 0 else 1
            shortcut = net.last
            inner = _branch(net, name, block, filters, stride)
            if stride != 1 or channels != filters * wider:
                channels = filters * wider
                shortcut = net.normalised(f"{name}.down", channels, 1, shortcut, stride=stride)
            net.add("add", inner, shortcut, name=f"{name}.add")
            net.add("relu", name=f"{name}.relu")
    net.classifier()


def _branch(net: Blueprint, name: str, block: _Block, filters: int, stride: int) -> str:
    """Draw what a residual block adds to its shortcut."""
    if block == "basic":
        net.normalised(f"{name}.1", filters, 3, stride=stride, activation="relu")
        return net.normalised(f"{name}.2", filters, 3)
    first, second = (stride, 1) if block == "bottleneck_v1" else (1, stride)
    net.normalised(f"{name}.1", filters, 1, stride=first, activation="relu")
    net.normalised(f"{name}.2", filters, 3, stride=second, activation="relu")
    return net.normalised(f"{name}.3", 4 * filters, 1)


_IN_3X3 = (
    "The stride of a bottleneck is in its 3×3 convolution, as in torchvision (“ResNet v1.5”): "
    "a receptive field of {} pixels."
)
_IN_1X1 = (
    "The stride of a bottleneck is in its first 1×1 convolution, as in the paper: a receptive "
    "field of {} pixels."
)

_VARIANTS: tuple[_Variant, ...] = (
    ("resnet18", "ResNet-18", "", "basic", (2, 2, 2, 2)),
    ("resnet34", "ResNet-34", "", "basic", (3, 4, 6, 3)),
    ("resnet50", "ResNet-50", _IN_3X3.format(427), "bottleneck", (3, 4, 6, 3)),
    ("resnet50_v1", "ResNet-50 (v1)", _IN_1X1.format(483), "bottleneck_v1", (3, 4, 6, 3)),
    ("resnet101", "ResNet-101", _IN_3X3.format(971), "bottleneck", (3, 4, 23, 3)),
    ("resnet101_v1", "ResNet-101 (v1)", _IN_1X1.format(1027), "bottleneck_v1", (3, 4, 23, 3)),
)

ENTRIES = tuple(
    Entry(
        name, title, _SOURCE, note, (1, 3, 224, 224), partial(_resnet, block=block, depths=depths)
    )
    for name, title, note, block, depths in _VARIANTS
)
