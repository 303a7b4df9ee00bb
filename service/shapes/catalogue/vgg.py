"""VGG-11, VGG-16 and VGG-19."""

from __future__ import annotations

from functools import partial

from service.shapes.catalogue.blueprint import Blueprint, Entry

__all__ = ["ENTRIES"]

_SOURCE = (
    "Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition (2014)"
)


def _vgg(net: Blueprint, depths: tuple[int, ...]) -> None:
    """Draw five stages of ``depths`` 3×3 convolutions, each halved by a max pool."""
    for stage, (depth, filters) in enumerate(
        zip(depths, (64, 128, 256, 512, 512), strict=True), start=1
    ):
        for place in range(1, depth + 1):
            net.conv(f"conv{stage}_{place}", filters, 3, padding=1)
            net.add("relu")
        net.max_pool(2, 2, name=f"pool{stage}")
    net.add("adaptive_avg_pool2d", output_size=7)
    net.add("flatten")
    for name in ("fc6", "fc7"):
        net.add("linear", name=name, out_features=4096)
        net.add("relu")
        net.add("dropout", p=0.5)
    net.add("linear", name="fc8", out_features=1000)


ENTRIES = tuple(
    Entry(
        f"vgg{layers}",
        f"VGG-{layers}",
        _SOURCE,
        f"Configuration {letter} of the paper.",
        (1, 3, 224, 224),
        partial(_vgg, depths=depths),
    )
    for layers, letter, depths in (
        (11, "A", (1, 1, 2, 2, 2)),
        (16, "D", (2, 2, 3, 3, 3)),
        (19, "E", (2, 2, 4, 4, 4)),
    )
)
