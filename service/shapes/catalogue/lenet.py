"""LeNet-5."""

from __future__ import annotations

from service.shapes.catalogue.blueprint import Blueprint, Entry

__all__ = ["ENTRIES"]


def _lenet5(net: Blueprint) -> None:
    net.conv("C1", 6, 5)
    net.add("tanh")
    net.add("avg_pool2d", name="S2", kernel_size=2, stride=2)
    net.conv("C3", 16, 5)
    net.add("tanh")
    net.add("avg_pool2d", name="S4", kernel_size=2, stride=2)
    net.conv("C5", 120, 5)
    net.add("tanh")
    net.add("flatten")
    net.add("linear", name="F6", out_features=84)
    net.add("tanh")
    net.add("linear", name="output", out_features=10)


ENTRIES = (
    Entry(
        "lenet5",
        "LeNet-5",
        "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition "
        "(1998)",
        "As it is taught today: C3 sees all maps of S2, the subsampling learns nothing, and the "
        "output is a linear layer.",
        (1, 1, 32, 32),
        _lenet5,
    ),
)
