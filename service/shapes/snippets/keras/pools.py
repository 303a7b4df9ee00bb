"""Keras code for pools: native where Keras has them, tap by tap where it has not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.shapes.padding import pad
from service.shapes.snippets.keras.writing import (
    View,
    differing,
    function,
    ones,
    pad_all,
    pads,
    sequence,
    sizes,
)

if TYPE_CHECKING:
    from service.shapes.padding import Pads

__all__ = ["adaptive", "pool", "whole"]

_NAMES: Final = {"max_pool": "MaxPooling#", "avg_pool": "AveragePooling#"}


def pool(view: View) -> list[str]:
    """Write a max, average or Lp pool whose window slides."""
    layer = view.layer
    covering = _covering(view)
    if layer.kind == "lp_pool" or layer.dilation != ones(layer) or layer.divisor_override:
        return _by_taps(view, covering)
    options = differing(layer, stride=("strides", layer.kernel_size))
    name, window = _NAMES[layer.kind], sizes(layer.kernel_size)
    padded = any(map(any, covering))
    same = covering == pad("same", layer.spatial, layer.kernel_size, layer.stride, layer.dilation)
    average = layer.kind == "avg_pool"
    if not padded or (same and not (average and layer.count_include_pad)):
        named = ['padding="same"'] if padded else []
        return sequence(view.make(name, window, *options, *named))
    if not average:
        pooled = view.make(name, window, *options)
        infinity = pad_all(view, covering, value='float("-inf")')
        return function([f"pool = {pooled}"], infinity, "return pool(x)")
    if layer.count_include_pad and covering == layer.padding:
        first = view.make("ZeroPadding#", pads(covering, layer.rank))
        return sequence(first, view.make(name, window, *options))
    return _by_taps(view, covering)


def _covering(view: View) -> Pads:
    """Pad so that a pool that rounds down has exactly these windows."""
    layer = view.layer
    if not layer.ceil_mode:
        return layer.padding
    return tuple(
        (
            axis.padding[0],
            max(
                (axis.output - 1) * axis.stride
                + axis.effective_kernel_size
                - axis.input
                - axis.padding[0],
                axis.padding[1],
            ),
        )
        for axis in view.inference.axes
    )


def _by_taps(view: View, covering: Pads) -> list[str]:
    """Write a pool as what it does to the pixels under each tap of its window."""
    layer, axes = view.layer, view.inference.axes
    letters = "ijk"[: layer.rank]
    slices = [
        f"{letter} * {axis.dilation} : {letter} * {axis.dilation} + "
        f"{(axis.output - 1) * axis.stride + 1} : {axis.stride}"
        for letter, axis in zip(letters, axes, strict=True)
    ]
    loops = " ".join(
        f"for {letter} in range({axis.kernel_size})"
        for letter, axis in zip(letters, axes, strict=True)
    )
    taps = [f"def taps(x):\n    return [x[{view.around(slices, ':')}] {loops}]"]
    outside = 'float("-inf")' if layer.kind == "max_pool" else "0.0"
    padded = [pad_all(view, covering, value=outside)] if any(map(any, covering)) else []
    if layer.kind == "max_pool":
        return function(taps, *padded, "return keras.ops.max(keras.ops.stack(taps(x)), axis=0)")
    if layer.kind == "lp_pool":
        p = f"{layer.norm_p:g}"
        return function(
            taps, *padded, f"return sum(keras.ops.abs(tap) ** {p} for tap in taps(x)) ** (1 / {p})"
        )
    if layer.divisor_override:
        return function(taps, *padded, f"return sum(taps(x)) / {layer.divisor_override}")
    ones_ = ["cells = keras.ops.ones_like(x)"]
    if layer.count_include_pad and any(map(any, layer.padding)):
        ones_ = [pad_all(view, layer.padding), *ones_]
        covering = tuple(
            (0, after - given)
            for (_, after), (_, given) in zip(covering, layer.padding, strict=True)
        )
        padded = [pad_all(view, covering)] if any(map(any, covering)) else []
    padded += [line.replace("x", "cells", 1).replace("(x,", "(cells,") for line in padded]
    return function(taps, *ones_, *padded, "return sum(taps(x)) / sum(taps(cells))")


def adaptive(view: View) -> list[str]:
    """Write an adaptive pool."""
    stem = "Average" if view.layer.kind == "adaptive_avg_pool" else "Max"
    return sequence(view.make(f"Adaptive{stem}Pooling#", sizes(view.layer.output_size)))


def whole(view: View) -> list[str]:
    """Write a global pool."""
    layer = view.layer
    keep = ["keepdims=True"] if layer.keepdims else []
    if layer.kind != "global_lp_pool":
        stem = "Average" if layer.kind == "global_avg_pool" else "Max"
        return sequence(view.make(f"Global{stem}Pooling#", *keep))
    p = f"{layer.norm_p:g}"
    spatial = tuple(range(view.start, view.start + layer.rank))
    arguments = ", ".join([f"axis={spatial}", *keep])
    return function([], f"return keras.ops.sum(keras.ops.abs(x) ** {p}, {arguments}) ** (1 / {p})")
