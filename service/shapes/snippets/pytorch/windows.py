"""Sliding windows in PyTorch: convolutions and pools."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.shapes.snippets.pytorch.parts import (
    PADS,
    both_sides,
    differing,
    kernel,
    module,
    ones,
    pads,
    sequential,
    single,
    size,
    sizes,
)

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.padding import Pads
    from service.shapes.results import Inference
__all__ = ["avg_pool", "conv", "lp_pool", "max_pool", "separable"]


def conv(inference: Inference) -> list[str]:
    """Write Conv, behind a padding of its own where Conv cannot pad like that."""
    layer = inference.layer
    options = differing(layer, stride=ones(layer), dilation=ones(layer), groups=1, bias=True)
    padding = both_sides(layer.padding)
    if padding is not None and any(padding):
        options.append(f"padding={sizes(padding)}")
    elif padding is None and layer.padding_rule == "same" and layer.stride == ones(layer):
        options.append('padding="same"')
    elif padding is None:
        first = f"nn.{PADS[layer.padding_mode]}{layer.rank}d({pads(layer.padding)})"
        return sequential(first, layer.rank, module("Conv", layer, kernel(layer), *options))
    if layer.padding_mode != "zeros":
        options.append(f'padding_mode="{layer.padding_mode}"')
    return single(module("Conv", layer, kernel(layer), *options))


def max_pool(inference: Inference) -> list[str]:
    """Write MaxPool, behind a padding of −∞ where MaxPool cannot pad like that."""
    layer = inference.layer
    options = differing(layer, stride=layer.kernel_size, dilation=ones(layer))
    padding = _native_padding(layer)
    if padding is not None:
        options += differing(layer, ceil_mode=False)
        options += [f"padding={sizes(padding)}"] if any(padding) else []
        return single(module("MaxPool", layer, size(layer), *options))
    first = f'nn.ConstantPad{layer.rank}d({pads(_covering(inference))}, float("-inf"))'
    return sequential(first, layer.rank, module("MaxPool", layer, size(layer), *options))


def avg_pool(inference: Inference) -> list[str]:
    """Write AvgPool, or sums divided by counts where AvgPool divides by something else."""
    layer = inference.layer
    options = differing(layer, stride=layer.kernel_size, divisor_override=None)
    padding = _native_padding(layer)
    plain = layer.dilation == ones(layer) and (layer.rank > 1 or layer.divisor_override is None)
    if layer.rank == 3 and any(
        k > i for k, i in zip(layer.kernel_size, layer.spatial, strict=True)
    ):
        padding = None  # torch.avg_pool3d compares the window with the unpadded input
    if plain and padding is not None:
        if any(padding):
            options.append(f"padding={sizes(padding)}")
            options += differing(layer, count_include_pad=True)
        options += differing(layer, ceil_mode=False)
        return single(module("AvgPool", layer, size(layer), *options))
    if plain and layer.count_include_pad and not layer.ceil_mode:
        first = f"nn.ZeroPad{layer.rank}d({pads(layer.padding)})"
        return sequential(first, layer.rank, module("AvgPool", layer, size(layer), *options))
    return _sums_by_counts(inference)


def _sums_by_counts(inference: Inference) -> list[str]:
    """Average as the sum of a window divided by how many of its cells count."""
    layer = inference.layer
    channels = layer.in_channels
    covering = _covering(inference)
    window = ", ".join(map(str, (channels, 1, *layer.kernel_size)))
    options = differing(layer, stride=ones(layer), dilation=ones(layer))
    apply = f"F.conv{layer.rank}d({{}}, {', '.join(['window', *options, f'groups={channels}'])})"
    lines = [
        "import torch",
        "import torch.nn.functional as F",
        "",
        "",
        "def layer(x):",
        f"    window = torch.ones({window})",
        f"    sums = {apply.format(f'F.pad(x, {pads(covering)})')}",
    ]
    if layer.divisor_override is not None:
        return [*lines, f"    return sums / {layer.divisor_override}", "", ""]
    lines.append("    cells = torch.ones_like(x)")
    if layer.count_include_pad:
        overhang = tuple((0, c[1] - p[1]) for c, p in zip(covering, layer.padding, strict=True))
        lines.append(f"    cells = F.pad(cells, {pads(layer.padding)}, value=1.0)")
        covering = overhang
    if any(map(any, covering)):
        lines.append(f"    cells = F.pad(cells, {pads(covering)})")
    return [*lines, f"    return sums / {apply.format('cells')}", "", ""]


def lp_pool(inference: Inference) -> list[str]:
    """Write LPPool, or a sum of powers where PyTorch's own means something else.

    PyTorch leaves the sign of its input in odd powers, as no other framework does.
    """
    layer = inference.layer
    plain = layer.dilation == ones(layer) and not layer.ceil_mode
    if layer.framework == "pytorch" or (layer.norm_p % 2 == 0 and plain):
        options = differing(layer, stride=layer.kernel_size, ceil_mode=False)
        own = module("LPPool", layer, _norm(layer), size(layer), *options)
        if not any(map(any, layer.padding)):
            return single(own)
        return sequential(f"nn.ZeroPad{layer.rank}d({pads(layer.padding)})", layer.rank, own)
    window = ", ".join(map(str, (layer.in_channels, 1, *layer.kernel_size)))
    options = differing(layer, stride=ones(layer), dilation=ones(layer))
    arguments = ", ".join(["x", "window", *options, f"groups={layer.in_channels}"])
    return [
        "import torch",
        "import torch.nn.functional as F",
        "",
        "",
        "def layer(x):",
        f"    window = torch.ones({window})",
        f"    x = F.pad(x.abs() ** {_norm(layer)}, {pads(_covering(inference))})",
        f"    return F.conv{layer.rank}d({arguments}) ** (1 / {_norm(layer)})",
        "",
        "",
    ]


def _norm(layer: Layer) -> str:
    return f"{layer.norm_p:g}"


def separable(inference: Inference) -> list[str]:
    """Write the two convolutions that a separable one is made of."""
    layer = inference.layer
    seen = layer.in_channels * layer.depth_multiplier
    first = conv(
        inference._replace(
            layer=replace(
                layer,
                kind="depthwise",
                out_channels=seen,
                groups=layer.in_channels,
                bias=layer.depthwise_bias,
            )
        )
    )
    options = differing(layer, bias=True)
    second = module("Conv", layer, f"{seen}, {layer.out_channels}, kernel_size=1", *options)
    if first[-1] == ")":
        return [*first[:-1], f"    {second},", ")"]
    only = first[-1].removeprefix("layer = ")
    return [*first[:-1], "layer = nn.Sequential(", f"    {only},", f"    {second},", ")"]


def _native_padding(layer: Layer) -> tuple[int, ...] | None:
    """Return a pool's padding where PyTorch's own will do: even, and at most half the kernel."""
    padding = both_sides(layer.padding)
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
