"""Keras code for convolutions: plain, by channel, separable and transposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.shapes.padding import pad
from service.shapes.snippets.keras.writing import (
    View,
    differing,
    function,
    inline,
    ones,
    padding_layers,
    pads,
    sequence,
    sizes,
)

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.padding import Pads

__all__ = ["convolution", "transposed"]

_INDICES: Final = {
    "replicate": "keras.ops.clip({line}, 0, {last})",
    "circular": "keras.ops.mod({line}, {size})",
    "reflect": "{last} - keras.ops.abs({last} - keras.ops.abs({line}))",
}


def convolution(view: View) -> list[str]:
    """Write a convolution of any kind that is not transposed.

    Keras refuses strides together with dilation; then every n-th output of stride 1 is taken.
    """
    layer = view.layer
    named = _named(layer)
    mirrored = layer.padding_mode != "zeros" and named != "valid"
    both = max(layer.stride) > 1 and max(layer.dilation) > 1
    options = [] if both else differing(layer, stride=("strides", ones(layer)))
    options += differing(layer, dilation=("dilation_rate", ones(layer)))
    if named is not None and not mirrored and not both:
        option = [f'padding="{named}"'] if named != "valid" else []
        return sequence(*_layers(view, [*options, *option]))
    layers = _layers(view, options)
    if not mirrored:
        layers = [*padding_layers(view), *layers]
        if not both:
            return sequence(*layers)
    steps = [f"::{step}" for step in layer.stride]
    taken = f"[{view.around(steps, ':')}]" if both else ""
    return function(
        [f"convolution = {inline(layers)}"],
        *(_mirrored(view) if mirrored else []),
        f"return convolution(x){taken}",
    )


def _named(layer: Layer) -> str | None:
    """Return the name under which Keras pads like that."""
    if not any(map(any, layer.padding)):
        return "valid"
    around = (layer.spatial, layer.kernel_size, layer.stride, layer.dilation)
    if layer.padding == pad("same", *around):
        return "same"
    causal = layer.kind == "conv" and layer.rank == 1
    return "causal" if causal and layer.padding == pad("causal", *around) else None


def _layers(view: View, options: list[str]) -> list[str]:
    """Write the layers that convolve, once the padding is out of the way."""
    layer = view.layer
    kernel = sizes(layer.kernel_size)
    bias = [] if layer.bias else ["use_bias=False"]
    depth = differing(layer, depth_multiplier=("depth_multiplier", 1))
    if layer.kind == "conv":
        groups = differing(layer, groups=("groups", 1))
        return [view.make("Conv#", str(layer.out_channels), kernel, *options, *groups, *bias)]
    if layer.kind == "separable" and not layer.depthwise_bias:
        filters = str(layer.out_channels)
        return [view.make("SeparableConv#", filters, kernel, *options, *depth, *bias)]
    if layer.kind == "depthwise":
        return [view.make("DepthwiseConv#", kernel, *options, *depth, *bias)]
    first = view.make("DepthwiseConv#", kernel, *options, *depth)
    return [first, view.make("Conv#", str(layer.out_channels), "1", *bias)]


def _mirrored(view: View) -> list[str]:
    """Write the padding of ``x`` with its own pixels."""
    layer = view.layer
    lines = []
    for axis, (size, (before, after)) in enumerate(zip(layer.spatial, layer.padding, strict=True)):
        if before or after:
            indices = _INDICES[layer.padding_mode].format(
                line=f"keras.ops.arange({-before}, {size + after})", last=size - 1, size=size
            )
            lines.append(f"x = keras.ops.take(x, {indices}, axis={view.start + axis})")
    return lines


def transposed(view: View) -> list[str] | None:
    """Write a transposed convolution; Keras has none with both strides and dilation."""
    layer = view.layer
    if max(layer.stride) > 1 and max(layer.dilation) > 1:
        return None
    filters = (layer.out_channels or 1) // layer.groups
    arguments = [
        str(filters),
        sizes(layer.kernel_size),
        *differing(layer, stride=("strides", ones(layer)), dilation=("dilation_rate", ones(layer))),
        *([] if layer.bias else ["use_bias=False"]),
    ]
    crops = _crops(layer)
    native = _native(layer, crops)
    if native is not None:
        layers = [view.make("Conv#Transpose", *arguments, *native)]
    else:
        layers = _cropped(view, arguments, crops)
    if layer.groups == 1:
        return sequence(*layers)
    return function(
        [f"groups = [{inline(layers)} for _ in range({layer.groups})]"],
        f"parts = keras.ops.split(x, {layer.groups}, axis={view.channel})",
        "made = [group(part) for group, part in zip(groups, parts)]",
        f"return keras.ops.concatenate(made, axis={view.channel})",
    )


def _crops(layer: Layer) -> Pads:
    """Return what is taken from (i − 1)s + k_e on both sides; negative where more is wanted."""
    extra = layer.output_padding or (0,) * layer.rank
    return tuple(
        (before, after - more) for (before, after), more in zip(layer.padding, extra, strict=True)
    )


def _native(layer: Layer, crops: Pads) -> list[str] | None:
    """Return the padding and output_padding by which Keras crops like that, if there are any."""
    reaches = layer.effective_kernel_size
    steps = list(zip(reaches, layer.stride, strict=True))
    if crops == tuple((0, min(reach - step, 0)) for reach, step in steps):
        return []
    totals = [(reach - step) for reach, step in steps]
    if crops == tuple(_split(total) for total in totals):
        return ['padding="same"']
    for name, most in (("valid", [0] * layer.rank), ("same", [r - r % 2 for r in reaches])):
        extra = [limit - sum(crop) for limit, crop in zip(most, crops, strict=True)]
        if all(0 <= e < step for e, step in zip(extra, layer.stride, strict=True)) and crops == (
            tuple(_split(limit - e) for limit, e in zip(most, extra, strict=True))
        ):
            option = [] if name == "valid" else ['padding="same"']
            return [*option, f"output_padding={sizes(extra)}"]
    return None


def _split(total: int) -> tuple[int, int]:
    """Split a crop as Keras does: the odd pixel at the end, and nothing added before."""
    before = max(total // 2, 0)
    return before, total - before


def _cropped(view: View, arguments: list[str], crops: Pads) -> list[str]:
    """Make the largest output that there is, out of a longer input if need be, and crop it."""
    layer = view.layer
    before, after = [], []
    for (start, end), reach, step in zip(
        crops, layer.effective_kernel_size, layer.stride, strict=True
    ):
        spare = max(step - reach, 0)
        longer = max(-(-(-end - spare) // step), 0)
        before.append((0, longer))
        after.append((start, end + spare + longer * step))
    layers = [view.make("Conv#Transpose", *arguments)]
    if any(map(any, before)):
        layers.insert(0, view.make("ZeroPadding#", pads(tuple(before), layer.rank)))
    return [*layers, view.make("Cropping#", pads(tuple(after), layer.rank))]
