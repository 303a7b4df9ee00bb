"""GoogLeNet, and the first of its Inception modules by itself."""

from __future__ import annotations

from typing import NamedTuple

from service.shapes.catalogue.blueprint import Blueprint, Entry

__all__ = ["ENTRIES"]

_SOURCE = "Szegedy et al.: Going deeper with convolutions (2014)"


class _Filters(NamedTuple):
    """Filters of the branches of a module, as the table of the paper lists them."""

    one: int
    three_reduce: int
    three: int
    five_reduce: int
    five: int
    pool: int


_MODULES = {
    "3a": _Filters(64, 96, 128, 16, 32, 32),
    "3b": _Filters(128, 128, 192, 32, 96, 64),
    "4a": _Filters(192, 96, 208, 16, 48, 64),
    "4b": _Filters(160, 112, 224, 24, 64, 64),
    "4c": _Filters(128, 128, 256, 24, 64, 64),
    "4d": _Filters(112, 144, 288, 32, 64, 64),
    "4e": _Filters(256, 160, 320, 32, 128, 128),
    "5a": _Filters(256, 160, 320, 32, 128, 128),
    "5b": _Filters(384, 192, 384, 48, 128, 128),
}


def _module(net: Blueprint, prefix: str, filters: _Filters) -> None:
    start = net.last
    one = _rectified(net, f"{prefix}1x1", filters.one, 1, start)
    _rectified(net, f"{prefix}3x3_reduce", filters.three_reduce, 1, start)
    three = _rectified(net, f"{prefix}3x3", filters.three, 3)
    _rectified(net, f"{prefix}5x5_reduce", filters.five_reduce, 1, start)
    five = _rectified(net, f"{prefix}5x5", filters.five, 5)
    net.max_pool(3, 1, start, padding=1, name=f"{prefix}pool")
    pool = _rectified(net, f"{prefix}pool_proj", filters.pool, 1)
    net.add("concat", one, three, five, pool, name=f"{prefix}concat")


def _rectified(
    net: Blueprint, name: str, filters: int, kernel_size: int, *inputs: str, stride: int = 1
) -> str:
    more = {"padding": kernel_size // 2, "stride": stride}
    net.conv(name, filters, kernel_size, *inputs, **more)
    return net.add("relu", name=f"{name}.relu")


def _inception_3a(net: Blueprint) -> None:
    _module(net, "", _MODULES["3a"])


def _googlenet(net: Blueprint) -> None:
    _rectified(net, "conv1", 64, 7, stride=2)
    net.max_pool(3, 2, ceil_mode=True, name="pool1")
    _rectified(net, "conv2_reduce", 64, 1)
    _rectified(net, "conv2", 192, 3)
    net.max_pool(3, 2, ceil_mode=True, name="pool2")
    for name, filters in _MODULES.items():
        _module(net, f"{name}.", filters)
        if name in ("3b", "4e"):
            net.max_pool(3, 2, ceil_mode=True, name=f"pool{name[0]}")
    net.add("adaptive_avg_pool2d", output_size=1)
    net.add("flatten")
    net.add("dropout", p=0.4)
    net.add("linear", name="fc", out_features=1000)


ENTRIES = (
    Entry(
        "inception_3a",
        "Inception module 3a",
        _SOURCE,
        "The first module of GoogLeNet, on the 192 maps of 28×28 pixels that it gets there.",
        (1, 192, 28, 28),
        _inception_3a,
    ),
    Entry(
        "googlenet",
        "GoogLeNet",
        _SOURCE,
        "Without the auxiliary classifiers and the local response normalisation.",
        (1, 3, 224, 224),
        _googlenet,
    ),
)
