"""Wrong rules for one axis: what learners do instead of ⌊(i + p − e)/s⌋ + 1, each by its name.

Those for layers without sliding windows are in :mod:`service.shapes.wrong_resizing`. Sizes are in
pixels: i input, k kernel, e effective kernel d(k − 1) + 1, s stride, d dilation, p both paddings
together (b before, a after), o output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from service.shapes.infer import output_size
from service.shapes.wrong_resizing import BY_KIND, Rule, extra

if TYPE_CHECKING:
    from service.shapes.infer import Axis
    from service.shapes.layer import Layer

__all__ = ["AXIS_CODES", "explain", "wrong_sizes"]


def _room(axis: Axis) -> int:
    """How far the window can move: what the right formula divides by the stride."""
    return axis.input + sum(axis.padding) - axis.effective_kernel_size


def _same(layer: Layer) -> bool:
    return layer.padding_rule in ("same", "same_lower")


def _unpadded(layer: Layer, axis: Axis) -> bool:
    return not _same(layer) and not any(axis.padding)


def _forgot_padding(layer: Layer, axis: Axis) -> int | None:
    if _same(layer) or not any(axis.padding):
        return None  # “same” padding left out is the other padding rule
    return _windows(layer, axis, (0, 0), axis.effective_kernel_size)


def _other_padding_rule(layer: Layer, axis: Axis) -> int | None:
    if _same(layer):
        return _windows(layer, axis, (0, 0), axis.effective_kernel_size)
    return -(-axis.input // axis.stride) if _unpadded(layer, axis) else None


def _forgot_plus_one(layer: Layer, axis: Axis) -> int | None:
    if _same(layer):
        return None  # ⌈i/s⌉ has no + 1 to forget
    return axis.output - 1


def _ignored_stride(layer: Layer, axis: Axis) -> int | None:
    return axis.input if _same(layer) else _room(axis) + 1


def _padding_once(layer: Layer, axis: Axis) -> int | None:
    if not all(axis.padding):
        return None
    return _windows(layer, axis, (axis.padding[0], 0), axis.effective_kernel_size)


def _ceil_for_floor(layer: Layer, axis: Axis) -> int | None:
    return None if layer.ceil_mode else -(-_room(axis) // axis.stride) + 1


def _ignored_ceil_mode(layer: Layer, axis: Axis) -> int | None:
    return _room(axis) // axis.stride + 1 if layer.ceil_mode else None


def _window_in_padding(layer: Layer, axis: Axis) -> int | None:
    return -(-_room(axis) // axis.stride) + 1 if layer.ceil_mode else None


def _ignored_dilation(layer: Layer, axis: Axis) -> int | None:
    if _same(layer) or axis.dilation == 1:
        return None
    return _windows(layer, axis, axis.padding, axis.kernel_size)


def _dilation_times_kernel(layer: Layer, axis: Axis) -> int | None:
    if _same(layer) or axis.dilation == 1:
        return None
    return _windows(layer, axis, axis.padding, axis.dilation * axis.kernel_size)


def _assumed_size_over_stride(layer: Layer, axis: Axis) -> int | None:
    if axis.stride == 1 or (_unpadded(layer, axis) and axis.input % axis.stride == 0):
        return None  # there it is assumed_same, or the other padding rule
    return axis.input // axis.stride


def _assumed_same(layer: Layer, axis: Axis) -> int | None:
    if _same(layer) or (axis.stride == 1 and _unpadded(layer, axis)):
        return None  # there it is an ignored stride, or the other padding rule
    return axis.input


def _kernel_minus_one_each_side(layer: Layer, axis: Axis) -> int | None:
    if not _same(layer):
        return None
    reach = axis.effective_kernel_size - 1
    return _windows(layer, axis, (reach, reach), axis.effective_kernel_size)


def _kernel_not_subtracted(layer: Layer, axis: Axis) -> int | None:
    if _same(layer):
        return None  # there it is padding by a kernel − 1 on each side
    padded = axis.input + sum(axis.padding)
    return (-(-padded // axis.stride) if layer.ceil_mode else padded // axis.stride) + 1


def _transposed_formula(layer: Layer, axis: Axis) -> int | None:
    if _same(layer):
        return axis.input * axis.stride
    return (axis.input - 1) * axis.stride - sum(axis.padding) + axis.effective_kernel_size


def _windows(layer: Layer, axis: Axis, padding: tuple[int, int], reach: int) -> int | None:
    """The right formula with the wrong padding or kernel; None where the kernel does not fit."""
    if axis.input + sum(padding) < reach:
        return None
    return output_size(axis.input, reach, axis.stride, *padding, ceil_mode=layer.ceil_mode)


_AXIS_RULES: Final = {
    rule.code: rule
    for rule in (
        Rule(
            "forgot_padding",
            _forgot_padding,
            "The padding was left out: {left}({i} − {e})/{s}{right} + 1 = {wrong}. "
            "The window slides over the input and {p} pixels of padding: {i} + {p} − {e}.",
        ),
        Rule(
            "other_padding_rule",
            _other_padding_rule,
            "{wrong} is what “{other}” padding gives. This layer has “{own}” padding.",
        ),
        Rule(
            "forgot_plus_one",
            _forgot_plus_one,
            "The + 1 after the division is missing: {wrong} is how often the window moves on, "
            "and the place where it starts counts too.",
        ),
        Rule(
            "ignored_stride",
            _ignored_stride,
            "The stride was left out: {wrong} is the size at stride 1. "
            "The window moves {s} pixels a step, so divide by {s}.",
        ),
        Rule(
            "padding_once",
            _padding_once,
            "The padding was added once, {i} + {b}. It stands on both sides: {i} + {b} + {a}.",
        ),
        Rule(
            "ceil_for_floor",
            _ceil_for_floor,
            "The division was rounded up: ⌈({room})/{s}⌉ + 1 = {wrong}. "
            "A window that does not fit any more is dropped: round down.",
        ),
        Rule(
            "assumed_size_over_stride",
            _assumed_size_over_stride,
            "Dividing the input by the stride and rounding down, ⌊{i}/{s}⌋ = {wrong}, "
            "is not enough: {instead}.",
        ),
        Rule(
            "assumed_same",
            _assumed_same,
            "{wrong} is the size of the input. The output is as large only at stride 1, and only "
            "where the padding makes up for the kernel.",
        ),
        Rule(
            "ignored_dilation",
            _ignored_dilation,
            "The dilation was left out: a kernel of {k} with dilation {d} spans "
            "{d}·({k} − 1) + 1 = {e} pixels, not {k}.",
        ),
        Rule(
            "dilation_times_kernel",
            _dilation_times_kernel,
            "The kernel was taken to span {d}·{k} pixels. Dilation widens the gaps between its "
            "{k} weights, not the last weight: {d}·({k} − 1) + 1 = {e}.",
        ),
        Rule(
            "kernel_minus_one_each_side",
            _kernel_minus_one_each_side,
            "{wrong} comes of padding by {e} − 1 on each side. “Same” padding adds that much in "
            "total at stride 1, half of it on each side.",
        ),
        Rule(
            "ignored_ceil_mode",
            _ignored_ceil_mode,
            "The division was rounded down; with ceil_mode it is rounded up.",
        ),
        Rule(
            "window_in_padding",
            _window_in_padding,
            "Rounding up alone gives {wrong}, but the last window would start in the padding "
            "behind the input: it is dropped.",
        ),
        Rule(
            "kernel_not_subtracted",
            _kernel_not_subtracted,
            "The kernel was not subtracted: {left}{whole}/{s}{right} + 1 = {wrong}. "
            "The last window starts {e} pixels before the end.",
        ),
        Rule(
            "transposed_formula",
            _transposed_formula,
            "{wrong} is the size after a transposed convolution, which runs the other way.",
        ),
    )
}

AXIS_CODES: Final[tuple[str, ...]] = tuple(
    dict.fromkeys((*_AXIS_RULES, *(code for rules in BY_KIND.values() for code in rules)))
)
"""Names of the rules."""


def _rules(layer: Layer) -> Mapping[str, Rule]:
    return BY_KIND.get(layer.kind, _AXIS_RULES)


def wrong_sizes(layer: Layer, axis: Axis) -> dict[str, int]:
    """The size that each wrong rule gives along ``axis``, by code, where it is not the right one.

    Rules that give no possible size (below 0) or make no sense for the layer are left out.
    """
    sizes = {}
    for code, rule in _rules(layer).items():
        size = rule.size(layer, axis)
        if size is not None and size >= 0 and size != axis.output:
            sizes[code] = size
    return sizes


def explain(layer: Layer, axis: Axis, code: str, wrong: int) -> str:
    """What is wrong with the rule ``code``, which gave ``wrong`` along ``axis``, in a sentence."""
    before, after = axis.padding
    total = before + after
    whole = f"{axis.input} + {total}" if total else f"{axis.input}"
    left, right = "⌈⌉" if layer.ceil_mode else "⌊⌋"
    return _rules(layer)[code].text.format(
        i=axis.input,
        k=axis.kernel_size,
        e=axis.effective_kernel_size,
        s=axis.stride,
        d=axis.dilation,
        p=total,
        b=before,
        a=after,
        o=axis.output,
        u=extra(layer, axis),
        wrong=wrong,
        whole=f"({whole})" if total else whole,
        room=f"{whole} − {axis.effective_kernel_size}",
        left=left,
        right=right,
        instead="“same” padding rounds up" if _same(layer) else "kernel and padding count too",
        own="same" if _same(layer) else "valid",
        other="valid" if _same(layer) else "same",
    )
