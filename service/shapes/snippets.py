"""Source code that makes a layer in the frameworks (PyTorch so far).

Every snippet defines ``layer``, a random input ``x`` of the right shape and ``y = layer(x)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from service.shapes.infer import infer

if TYPE_CHECKING:
    from service.shapes.infer import Inference
    from service.shapes.layer import Layer
    from service.shapes.padding import Pads

__all__ = ["code"]

_PADS: Final = {
    "zeros": "ZeroPad",
    "reflect": "ReflectionPad",
    "replicate": "ReplicationPad",
    "circular": "CircularPad",
}
_SIDES: Final = {
    1: "before, after",
    2: "left, right, top, bottom",
    3: "left, right, top, bottom, front, back",
}


def code(layer: Layer) -> dict[str, str]:
    """Write code that builds ``layer`` and applies it, by framework."""
    return {"pytorch": "\n".join([*_WRITERS[layer.kind](infer(layer)), *_use(layer)]) + "\n"}


def _use(layer: Layer) -> list[str]:
    sizes = (layer.in_channels, *layer.spatial)
    if layer.layout.startswith("N"):
        sizes = (layer.batch, *sizes)
    comment = ""
    if sizes != layer.input_shape:
        comment = f"  # {'×'.join(map(str, layer.input_shape))}: PyTorch wants the channels first"
    return [f"x = torch.randn({', '.join(map(str, sizes))}){comment}", "y = layer(x)"]


def _conv(inference: Inference) -> list[str]:
    layer = inference.layer
    options = _differing(layer, stride=_ones(layer), dilation=_ones(layer), groups=1, bias=True)
    padding = _both_sides(layer.padding)
    if padding is not None and any(padding):
        options.append(f"padding={_sizes(padding)}")
    elif padding is None and layer.padding_rule == "same" and layer.stride == _ones(layer):
        options.append('padding="same"')
    elif padding is None:
        first = f"nn.{_PADS[layer.padding_mode]}{layer.rank}d({_pads(layer.padding)})"
        return _sequential(first, layer.rank, _module("Conv", layer, _kernel(layer), *options))
    if layer.padding_mode != "zeros":
        options.append(f'padding_mode="{layer.padding_mode}"')
    return _single(_module("Conv", layer, _kernel(layer), *options))


def _max_pool(inference: Inference) -> list[str]:
    layer = inference.layer
    options = _differing(layer, stride=layer.kernel_size, dilation=_ones(layer))
    padding = _native_padding(layer)
    if padding is not None:
        options += _differing(layer, ceil_mode=False)
        options += [f"padding={_sizes(padding)}"] if any(padding) else []
        return _single(_module("MaxPool", layer, _size(layer), *options))
    pads = _covering(inference)
    first = f'nn.ConstantPad{layer.rank}d({_pads(pads)}, float("-inf"))'
    return _sequential(first, layer.rank, _module("MaxPool", layer, _size(layer), *options))


def _avg_pool(inference: Inference) -> list[str]:
    layer = inference.layer
    options = _differing(layer, stride=layer.kernel_size, divisor_override=None)
    padding = _native_padding(layer)
    plain = layer.dilation == _ones(layer) and (layer.rank > 1 or layer.divisor_override is None)
    if layer.rank == 3 and any(
        k > i for k, i in zip(layer.kernel_size, layer.spatial, strict=True)
    ):
        padding = None  # torch.avg_pool3d compares the window with the unpadded input
    if plain and padding is not None:
        if any(padding):
            options.append(f"padding={_sizes(padding)}")
            options += _differing(layer, count_include_pad=True)
        options += _differing(layer, ceil_mode=False)
        return _single(_module("AvgPool", layer, _size(layer), *options))
    if plain and layer.count_include_pad and not layer.ceil_mode:
        first = f"nn.ZeroPad{layer.rank}d({_pads(layer.padding)})"
        return _sequential(first, layer.rank, _module("AvgPool", layer, _size(layer), *options))
    return _sums_by_counts(inference)


def _sums_by_counts(inference: Inference) -> list[str]:
    """Average as the sum of a window divided by how many of its cells count."""
    layer = inference.layer
    channels = layer.in_channels
    covering = _covering(inference)
    window = ", ".join(map(str, (channels, 1, *layer.kernel_size)))
    options = _differing(layer, stride=_ones(layer), dilation=_ones(layer))
    apply = f"F.conv{layer.rank}d({{}}, {', '.join(['window', *options, f'groups={channels}'])})"
    lines = [
        "import torch",
        "import torch.nn.functional as F",
        "",
        "",
        "def layer(x):",
        f"    window = torch.ones({window})",
        f"    sums = {apply.format(f'F.pad(x, {_pads(covering)})')}",
    ]
    if layer.divisor_override is not None:
        return [*lines, f"    return sums / {layer.divisor_override}", "", ""]
    lines.append("    cells = torch.ones_like(x)")
    if layer.count_include_pad:
        overhang = tuple((0, c[1] - p[1]) for c, p in zip(covering, layer.padding, strict=True))
        lines.append(f"    cells = F.pad(cells, {_pads(layer.padding)}, value=1.0)")
        covering = overhang
    if any(map(any, covering)):
        lines.append(f"    cells = F.pad(cells, {_pads(covering)})")
    return [*lines, f"    return sums / {apply.format('cells')}", "", ""]


_WRITERS: Final = {"conv": _conv, "max_pool": _max_pool, "avg_pool": _avg_pool}


def _native_padding(layer: Layer) -> tuple[int, ...] | None:
    """Return a pool's padding where PyTorch's own will do: even, and at most half the kernel."""
    padding = _both_sides(layer.padding)
    if padding is None or any(p > k // 2 for p, k in zip(padding, layer.kernel_size, strict=True)):
        return None
    return padding


def _covering(inference: Inference) -> Pads:
    """Pad so that a layer without padding and ceil_mode has exactly these windows.

    Cuts off what lies behind the last window, so the padding behind may be negative.
    """
    if not inference.layer.ceil_mode:
        return inference.layer.padding
    return tuple(
        (
            axis.padding[0],
            (axis.output - 1) * axis.stride
            + axis.effective_kernel_size
            - axis.input
            - axis.padding[0],
        )
        for axis in inference.axes
    )


def _single(module: str) -> list[str]:
    return ["import torch", "from torch import nn", "", f"layer = {module}"]


def _sequential(first: str, rank: int, second: str) -> list[str]:
    return [
        "import torch",
        "from torch import nn",
        "",
        "layer = nn.Sequential(",
        f"    {first},  # {_SIDES[rank]}",
        f"    {second},",
        ")",
    ]


def _module(name: str, layer: Layer, *arguments: str) -> str:
    return f"nn.{name}{layer.rank}d({', '.join(arguments)})"


def _kernel(layer: Layer) -> str:
    return f"{layer.in_channels}, {layer.out_channels}, {_size(layer)}"


def _size(layer: Layer) -> str:
    return f"kernel_size={_sizes(layer.kernel_size)}"


def _differing(layer: Layer, **defaults: object) -> list[str]:
    """Write the named fields of a layer that differ from PyTorch's defaults."""
    arguments = []
    for name, default in defaults.items():
        value = getattr(layer, name)
        if value != default:
            shown = _sizes(value) if isinstance(value, tuple) else value
            arguments.append(f"{name}={shown}")
    return arguments


def _both_sides(padding: Pads) -> tuple[int, ...] | None:
    """Return the padding of each axis if it is the same on both sides."""
    if any(before != after for before, after in padding):
        return None
    return tuple(before for before, _ in padding)


def _pads(padding: Pads) -> str:
    """Write padding as torch pads: the last axis first."""
    return str(tuple(pixels for pads in reversed(padding) for pixels in pads))


def _sizes(values: Sequence[int]) -> str:
    return str(values[0] if len(set(values)) == 1 else tuple(values))


def _ones(layer: Layer) -> tuple[int, ...]:
    return (1,) * layer.rank
