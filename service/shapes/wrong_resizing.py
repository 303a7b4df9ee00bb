"""Wrong rules for one axis of layers whose windows do not slide, each by its name.

They are transposed convolutions, adaptive and global pools, padding, cropping and upsampling.
Letters are those of :mod:`service.shapes.wrong_rules`, and u is the output padding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.results import Axis

__all__ = ["BY_KIND", "Rule", "extra"]


class Rule(NamedTuple):
    """A wrong rule for one axis: the size it gives (None where nobody would apply it), and why."""

    code: str
    size: Callable[[Layer, Axis], int | None]
    text: str


def extra(layer: Layer, axis: Axis) -> int:
    """Return the output padding along an axis; 0 where the layer has none."""
    if not layer.output_padding:
        return 0
    return layer.output_padding[layer.axis_names.index(axis.axis)]


def _named(layer: Layer) -> bool:
    return layer.padding_rule != "explicit"


def _whole(layer: Layer, axis: Axis) -> int:
    """What the patches span together, with what is added at the end."""
    return (axis.input - 1) * axis.stride + axis.effective_kernel_size + extra(layer, axis)


def _convolution_formula(layer: Layer, axis: Axis) -> int | None:
    if layer.padding_rule in ("same", "same_lower"):
        return -(-axis.input // axis.stride)
    pads = 0 if _named(layer) else sum(axis.padding)
    room = axis.input + pads - axis.effective_kernel_size
    return room // axis.stride + 1 if room >= 0 else None


def _other_padding_rule(layer: Layer, axis: Axis) -> int | None:
    if not _named(layer):
        return None
    more = max(axis.effective_kernel_size - axis.stride, 0)
    return axis.input * axis.stride + (more if layer.padding_rule != "valid" else 0)


def _forgot_padding(layer: Layer, axis: Axis) -> int | None:
    return _whole(layer, axis) if any(axis.padding) and not _named(layer) else None


def _padding_once(layer: Layer, axis: Axis) -> int | None:
    if _named(layer) or not all(axis.padding):
        return None
    return _whole(layer, axis) - axis.padding[0]


def _padding_added(layer: Layer, axis: Axis) -> int | None:
    if _named(layer) or not any(axis.padding):
        return None
    return _whole(layer, axis) + sum(axis.padding)


def _forgot_output_padding(layer: Layer, axis: Axis) -> int | None:
    return None if _named(layer) else axis.output - extra(layer, axis)


def _forgot_minus_one(layer: Layer, axis: Axis) -> int | None:
    return None if _named(layer) else axis.output + axis.stride


def _ignored_stride(layer: Layer, axis: Axis) -> int | None:
    if layer.padding_rule in ("same", "same_lower"):
        return axis.input
    return axis.output - (axis.input - 1) * (axis.stride - 1)


def _assumed_input_times_stride(layer: Layer, axis: Axis) -> int | None:
    return None if _named(layer) else axis.input * axis.stride


def _kernel_not_added(layer: Layer, axis: Axis) -> int | None:
    return None if _named(layer) else axis.output - axis.effective_kernel_size


def _ignored_dilation(layer: Layer, axis: Axis) -> int | None:
    if layer.padding_rule in ("same", "same_lower") or axis.dilation == 1:
        return None
    return axis.output - axis.effective_kernel_size + axis.kernel_size


def _input(_layer: Layer, axis: Axis) -> int | None:
    return axis.input


def _output_as_window(_layer: Layer, axis: Axis) -> int | None:
    return axis.input // axis.output if axis.output else None


def _one_side(_layer: Layer, axis: Axis) -> int | None:
    return axis.input + axis.padding[0] if all(axis.padding) else None


def _crop_one_side(_layer: Layer, axis: Axis) -> int | None:
    return axis.input - axis.padding[0] if all(axis.padding) else None


def _crop_added(_layer: Layer, axis: Axis) -> int | None:
    return axis.input + sum(axis.padding)


def _size_over_factor(_layer: Layer, axis: Axis) -> int | None:
    return axis.input // axis.stride


def _factor_added(_layer: Layer, axis: Axis) -> int | None:
    return axis.input + axis.stride


def _table(*rules: Rule) -> dict[str, Rule]:
    return {rule.code: rule for rule in rules}


_TRANSPOSED: Final = _table(
    Rule(
        "forgot_padding",
        _forgot_padding,
        "The padding was left out. In a transposed convolution it is taken away from the output: "
        "{wrong} − {p} = {o}.",
    ),
    Rule(
        "other_padding_rule",
        _other_padding_rule,
        "{wrong} is what the other rule of padding gives. `same` makes input · stride pixels, "
        "`valid` as many more as the kernel is longer than the stride.",
    ),
    Rule(
        "convolution_formula",
        _convolution_formula,
        "{wrong} is the size after an ordinary convolution. A transposed one runs the other way "
        "and makes the input larger.",
    ),
    Rule(
        "forgot_output_padding",
        _forgot_output_padding,
        "The output padding was left out: {wrong} + {u} = {o}.",
    ),
    Rule(
        "ignored_stride",
        _ignored_stride,
        "The stride was left out: {wrong} is the size at stride 1. The patches lie {s} pixels "
        "apart.",
    ),
    Rule(
        "padding_once",
        _padding_once,
        "The padding was taken away once, {b}. It is taken away on both sides: {b} + {a}.",
    ),
    Rule(
        "padding_added",
        _padding_added,
        "The padding was added. In a transposed convolution it is taken away from the output.",
    ),
    Rule(
        "assumed_input_times_stride",
        _assumed_input_times_stride,
        "{i} · {s} = {wrong} is the size only where padding and output padding make up for the "
        "kernel.",
    ),
    Rule(
        "forgot_minus_one",
        _forgot_minus_one,
        "{i} · {s} was taken for ({i} − 1) · {s}: between {i} patches there is one step fewer.",
    ),
    Rule("assumed_same", _input, "{wrong} is the size of the input."),
    Rule(
        "ignored_dilation",
        _ignored_dilation,
        "The dilation was left out: a kernel of {k} with dilation {d} spans "
        "{d}·({k} − 1) + 1 = {e} pixels, not {k}.",
    ),
    Rule(
        "kernel_not_added",
        _kernel_not_added,
        "The kernel was left out: the last patch reaches {e} pixels from where it starts.",
    ),
)

_ADAPTIVE: Final = _table(
    Rule(
        "output_as_window",
        _output_as_window,
        "{i}/{o} = {wrong} takes the {o} for a window. It is the size that the output shall have.",
    ),
    Rule("assumed_same", _input, "{wrong} is the size of the input; the output has {o}."),
)

BY_KIND: Final[Mapping[str, Mapping[str, Rule]]] = {
    "conv_transpose": _TRANSPOSED,
    "adaptive_avg_pool": _ADAPTIVE,
    "adaptive_max_pool": _ADAPTIVE,
    **{
        kind: _table(Rule("assumed_same", _input, "{wrong} is the size of the input; one is left."))
        for kind in ("global_avg_pool", "global_max_pool", "global_lp_pool")
    },
    "zero_padding": _table(
        Rule(
            "padding_once",
            _one_side,
            "The padding was added once, {i} + {b}. It stands on both sides: {i} + {b} + {a}.",
        ),
        Rule("assumed_same", _input, "{wrong} is the size without the padding."),
    ),
    "cropping": _table(
        Rule(
            "cropped_once",
            _crop_one_side,
            "The crop was taken away once, {i} − {b}. It is taken from both sides: "
            "{i} − {b} − {a}.",
        ),
        Rule("crop_added", _crop_added, "{i} + {p} adds pixels; cropping takes them away."),
        Rule("assumed_same", _input, "{wrong} is the size before cropping."),
    ),
    "upsampling": _table(
        Rule("assumed_same", _input, "{wrong} is the size before upsampling."),
        Rule(
            "assumed_size_over_stride",
            _size_over_factor,
            "{wrong} is {i} divided by {s}; upsampling multiplies.",
        ),
        Rule("factor_added", _factor_added, "The factor {s} was added; it multiplies: {i} · {s}."),
    ),
}
"""The rules for each kind of layer, by their codes."""
