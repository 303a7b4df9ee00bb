"""JAX code for layers with windows: jax.lax's convolutions and reduce_window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from service.shapes.snippets.jax.writing import View, ones, random

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.padding import Pads

__all__ = ["WRITERS"]

_WORDS: Final = {"valid": "VALID", "same": "SAME", "same_lower": "SAME_LOWER"}
_MODES: Final = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _convolution(view: View) -> list[str]:
    """Write a convolution, a depthwise one, or a depthwise one and one of single pixels."""
    layer = view.layer
    channels, filters = layer.in_channels, layer.out_channels or 1
    if layer.kind != "separable":
        letters, shape = view.kernel(channels // layer.groups, filters)
        body = _convolve(view, letters, layer.groups)
        return _function(view, [f"w = {random(shape, 0)}"], body, filters if layer.bias else 0)
    seen = channels * layer.depth_multiplier
    letters, shape = view.kernel(1, seen)
    setup = [f"depthwise = {random(shape, 0)}", f"pointwise = {random(_pixel(view, seen), 1)}"]
    body = _convolve(view, letters, channels, kernel="depthwise")
    if layer.depthwise_bias:
        setup.append(f"depthwise_bias = jnp.zeros({seen})")
        body.append(f"x = x + {view.per_channel('depthwise_bias')}")
    body += _call(
        "lax.conv_general_dilated",
        "x, pointwise",
        [
            f"window_strides={ones(layer)}",
            'padding="VALID"',
            _orders(view, letters),
        ],
    )
    return _function(view, setup, body, filters if layer.bias else 0)


def _pixel(view: View, seen: int) -> str:
    """Write the shape of a kernel of one pixel."""
    layer = view.layer
    filters = layer.out_channels or 1
    one = ones(layer)
    return str((*one, seen, filters) if view.channels_last else (filters, seen, *one))


def _convolve(view: View, letters: str, groups: int, kernel: str = "w") -> list[str]:
    layer = view.layer
    body = []
    padding = f'"{_WORDS[layer.padding_rule]}"' if layer.padding_rule in _WORDS else ""
    if layer.padding_mode != "zeros" and any(map(any, layer.padding)):
        mode = _MODES[layer.padding_mode]
        body.append(f'x = jnp.pad(x, {view.pads(layer.padding)}, mode="{mode}")')
        padding = '"VALID"'
    options = [f"window_strides={layer.stride}", f"padding={padding or layer.padding}"]
    if layer.dilation != ones(layer):
        options.append(f"rhs_dilation={layer.dilation}")
    options.append(_orders(view, letters))
    if groups != 1:
        options.append(f"feature_group_count={groups}")
    return [*body, *_call("lax.conv_general_dilated", f"x, {kernel}", options)]


def _transposed(view: View) -> list[str]:
    """Write a transposed convolution; what pads it is k_e − 1 less the pixels that it crops."""
    layer = view.layer
    filters = layer.out_channels or 1
    own = layer.framework in ("jax", "flax")
    padding = f'"{_WORDS[layer.padding_rule]}"' if own and layer.padding_rule in _WORDS else ""
    if not padding:
        padding = str(
            tuple(
                (k_e - 1 - before, k_e - 1 - after + more)
                for k_e, (before, after), more in zip(
                    layer.effective_kernel_size,
                    layer.padding,
                    layer.output_padding or (0,) * layer.rank,
                    strict=True,
                )
            )
        )
    options = [f"padding={padding}"]
    if layer.dilation != ones(layer):
        options.append(f"rhs_dilation={layer.dilation}")
    if layer.groups > 1:
        letters, shape = view.kernel(layer.in_channels // layer.groups, filters)
        options += [f"lhs_dilation={layer.stride}", f"feature_group_count={layer.groups}"]
        name, strides = "lax.conv_general_dilated", f"window_strides={ones(layer)}"
    else:
        name, strides = "lax.conv_transpose", f"strides={layer.stride}"
        if own:
            letters, shape = view.kernel(layer.in_channels, filters)
        else:
            letters, shape = view.kernel(filters, layer.in_channels)
            options.append("transpose_kernel=True")
    options.append(_orders(view, letters))
    body = _call(name, "x, w", [strides, *options])
    return _function(view, [f"w = {random(shape, 0)}"], body, filters if layer.bias else 0)


def _orders(view: View, kernel: str) -> str:
    return f'dimension_numbers=("{view.letters}", "{kernel}", "{view.letters}")'


def _function(view: View, setup: list[str], body: list[str], biases: int) -> list[str]:
    if biases:
        setup = [*setup, f"b = jnp.zeros({biases})"]
        body = [*body, f"return x + {view.per_channel('b')}"]
    else:
        body = [*body[:-1], "return x"] if body[-1] == "x = x" else [*body, "return x"]
    return [*setup, "", "", "def layer(x):", *(f"    {line}" for line in body)]


def _call(name: str, arguments: str, options: list[str]) -> list[str]:
    return [f"x = {name}(", f"    {arguments},", *(f"    {option}," for option in options), ")"]


def _max_pool(view: View) -> list[str]:
    return ["def layer(x):", f"    return {_reduce(view, 'x', '-jnp.inf', 'max')}"]


def _avg_pool(view: View) -> list[str]:
    """Average as the sum of a window by how many of its cells count."""
    layer = view.layer
    sums = _reduce(view, "x", "0.0", "add")
    if layer.divisor_override is not None:
        return ["def layer(x):", f"    return {sums} / {layer.divisor_override}"]
    covering = _covering(view)
    if not any(map(any, covering)):
        cells = 1
        for size in layer.kernel_size:
            cells *= size
        return ["def layer(x):", f"    return {sums} / {cells}"]
    lines = ["def layer(x):", "    cells = jnp.ones_like(x)"]
    if layer.count_include_pad:
        lines.append(f"    cells = jnp.pad(cells, {view.pads(_added(layer))}, constant_values=1)")
        covering = tuple(
            (before - max(b, 0), after - max(a, 0))
            for (before, after), (b, a) in zip(covering, layer.padding, strict=True)
        )
    counts = _reduce(view, "cells", "0.0", "add", covering)
    return [*lines, f"    counts = {counts}", f"    return {sums} / counts"]


def _added(layer: Layer) -> Pads:
    return tuple((max(before, 0), max(after, 0)) for before, after in layer.padding)


def _lp_pool(view: View) -> list[str]:
    norm = f"{view.layer.norm_p:g}"
    sums = _reduce(view, f"jnp.abs(x) ** {norm}", "0.0", "add")
    return ["def layer(x):", f"    return {sums} ** (1 / {norm})"]


def _reduce(view: View, array: str, start: str, how: str, padding: Pads | None = None) -> str:
    layer = view.layer
    options = [
        f"window_dimensions={view.around(layer.kernel_size, 1)}",
        f"window_strides={view.around(layer.stride, 1)}",
        f"padding={view.pads(_covering(view) if padding is None else padding)}",
    ]
    if layer.dilation != ones(layer):
        options.append(f"window_dilation={view.around(layer.dilation, 1)}")
    arguments = f"{array}, {start}, lax.{how}"
    inside = "".join(f"        {option},\n" for option in (arguments, *options))
    return f"lax.reduce_window(\n{inside}    )"


def _covering(view: View) -> Pads:
    """Pad so that rounding down gives exactly the windows that ceil_mode gives."""
    layer = view.layer
    if not layer.ceil_mode:
        return layer.padding
    return tuple(
        (
            axis.padding[0],
            (axis.output - 1) * axis.stride
            + axis.effective_kernel_size
            - axis.input
            - axis.padding[0],
        )
        for axis in view.inference.axes
    )


def _adaptive(view: View) -> list[str]:
    layer = view.layer
    how = "max" if layer.kind == "adaptive_max_pool" else "mean"
    sizes = ", ".join(map(str, zip(view.axes, layer.output_size, strict=True)))
    return [
        "def layer(x):",
        f"    for axis, size in [{sizes}]:",
        "        n = x.shape[axis]",
        "        windows = [",
        "            lax.slice_in_dim(x, j * n // size, -(-(j + 1) * n // size), axis=axis)",
        "            for j in range(size)",
        "        ]",
        f"        cells = [window.{how}(axis, keepdims=True) for window in windows]",
        "        x = jnp.concatenate(cells, axis)",
        "    return x",
    ]


def _whole(view: View) -> list[str]:
    layer = view.layer
    how = f"{view.axes}{', keepdims=True' if layer.keepdims else ''}"
    if layer.kind == "global_lp_pool":
        norm = f"{layer.norm_p:g}"
        result = f"(jnp.abs(x) ** {norm}).sum({how}) ** (1 / {norm})"
    else:
        result = f"x.{'max' if layer.kind == 'global_max_pool' else 'mean'}({how})"
    return ["def layer(x):", f"    return {result}"]


WRITERS: Final[dict[str, Callable[[View], list[str] | None]]] = {
    "conv": _convolution,
    "depthwise": _convolution,
    "separable": _convolution,
    "conv_transpose": _transposed,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "lp_pool": _lp_pool,
    "adaptive_avg_pool": _adaptive,
    "adaptive_max_pool": _adaptive,
    "global_avg_pool": _whole,
    "global_max_pool": _whole,
    "global_lp_pool": _whole,
}
"""How to write each kind of these layers."""
