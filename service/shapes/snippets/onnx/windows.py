"""ONNX graphs of layers with windows."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Final

from service.shapes.snippets.onnx.graph import Graph, flat

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.padding import Pads

__all__ = ["WRITERS"]

_MODES: Final = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}


def _convolution(graph: Graph) -> bool:
    layer = graph.layer
    channels, filters = layer.in_channels, layer.out_channels or 1
    pads = layer.padding
    if layer.padding_mode != "zeros" or min(flat(pads)) < 0:
        graph.pad(pads, _MODES[layer.padding_mode])
        pads = _none(layer)
    options = _window(layer, pads)
    if layer.kind == "separable":
        seen = channels * layer.depth_multiplier
        weight = graph.random("depthwise", (seen, 1, *layer.kernel_size))
        bias = [graph.feed("c", (seen,), f"np.zeros({seen})")] if layer.depthwise_bias else []
        graph.add("Conv", graph.last, weight, *bias, **options, group=channels)
        weight = graph.random("pointwise", (filters, seen, *(1,) * layer.rank))
        graph.add("Conv", graph.last, weight, *_bias(graph))
        return True
    weight = graph.random("w", (filters, channels // layer.groups, *layer.kernel_size))
    graph.add("Conv", graph.last, weight, *_bias(graph), **options, **_group(layer))
    return True


def _bias(graph: Graph) -> list[str]:
    filters = graph.layer.out_channels or 1
    return [graph.feed("b", (filters,), f"np.zeros({filters})")] if graph.layer.bias else []


def _group(layer: Layer) -> dict[str, object]:
    return {} if layer.groups == 1 else {"group": layer.groups}


def _none(layer: Layer) -> Pads:
    return ((0, 0),) * layer.rank


def _window(layer: Layer, pads: Pads) -> dict[str, object]:
    """List the attributes that differ from ONNX's defaults."""
    ones = (1,) * layer.rank
    options: dict[str, object] = {"kernel_shape": layer.kernel_size}
    if layer.stride != ones:
        options["strides"] = layer.stride
    if layer.dilation != ones:
        options["dilations"] = layer.dilation
    if any(flat(pads)):
        options["pads"] = flat(pads)
    return options


