"""AlexNet."""

from __future__ import annotations

from service.shapes.catalogue.blueprint import Blueprint, Entry

__all__ = ["ENTRIES"]


def _alexnet(net: Blueprint) -> None:
    net.conv("conv1", 64, 11, stride=4, padding=2)
    net.add("relu")
    net.max_pool(3, 2, name="pool1")
    net.conv("conv2", 192, 5, padding=2)
    net.add("relu")
    net.max_pool(3, 2, name="pool2")
    net.conv("conv3", 384, 3, padding=1)
    net.add("relu")
    net.conv("conv4", 256, 3, padding=1)
    net.add("relu")
    net.conv("conv5", 256, 3, padding=1)
    net.add("relu")
    net.max_pool(3, 2, name="pool5")
    net.add("adaptive_avg_pool2d", output_size=6)
    net.add("flatten")
    net.add("dropout", p=0.5)
    net.add("linear", name="fc6", out_features=4096)
    net.add("relu")
    net.add("dropout", p=0.5)
    net.add("linear", name="fc7", out_features=4096)
    net.add("relu")
    net.add("linear", name="fc8", out_features=1000)


ENTRIES = (
    Entry(
        "alexnet",
        "AlexNet",
        "Krizhevsky: One weird trick for parallelizing convolutional neural networks (2014)",
        "The one-tower version of torchvision; that of 2012 had two towers and 96 filters first.",
        (1, 3, 224, 224),
        _alexnet,
    ),
)
