"""DenseNet-121."""

from __future__ import annotations

from service.shapes.catalogue.blueprint import Blueprint, Entry

__all__ = ["ENTRIES"]

_GROWTH = 32
"""Maps that each dense layer adds."""


def _densenet121(net: Blueprint) -> None:
    net.normalised("stem", 64, 7, stride=2, activation="relu")
    net.max_pool(3, 2, padding=1, name="pool1")
    channels = 64
    for block, depth in enumerate((6, 12, 24, 16), start=1):
        for place in range(1, depth + 1):
            _dense(net, f"block{block}.{place}", channels)
            channels += _GROWTH
        if block < 4:
            channels //= 2
            _transition(net, f"transition{block}", channels)
    _activated(net, "last", channels)
    net.classifier()


def _dense(net: Blueprint, name: str, channels: int) -> None:
    """Draw a layer whose maps are put beside all that came before in its block."""
    before = net.last
    _activated(net, f"{name}.1", channels)
    net.conv(f"{name}.1.conv", 4 * _GROWTH, 1, bias=False)
    _activated(net, f"{name}.2", 4 * _GROWTH)
    new = net.conv(f"{name}.2.conv", _GROWTH, 3, padding=1, bias=False)
    net.add("concat", before, new, name=f"{name}.concat")


def _transition(net: Blueprint, name: str, filters: int) -> None:
    _activated(net, name, 2 * filters)
    net.conv(f"{name}.conv", filters, 1, bias=False)
    net.add("avg_pool2d", name=f"{name}.pool", kernel_size=2, stride=2)


def _activated(net: Blueprint, name: str, channels: int) -> None:
    net.add("batch_norm2d", name=f"{name}.bn", num_features=channels)
    net.add("relu", name=f"{name}.act")


ENTRIES = (
    Entry(
        "densenet121",
        "DenseNet-121",
        "Huang, Liu, van der Maaten, Weinberger: Densely connected convolutional networks (2016)",
        "Growth rate 32, with bottlenecks and compression ½ (DenseNet-BC).",
        (1, 3, 224, 224),
        _densenet121,
    ),
)
