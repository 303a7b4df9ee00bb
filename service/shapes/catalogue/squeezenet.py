"""SqueezeNet 1.1."""

from __future__ import annotations

from service.shapes.catalogue.blueprint import Blueprint, Entry

__all__ = ["ENTRIES"]

_FIRES = (
    *((16, 64), (16, 64), (32, 128), (32, 128)),
    *((48, 192), (48, 192), (64, 256), (64, 256)),
)
"""Filters that squeeze and, each, that expand in the modules fire2 to fire9."""


def _squeezenet(net: Blueprint) -> None:
    net.conv("conv1", 64, 3, stride=2)
    net.add("relu")
    net.max_pool(3, 2, ceil_mode=True, name="pool1")
    for place, (squeeze, expand) in enumerate(_FIRES, start=2):
        _fire(net, f"fire{place}", squeeze, expand)
        if place in (3, 5):
            net.max_pool(3, 2, ceil_mode=True, name=f"pool{place}")
    net.add("dropout", p=0.5)
    net.conv("conv10", 1000, 1)
    net.add("relu")
    net.add("adaptive_avg_pool2d", output_size=1)
    net.add("flatten")


def _fire(net: Blueprint, name: str, squeeze: int, expand: int) -> None:
    net.conv(f"{name}.squeeze", squeeze, 1)
    squeezed = net.add("relu", name=f"{name}.squeeze.relu")
    net.conv(f"{name}.expand1x1", expand, 1, squeezed)
    narrow = net.add("relu", name=f"{name}.expand1x1.relu")
    net.conv(f"{name}.expand3x3", expand, 3, squeezed, padding=1)
    wide = net.add("relu", name=f"{name}.expand3x3.relu")
    net.add("concat", narrow, wide, name=f"{name}.concat")


ENTRIES = (
    Entry(
        "squeezenet1_1",
        "SqueezeNet 1.1",
        "Iandola et al.: SqueezeNet: AlexNet-level accuracy with 50x fewer parameters (2016)",
        "Version 1.1, with fewer multiplications than that of the paper.",
        (1, 3, 224, 224),
        _squeezenet,
    ),
)
