"""Lines of PyTorch that several kinds of layers need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from service.shapes.layer import LAYOUTS

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.padding import Pads

__all__ = [
    "PADS",
    "both_sides",
    "channels_first",
    "differing",
    "kernel",
    "module",
    "ones",
    "pads",
    "sequential",
    "single",
    "size",
    "sizes",
]

PADS: Final = {
    "zeros": "ZeroPad",
    "reflect": "ReflectionPad",
    "replicate": "ReplicationPad",
    "circular": "CircularPad",
}
SIDES: Final = {
    1: "before, after",
    2: "left, right, top, bottom",
    3: "left, right, top, bottom, front, back",
}


def channels_first(layer: Layer) -> tuple[int, ...]:
    """Return the input's sizes as PyTorch wants them: batch, channels, spatial axes."""
    at = LAYOUTS[layer.layout]
    sizes = (layer.in_channels, *layer.input_shape[at.start : at.start + at.rank])
    return sizes if at.batch is None else (layer.batch, *sizes)


def single(module: str) -> list[str]:
    """Write a layer that is one module."""
    return ["import torch", "from torch import nn", "", f"layer = {module}"]


def sequential(first: str, rank: int, second: str) -> list[str]:
    """Write a layer of two modules, the first of which pads."""
    return [
        "import torch",
        "from torch import nn",
        "",
        "layer = nn.Sequential(",
        f"    {first},  # {SIDES[rank]}",
        f"    {second},",
        ")",
    ]


def module(name: str, layer: Layer, *arguments: str) -> str:
    """Write the call of a module of the layer's rank."""
    return f"nn.{name}{layer.rank}d({', '.join(arguments)})"


def kernel(layer: Layer) -> str:
    """Write what every Conv begins with."""
    return f"{layer.in_channels}, {layer.out_channels}, {size(layer)}"


def size(layer: Layer) -> str:
    """Write the size of the kernel as a keyword."""
    return f"kernel_size={sizes(layer.kernel_size)}"


def differing(layer: Layer, **defaults: object) -> list[str]:
    """Write the named fields of a layer that differ from PyTorch's defaults."""
    arguments = []
    for name, default in defaults.items():
        value = getattr(layer, name)
        if value != default:
            shown = sizes(value) if isinstance(value, tuple) else value
            arguments.append(f"{name}={shown}")
    return arguments


def both_sides(padding: Pads) -> tuple[int, ...] | None:
    """Return the padding of each axis if it is the same on both sides."""
    if any(before != after for before, after in padding):
        return None
    return tuple(before for before, _ in padding)


def pads(padding: Pads) -> str:
    """Write padding as torch pads: the last axis first."""
    return str(tuple(pixels for sides in reversed(padding) for pixels in sides))


def sizes(values: Sequence[int]) -> str:
    """Write one number if all are alike, else all of them."""
    return str(values[0] if len(set(values)) == 1 else tuple(values))


def ones(layer: Layer) -> tuple[int, ...]:
    """Return 1 for every axis."""
    return (1,) * layer.rank
