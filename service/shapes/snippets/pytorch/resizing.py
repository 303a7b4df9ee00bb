"""Transposed convolutions, chosen windows, padding, cropping and upsampling in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.shapes.snippets.pytorch.parts import (
    PADS,
    differing,
    kernel,
    module,
    ones,
    pads,
    sequential,
    single,
    sizes,
)

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.padding import Pads
    from service.shapes.results import Inference

__all__ = ["adaptive_pool", "conv_transpose", "global_pool", "moved", "upsampling"]

_LINEAR: Final = {1: "linear", 2: "bilinear", 3: "trilinear"}
_AXES: Final = {1: "(-1,)", 2: "(-2, -1)", 3: "(-3, -2, -1)"}


def conv_transpose(inference: Inference) -> list[str] | None:
    """Write ConvTranspose, and behind it a crop where it cuts off unlike pixels on the sides."""
    layer = inference.layer
    padding, more, cuts = _split(layer)
    limits = [max(step, spread) for step, spread in zip(layer.stride, layer.dilation, strict=True)]
    fits = all(pixels < limit for pixels, limit in zip(more, limits, strict=True))
    if not fits or min(map(min, cuts)) < 0:
        if layer.bias:
            return None  # what is added beyond the patches would lack the bias
        padding = more = (0,) * layer.rank
        cuts = tuple(
            (before, after - own)
            for (before, after), own in zip(
                layer.padding, layer.output_padding or more, strict=True
            )
        )
    options = differing(layer, stride=ones(layer))
    options += [f"padding={sizes(padding)}"] if any(padding) else []
    options += [f"output_padding={sizes(more)}"] if any(more) else []
    options += differing(layer, dilation=ones(layer), groups=1, bias=True)
    own = module("ConvTranspose", layer, kernel(layer), *options)
    if not any(map(any, cuts)):
        return single(own)
    crop = f"nn.ZeroPad{layer.rank}d({pads(_negative(cuts))})"
    first, *lines = sequential(crop, layer.rank, own)
    lines[-3], lines[-2] = lines[-2], lines[-3]
    return [first, *lines]


def _split(layer: Layer) -> tuple[tuple[int, ...], tuple[int, ...], Pads]:
    """Split what is cut off into torch's padding, output padding and what is left to crop."""
    padding, more, cuts = [], [], []
    for (before, after), own in zip(
        layer.padding, layer.output_padding or (0,) * layer.rank, strict=True
    ):
        net = after - own
        common = before if net <= before else max(min(before, net), 0)
        padding.append(common)
        more.append(max(common - net, 0))
        cuts.append((before - common, max(net - common, 0)))
    return tuple(padding), tuple(more), tuple(cuts)


def _negative(padding: Pads) -> Pads:
    return tuple((-before, -after) for before, after in padding)


def adaptive_pool(inference: Inference) -> list[str]:
    """Write AdaptiveAvgPool or AdaptiveMaxPool."""
    layer = inference.layer
    name = "AdaptiveAvgPool" if layer.kind == "adaptive_avg_pool" else "AdaptiveMaxPool"
    return single(module(name, layer, sizes(layer.output_size)))


def global_pool(inference: Inference) -> list[str]:
    """Write a pool over the whole input, and Flatten where its axes are dropped."""
    layer = inference.layer
    if layer.kind == "global_lp_pool":
        keep = ", keepdim=True" if layer.keepdims else ""
        power = f"{layer.norm_p:g}"
        return [
            "import torch",
            "",
            "",
            "def layer(x):",
            f"    return torch.linalg.vector_norm(x, {power}, dim={_AXES[layer.rank]}{keep})",
            "",
            "",
        ]
    name = "AdaptiveAvgPool" if layer.kind == "global_avg_pool" else "AdaptiveMaxPool"
    pool = module(name, layer, "1")
    if layer.keepdims:
        return single(pool)
    start = 1 if layer.layout.startswith("N") else 0
    return [
        *single("")[:-1],
        "layer = nn.Sequential(",
        f"    {pool},",
        f"    nn.Flatten({start}),",
        ")",
    ]


def moved(inference: Inference) -> list[str]:
    """Write ZeroPad, which crops where its numbers are negative, or what pads otherwise."""
    layer = inference.layer
    if layer.kind != "zero_padding":
        return single(module("ZeroPad", layer, pads(_negative(layer.padding))))
    if layer.details.fill:
        return single(module("ConstantPad", layer, pads(layer.padding), f"{layer.details.fill:g}"))
    return single(module(PADS[layer.padding_mode], layer, pads(layer.padding)))


def upsampling(inference: Inference) -> list[str] | None:
    """Write Upsample; torch wants a batch for it."""
    layer = inference.layer
    mode = layer.interpolation
    if mode.endswith("linear"):
        mode = _LINEAR[layer.rank]
    if mode not in ("nearest", "nearest-exact", "area", _LINEAR[layer.rank], "bicubic") or (
        mode == "bicubic" and layer.rank != 2
    ):
        return None
    size = tuple(axis.output for axis in inference.axes)
    whole = all(axis.output == axis.input * axis.stride for axis in inference.axes)
    arguments = f"scale_factor={sizes(layer.stride)}" if whole else f"size={sizes(size)}"
    if mode != "nearest":
        arguments += f', mode="{mode}"'
    arguments += ", align_corners=True" if layer.details.align_corners else ""
    if layer.layout.startswith("N"):
        return single(f"nn.Upsample({arguments})")
    return [
        "import torch",
        "import torch.nn.functional as F",
        "",
        "",
        "def layer(x):  # of one input: torch wants a batch",
        f"    return F.interpolate(x[None], {arguments})[0]",
        "",
        "",
    ]
