"""JAX code for layers that move pixels, and for those that work along no spatial axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from service.shapes.snippets.jax.writing import View, random

__all__ = ["WRITERS"]

_METHODS: Final = {
    "nearest": "nearest",
    "nearest-exact": "nearest",
    "linear": "linear",
    "bilinear": "linear",
    "trilinear": "linear",
    "bicubic": "cubic",
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}


def _moved(view: View, sign: int, fill: float = 0.0) -> list[str]:
    widths = [(sign * before, sign * after, 0) for before, after in view.layer.padding]
    return [
        "def layer(x):",
        f"    return lax.pad(x, {float(fill)}, {view.around(widths, (0, 0, 0))})",
    ]


def _padding(view: View) -> list[str] | None:
    if view.layer.padding_mode != "zeros":
        return None
    return _moved(view, 1, view.layer.details.fill)


def _cropping(view: View) -> list[str]:
    return _moved(view, -1)


def _upsampling(view: View) -> list[str] | None:
    layer = view.layer
    if layer.interpolation not in _METHODS or layer.details.align_corners:
        return None
    shape = list(view.shape)
    shape[view.start : view.start + layer.rank] = [axis.output for axis in view.inference.axes]
    method = _METHODS[layer.interpolation]
    return ["def layer(x):", f'    return jax.image.resize(x, {tuple(shape)}, "{method}")']


def _linear(view: View) -> list[str]:
    layer = view.layer
    setup = [f"w = {random(str((view.shape[-1], layer.out_channels)), 0)}"]
    if layer.bias:
        setup.append(f"b = jnp.zeros({layer.out_channels})")
    return [*setup, "", "", "def layer(x):", f"    return x @ w{' + b' if layer.bias else ''}"]


def _flatten(view: View) -> list[str]:
    return ["def layer(x):", f"    return x.reshape({view.inference.output_shape})"]


def _batch_norm(view: View) -> list[str]:
    layer = view.layer
    channels = layer.in_channels
    behind = "" if view.channels_last or not layer.axes else _nones(view)
    setup = [f"mean, variance = jnp.zeros({channels}), jnp.ones({channels})"]
    result = f"(x - mean{behind}) / jnp.sqrt(variance{behind} + 1e-5)"
    if layer.scale:
        setup.append(f"scale = jnp.ones({channels})")
        result += f" * scale{behind}"
    if layer.bias:
        setup.append(f"bias = jnp.zeros({channels})")
        result += f" + bias{behind}"
    return [*setup, "", "", "def layer(x):", f"    return {result}"]


def _nones(view: View) -> str:
    """Index a vector so that it lies along the layer's axis."""
    behind = len(view.shape) - 1 - view.layer.axes[0]
    return f"[:, {', '.join(['None'] * behind)}]" if behind else ""


def _activation(view: View) -> list[str]:
    layer = view.layer
    if layer.axes:
        return ["def layer(x):", f"    return jax.nn.softmax(x, axis={layer.axes[0]})"]
    return [f"layer = {'jnp.tanh' if layer.op == 'tanh' else f'jax.nn.{layer.op}'}"]


def _dropout(view: View) -> list[str]:
    rate = view.layer.rate
    if rate == 1:
        return ["layer = jnp.zeros_like"]
    return [
        "def layer(x):  # while training; otherwise x itself",
        f"    kept = jax.random.bernoulli(jax.random.key(1), {1 - rate:g}, x.shape)",
        f"    return jnp.where(kept, x / {1 - rate:g}, 0.0)",
    ]


def _add(_view: View) -> list[str]:
    return ["def layer(x):", "    return sum(x)"]


def _concat(view: View) -> list[str]:
    return ["def layer(x):", f"    return jnp.concatenate(x, axis={view.layer.axes[0]})"]


WRITERS: Final[dict[str, Callable[[View], list[str] | None]]] = {
    "zero_padding": _padding,
    "cropping": _cropping,
    "center_crop_like": _cropping,
    "upsampling": _upsampling,
    "linear": _linear,
    "flatten": _flatten,
    "batch_norm": _batch_norm,
    "activation": _activation,
    "dropout": _dropout,
    "add": _add,
    "concat": _concat,
}
"""How to write each kind of these layers."""