def _transposed(graph: Graph) -> bool:
    """Write a ConvTranspose; what it cannot add to its output is padded behind it."""
    layer = graph.layer
    filters = layer.out_channels or 1
    more = layer.output_padding or (0,) * layer.rank
    weight = graph.random("w", (layer.in_channels, filters // layer.groups, *layer.kernel_size))
    native = min(flat(layer.padding)) >= 0 and all(
        op < s for op, s in zip(more, layer.stride, strict=True)
    )
    if native:
        options = _window(layer, layer.padding)
        if any(more):
            options["output_padding"] = more
        graph.add("ConvTranspose", "x", weight, *_bias(graph), **options, **_group(layer))
        return True
    graph.add("ConvTranspose", "x", weight, **_window(layer, _none(layer)), **_group(layer))
    graph.pad(
        tuple(
            (-before, op - after) for (before, after), op in zip(layer.padding, more, strict=True)
        )
    )
    if layer.bias:
        shape = (filters, *(1,) * layer.rank)
        graph.add("Add", graph.last, graph.feed("b", shape, f"np.zeros({shape})"))
    return True


def _max_pool(graph: Graph) -> bool:
    layer = graph.layer
    if _native(layer):
        graph.add("MaxPool", "x", **_window(layer, layer.padding), **_ceil(layer))
        return True
    graph.pad(_covering(graph), value=float("-inf"))
    graph.add("MaxPool", graph.last, **_window(layer, _none(layer)))
    return True


def _avg_pool(graph: Graph) -> bool:
    layer = graph.layer
    if layer.divisor_override is None and _native(layer):
        options = _window(layer, layer.padding) | _ceil(layer)
        if layer.count_include_pad and "pads" in options:
            options["count_include_pad"] = 1
        graph.add("AveragePool", "x", **options)
        return True
    covering = _covering(graph)
    if any(flat(covering)):
        graph.pad(covering)
    means = graph.add("AveragePool", graph.last, **_window(layer, _none(layer)))
    if layer.divisor_override is not None:
        factor = prod(layer.kernel_size) / layer.divisor_override
        graph.add("Mul", means, graph.constant("factor", factor))
        return True
    cells, code = _cells(layer, covering)
    counts = graph.add(
        "AveragePool", graph.feed("cells", cells, code), **_window(layer, _none(layer))
    )
    graph.add("Div", means, counts)
    return True


def _cells(layer: Layer, covering: Pads) -> tuple[tuple[int, ...], str]:
    """Write an array of the padded size with 1 where a cell counts in the average, else 0."""
    shape = tuple(
        size + before + after for size, (before, after) in zip(layer.spatial, covering, strict=True)
    )
    code = f"np.ones({(1, 1, *layer.spatial)})"
    rest = covering
    if layer.count_include_pad:
        inside = tuple((max(before, 0), max(after, 0)) for before, after in layer.padding)
        code = (
            f"np.ones({(1, 1, *(i + sum(p) for i, p in zip(layer.spatial, inside, strict=True)))})"
        )
        rest = tuple(
            (before - b, after - a)
            for (before, after), (b, a) in zip(covering, inside, strict=True)
        )
    cut = ", ".join(f"{max(-before, 0)}:{min(after, 0) or ''}" for before, after in rest)
    if any(min(pair) < 0 for pair in rest):
        code += f"[:, :, {cut}]"
    added = tuple((max(before, 0), max(after, 0)) for before, after in rest)
    if any(flat(added)):
        code = f"np.pad({code}, {((0, 0), (0, 0), *added)})"
    return (1, 1, *shape), code


def _lp_pool(graph: Graph) -> bool:
    layer = graph.layer
    if layer.norm_p != int(layer.norm_p):
        return False
    options: dict[str, object] = {"p": int(layer.norm_p)} if layer.norm_p != 2 else {}
    if _native(layer):
        graph.add("LpPool", "x", **_window(layer, layer.padding), **_ceil(layer), **options)
        return True
    graph.pad(_covering(graph))
    graph.add("LpPool", graph.last, **_window(layer, _none(layer)), **options)
    return True


def _ceil(layer: Layer) -> dict[str, object]:
    return {"ceil_mode": 1} if layer.ceil_mode else {}


def _native(layer: Layer) -> bool:
    """Tell whether onnxruntime takes a pool's padding: not negative, and less than the window."""
    return all(
        min(pair) >= 0 and max(pair) < kernel
        for pair, kernel in zip(layer.padding, layer.kernel_size, strict=True)
    )


def _covering(graph: Graph) -> Pads:
    """Pad so that rounding down gives exactly the windows that ceil_mode gives."""
    if not graph.layer.ceil_mode:
        return graph.layer.padding
    return tuple(
        (
            axis.padding[0],
            (axis.output - 1) * axis.stride
            + axis.effective_kernel_size
            - axis.input
            - axis.padding[0],
        )
        for axis in graph.inference.axes
    )


def _adaptive(graph: Graph) -> bool:
    """Write an adaptive pool as an ordinary one, which it is where its windows are all alike."""
    layer = graph.layer
    if any(not o or i % o for i, o in zip(layer.spatial, layer.output_size, strict=True)):
        return False
    window = tuple(i // o for i, o in zip(layer.spatial, layer.output_size, strict=True))
    op = "MaxPool" if layer.kind == "adaptive_max_pool" else "AveragePool"
    graph.add(op, "x", kernel_shape=window, strides=window)
    return True


def _whole(graph: Graph) -> bool:
    layer = graph.layer
    if layer.kind == "global_lp_pool":
        if layer.norm_p != int(layer.norm_p):
            return False
        graph.add("LpPool", "x", kernel_shape=layer.spatial, p=int(layer.norm_p))
    else:
        op = "GlobalMaxPool" if layer.kind == "global_max_pool" else "GlobalAveragePool"
        graph.add(op, "x")
    if not layer.keepdims:
        axes = graph.constant("axes", list(range(2, 2 + layer.rank)))
        graph.add("Squeeze", graph.nodes[-2].split(" ")[0], axes)
    return True


WRITERS: Final[dict[str, Callable[[Graph], bool]]] = {
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
"""How to write each kind of these layers; False where ONNX has nothing like it."""
