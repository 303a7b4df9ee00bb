"""Layers without a sliding window, in another framework's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from service.shapes.errors import UnknownError
from service.shapes.wording import own_parameter, own_word, together

if TYPE_CHECKING:
    from service.shapes.layer import Layer

__all__ = ["write_other"]


def write_other(layer: Layer, framework: str, letters: str) -> dict[str, Any]:
    """Write the parameters of ``layer``, which is what its own framework made of the request.

    ``letters`` is the layout that it gets in the other framework.

    Raises:
        UnknownError: the framework has no words for it.
    """
    kind, op = layer.kind, layer.op
    if kind == "linear":
        return {own_word(framework, op, "out_features") or "units": layer.out_channels}
    if kind == "dropout":
        return {own_word(framework, op, "rate") or "rate": layer.rate}
    if kind == "activation" and layer.axes:
        letter = layer.layout[layer.axes[0]]
        return {own_word(framework, op, "axis") or "axis": letters.index(letter)}
    writer = _WRITERS.get(kind)
    return {} if writer is None else writer(layer, framework)


def _adaptive(layer: Layer, _framework: str) -> dict[str, Any]:
    return {"output_size": together(layer.output_size)}


def _normalisation(layer: Layer, framework: str) -> dict[str, Any]:
    if layer.scale and layer.bias:
        return {}
    if framework == "keras":
        return {"scale": layer.scale, "center": layer.bias}
    if framework == "flax":
        return {"use_scale": layer.scale, "use_bias": layer.bias}
    if framework == "onnx" or layer.scale or layer.bias:
        raise UnknownError("not_in_framework", f"{framework} has both a scale and an offset.")
    return {"affine": False}


def _sides(layer: Layer, framework: str) -> dict[str, Any]:
    name, pads = "cropping" if layer.kind == "cropping" else "padding", layer.padding
    if framework == "pytorch":
        return {name: [pixels for sides in reversed(pads) for pixels in sides]}
    if framework == "onnx":
        return {"pads": [before for before, _ in pads] + [after for _, after in pads]}
    if framework == "keras" and len(pads) == 1:
        return {name: list(pads[0])}
    return {name: [list(sides) for sides in pads]}


_LINEAR: Final = {1: "linear", 2: "bilinear", 3: "trilinear"}


def _upsampling(layer: Layer, framework: str) -> dict[str, Any]:
    factors = [o // i for i, o in zip(layer.spatial, layer.output_size, strict=True)]
    name = {"keras": "size", "onnx": "scales"}.get(framework, "scale_factor")
    values: dict[str, Any] = {name: together(factors)}
    if framework == "onnx":
        values = {name: factors}
    if any(i * f != o for i, f, o in zip(layer.spatial, factors, layer.output_size, strict=True)):
        if framework != "pytorch":
            raise UnknownError("not_in_framework", f"{framework} upsamples by whole factors.")
        values = {"size": together(layer.output_size)}
    mode = own_parameter(framework, layer.op, "mode")
    wanted = layer.interpolation
    if wanted != "nearest":
        names = {wanted}
        if wanted.endswith("linear"):
            names = {"linear", _LINEAR[layer.rank]}
        elif wanted.endswith("cubic"):
            names = {"cubic", "bicubic"}
        known = [choice for choice in (mode.choices if mode else ()) if choice in names]
        if mode is None or not known:
            detail = f"{layer.op} in {framework} has no mode `{wanted}`."
            raise UnknownError("not_in_framework", detail)
        values[mode.name] = known[0]
    return values


def _flatten(layer: Layer, framework: str) -> dict[str, Any]:
    first, last = layer.axes
    if framework in ("pytorch", "textbook"):
        return {"start_dim": first, "end_dim": last}
    if (first, last) != (int(layer.layout[0] == "N"), len(layer.layout) - 1):
        raise UnknownError("not_in_framework", f"{framework} merges all axes but the batch.")
    return {}


_WRITERS: Final[dict[str, Callable[[Layer, str], dict[str, Any]]]] = {
    "adaptive_avg_pool": _adaptive,
    "adaptive_max_pool": _adaptive,
    "batch_norm": _normalisation,
    "zero_padding": _sides,
    "cropping": _sides,
    "upsampling": _upsampling,
    "flatten": _flatten,
}
