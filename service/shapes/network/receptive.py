"""Receptive fields on a graph: for each layer, over all paths that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from service.shapes.layer import AXIS_NAMES, LAYOUTS
from service.shapes.network.field import START, Span, join, resample, scatter, slide

if TYPE_CHECKING:
    from service.shapes.network.inference import NetworkInference
    from service.shapes.results import Axis, Inference

__all__ = ["ReceptiveField", "measured_at", "receptive_fields"]


class ReceptiveField(NamedTuple):
    """What one output of a layer sees of the network's input, along each spatial axis.

    ``size`` is the largest over all paths, ``stride`` the distance between the fields of
    neighbouring outputs (less than 1 where the network has enlarged its input), ``padding`` by how
    many pixels the first field begins before the input, ``span`` what all paths together cover. It
    is more than ``size`` only where paths are not ``aligned``, that is, where they come together
    with different strides or around different pixels. All are empty as long as nothing but
    pointwise layers came.
    """

    axes: tuple[str, ...]
    size: tuple[int, ...]
    stride: tuple[int | float, ...]
    padding: tuple[int, ...]
    span: tuple[int, ...]
    aligned: bool


class _Field(NamedTuple):
    spans: tuple[Span, ...]
    aligned: bool


def receptive_fields(inference: NetworkInference) -> tuple[ReceptiveField | None, ...]:
    """Return the receptive field of each layer, in the order of the network's nodes.

    It is None where every output sees the whole input in a way that depends on its size: behind
    linear, flatten, global and adaptive pools; and where it is beyond what is followed (numbers
    over 2⁵³, patterns of upsampled pixels that take more than 256 to come again).
    """
    nodes = inference.network.nodes
    fields: list[_Field | None] = [None] * len(nodes)
    fields.append(_Field((), aligned=True))  # the network's own input, at place −1
    done: dict[tuple[_Field, int], _Field | None] = {}
    for index in inference.network.order:
        layer = inference.layers[index]
        sources = nodes[index].sources
        field = fields[sources[0]]
        if len(sources) > 1 and layer.layer.kind != "center_crop_like":
            field = _joined([fields[source] for source in sources])
        if field is None:
            continue
        if layer.layer.kind in _POINTWISE:
            fields[index] = None if _mixes_places(layer) else field
            continue
        key = (field, id(layer))
        if key not in done:
            done[key] = _behind(field, layer)
        fields[index] = done[key]
    shown = {field: _shown(field) for field in {*fields} if field is not None}
    return tuple([None if field is None else shown[field] for field in fields[:-1]])


def measured_at(inference: NetworkInference, fields: Sequence[ReceptiveField | None]) -> int | None:
    """Choose the layer whose receptive field is the network's: the last one that has any."""
    for index in reversed(inference.network.order):
        if fields[index] is not None:
            return index
    return None


def _joined(fields: list[_Field | None]) -> _Field | None:
    """Look through all of the inputs at once; None if one of them sees everything."""
    joined = fields[0]
    for field in fields[1:]:
        if joined is None or field is None:
            return None
        if joined == field:
            continue
        rank = max(len(joined.spans), len(field.spans))
        aligned = joined.aligned and field.aligned
        spans = []
        for one, other in zip(_spans(joined, rank), _spans(field, rank), strict=True):
            span, fits = join(one, other)
            if span is None:
                return None
            spans.append(span)
            aligned = aligned and fits
        joined = _Field(tuple(spans), aligned)
    return joined


def _spans(field: _Field, rank: int) -> tuple[Span, ...]:
    return field.spans or (START,) * rank


def _behind(field: _Field, inference: Inference) -> _Field | None:
    """Put a layer behind ``field``."""
    layer = inference.layer
    follow = _FOLLOW.get(layer.kind)
    if follow is None or layer.rank != len(field.spans or layer.kernel_size):
        return None
    spans: list[Span] = []
    like: tuple[Span, tuple[object, ...]] | None = None
    for span, axis in zip(_spans(field, layer.rank), inference.axes, strict=True):
        behind = spans[-1] if like == (span, axis[1:]) else follow(span, axis, inference)
        like = (span, axis[1:])
        if behind is None:
            return None
        spans.append(behind)
    return _Field(tuple(spans), field.aligned)


def _slide(span: Span, axis: Axis, _: Inference) -> Span | None:
    return slide(span, axis.effective_kernel_size, axis.stride, axis.padding[0])


def _scatter(span: Span, axis: Axis, _: Inference) -> Span | None:
    return scatter(span, axis.effective_kernel_size, axis.stride, axis.padding[0])


def _pad(span: Span, axis: Axis, _: Inference) -> Span | None:
    return slide(span, 1, 1, axis.padding[0])


def _crop(span: Span, axis: Axis, _: Inference) -> Span | None:
    return slide(span, 1, 1, -axis.padding[0])


def _resample(span: Span, axis: Axis, inference: Inference) -> Span | None:
    if axis.output != axis.input * axis.stride:
        return None
    return resample(span, axis.stride, max(inference.receptive_field))


_FOLLOW: Final[dict[str, Callable[[Span, Axis, Inference], Span | None]]] = {
    "conv": _slide,
    "depthwise": _slide,
    "separable": _slide,
    "max_pool": _slide,
    "avg_pool": _slide,
    "lp_pool": _slide,
    "conv_transpose": _scatter,
    "zero_padding": _pad,
    "cropping": _crop,
    "center_crop_like": _crop,
    "upsampling": _resample,
}
"""How the kinds of layers that work along spatial axes carry a receptive field on."""

_POINTWISE: Final = frozenset(("activation", "batch_norm", "dropout", "add", "concat"))
"""Kinds whose outputs see what the same place of their inputs sees."""


def _mixes_places(inference: Inference) -> bool:
    """Say whether a softmax or a concatenation works along a spatial axis."""
    layer = inference.layer
    if layer.kind == "batch_norm" or not layer.axes:
        return False
    at = LAYOUTS[layer.layout]
    return any(at.start <= axis < at.start + at.rank for axis in layer.axes)


def _shown(field: _Field) -> ReceptiveField:
    spans = field.spans
    return ReceptiveField(
        AXIS_NAMES[len(spans)],
        tuple([span.size for span in spans]),
        tuple([span.stride for span in spans]),
        tuple([span.padding for span in spans]),
        tuple([span.size + span.excess for span in spans]),
        field.aligned,
    )
