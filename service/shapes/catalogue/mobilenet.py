"""MobileNet and MobileNetV2."""

from __future__ import annotations

from service.shapes.catalogue.blueprint import Blueprint, Entry

__all__ = ["ENTRIES"]

_V1 = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *((512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)),
)
"""Filters and stride of each pair of a depthwise and a pointwise convolution."""

_V2 = (
    *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
    *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
)
"""Expansion, filters, repetitions and first stride of each stage."""


def _mobilenet_v1(net: Blueprint) -> None:
    net.normalised("conv0", 32, 3, stride=2, activation="relu6")
    channels = 32
    for place, (filters, stride) in enumerate(_V1, start=1):
        net.normalised(
            f"dw{place}", channels, 3, stride=stride, groups=channels, activation="relu6"
        )
        net.normalised(f"pw{place}", filters, 1, activation="relu6")
        channels = filters
    net.classifier()


def _mobilenet_v2(net: Blueprint) -> None:
    net.normalised("conv0", 32, 3, stride=2, activation="relu6")
    channels, place = 32, 0
    for expansion, filters, repetitions, first_stride in _V2:
        for repetition in range(repetitions):
            place += 1
            name, stride = f"block{place}", first_stride if repetition == 0 else 1
            shortcut, hidden = net.last, channels * expansion
            if expansion > 1:
                net.normalised(f"{name}.expand", hidden, 1, activation="relu6")
            net.normalised(
                f"{name}.dw", hidden, 3, stride=stride, groups=hidden, activation="relu6"
            )
            projected = net.normalised(f"{name}.project", filters, 1)
            if stride == 1 and channels == filters:
                net.add("add", projected, shortcut, name=f"{name}.add")
            channels = filters
    net.normalised("conv_last", 1280, 1, activation="relu6")
    net.add("adaptive_avg_pool2d", output_size=1)
    net.add("flatten")
    net.add("dropout", p=0.2)
    net.add("linear", name="fc", out_features=1000)


ENTRIES = (
    Entry(
        "mobilenet_v1",
        "MobileNet",
        "Howard et al.: MobileNets: efficient convolutional neural networks for mobile vision "
        "applications (2017)",
        "Width multiplier 1, padding 1 on both sides.",
        (1, 3, 224, 224),
        _mobilenet_v1,
    ),
    Entry(
        "mobilenet_v2",
        "MobileNetV2",
        "Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2: inverted residuals and linear "
        "bottlenecks (2018)",
        "Width multiplier 1, as in torchvision.",
        (1, 3, 224, 224),
        _mobilenet_v2,
    ),
)
