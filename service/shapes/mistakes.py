"""Named mistakes: what each wrong rule would give for a layer, and which ones gave an answer.

The rules stand in the order of :data:`CODES`, likeliest first: what is left out of the formula
(padding, the + 1, the stride) before what is put in wrongly, and that before another formula.
The order is a judgement, kept in one place; a diagnosis is a ranked list and not a verdict,
because different rules often give one number.

Adding the 1 before the division, or subtracting F where F − 1 belongs, gives either the right
number or that of a forgotten + 1, never one of its own: it is one entry with ``forgot_plus_one``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from service.shapes.errors import ParameterError, UnknownError
from service.shapes.wrong_counts import PARAMS, QUANTITIES, right_count, wrong_counts
from service.shapes.wrong_rules import explain, wrong_sizes
from service.shapes.wrong_shapes import (
    AXIS_ORDER,
    KEPT_INPUT_DEPTH,
    MULTIPLIED_FILTERS,
    SUMMED_CHANNELS,
    order_text,
    wrong_channels,
    wrong_length,
    wrong_order,
    wrong_spatial,
)

if TYPE_CHECKING:
    from service.shapes.infer import Axis, Inference

__all__ = [
    "CODES",
    "OUTPUT_SHAPE",
    "Diagnosis",
    "Mistake",
    "diagnose",
    "diagnosis",
    "expected",
    "mistakes",
    "wrong_sizes",
]

OUTPUT_SHAPE: Final = "output_shape"
"""The quantity that is a whole shape; the others are the names of the spatial axes, "params" and
"macs"."""

_FORGOT_BIAS: Final = "forgot_bias"
_COUNTED_FLOPS: Final = "counted_flops"

CODES: Final[tuple[str, ...]] = (
    "forgot_padding",
    "other_padding_rule",
    "forgot_plus_one",
    "convolution_formula",
    "forgot_output_padding",
    "ignored_stride",
    "padding_once",
    "cropped_once",
    "padding_added",
    "crop_added",
    "ceil_for_floor",
    AXIS_ORDER,
    KEPT_INPUT_DEPTH,
    SUMMED_CHANNELS,
    "kept_axes",
    "not_flattened",
    "output_as_window",
    "assumed_input_times_stride",
    "forgot_minus_one",
    "assumed_size_over_stride",
    "assumed_same",
    "ignored_dilation",
    "dilation_times_kernel",
    "kernel_minus_one_each_side",
    "ignored_ceil_mode",
    "window_in_padding",
    "kernel_not_subtracted",
    "kernel_not_added",
    "factor_added",
    MULTIPLIED_FILTERS,
    "transposed_formula",
    _FORGOT_BIAS,
    "forgot_channels",
    "forgot_positions",
    "forgot_filters",
    "single_bias",
    "added_bias",
    "counted_bias",
    _COUNTED_FLOPS,
    "ordinary_convolution",
    "ignored_groups",
    "used_input_positions",
    "used_output_positions",
    "forgot_statistics",
    "counted_statistics",
    "forgot_batch",
    "pool_has_weights",
    "kernel_one_side",
    "counted_positions",
    "counted_pixels",
    "gave_macs",
    "gave_params",
)
"""Every mistake there is, likeliest first."""

_RANK: Final[dict[object, int]] = {code: rank for rank, code in enumerate(CODES)}


class Mistake(NamedTuple):
    """One wrong rule applied to one layer.

    ``would_give`` is a shape in the layer's layout, or a number where no shape was asked for.
    ``explanation`` is a sentence or two with the layer's numbers in them.
    """

    code: str
    explanation: str
    would_give: int | tuple[int, ...]


class Diagnosis(NamedTuple):
    """What became of an answer: whether it is right, what is, and what may have gone wrong.

    ``mistakes`` are likeliest first, and none where the answer is right or nothing explains it.
    """

    correct: bool
    answer: int | tuple[int, ...]
    expected: int | tuple[int, ...]
    mistakes: tuple[Mistake, ...]


def expected(inference: Inference, quantity: str = OUTPUT_SHAPE) -> int | tuple[int, ...]:
    """Return the right answer: a shape, or the number that ``quantity`` asks for.

    Raises:
        UnknownError: the layer has no such quantity.
    """
    if quantity == OUTPUT_SHAPE:
        return inference.output_shape
    if quantity in QUANTITIES:
        return right_count(inference, quantity)
    return _axis(inference, quantity).output


def diagnosis(
    inference: Inference, answer: int | Sequence[int], quantity: str = OUTPUT_SHAPE
) -> Diagnosis:
    """Judge an answer as :func:`diagnose` does, and say what is right.

    Raises:
        UnknownError: the layer has no such quantity.
        ParameterError: the answer has not as many sizes as the shape, or several for a number.
    """
    right = expected(inference, quantity)
    given = answer if isinstance(answer, int) else tuple(answer)
    if isinstance(right, int) and not isinstance(given, int):
        if len(given) != 1:
            detail = f"The answer is one number, not {len(given)}."
            raise ParameterError("len", detail, pointer="/answer")
        given = given[0]
    elif isinstance(given, int) and not isinstance(right, int):
        given = (given,)
    found = diagnose(inference, given, quantity)
    return Diagnosis(given == right, given, right, found)


def mistakes(inference: Inference, quantity: str = OUTPUT_SHAPE) -> tuple[Mistake, ...]:
    """Every mistake that gives something else than the right answer, likeliest first.

    ``quantity`` is "output_shape", the name of a spatial axis, "params" or "macs". Two mistakes may
    give the same.

    Raises:
        UnknownError: the layer has no such quantity.
    """
    if quantity == OUTPUT_SHAPE:
        wrong = [
            *wrong_spatial(inference),
            *wrong_channels(inference),
            *wrong_order(inference),
            *wrong_length(inference),
        ]
        return tuple(Mistake(*shape) for shape in sorted(wrong, key=_rank))
    if quantity in QUANTITIES:
        counts = sorted(wrong_counts(inference, quantity), key=_rank)
        return tuple(Mistake(*count) for count in counts)
    layer, axis = inference.layer, _axis(inference, quantity)
    sizes = sorted(wrong_sizes(layer, axis).items(), key=_rank)
    return tuple(Mistake(code, explain(layer, axis, code, size), size) for code, size in sizes)


def diagnose(
    inference: Inference, answer: int | Sequence[int], quantity: str = OUTPUT_SHAPE
) -> tuple[Mistake, ...]:
    """The mistakes that may have given ``answer``, likeliest first; () for the right answer.

    For a shape, mistakes that give all of it come alone. Where none does, each wrong size is
    looked at by itself; the result then names what explains all of them together, or nothing.

    Raises:
        UnknownError: the layer has no such quantity.
        ParameterError: the answer has not as many sizes as the shape.
    """
    if quantity != OUTPUT_SHAPE:
        found = tuple(m for m in mistakes(inference, quantity) if m.would_give == answer)
        if found or quantity not in QUANTITIES or not isinstance(answer, int):
            return found
        return _two_counts(inference, answer, quantity)
    given = (answer,) if isinstance(answer, int) else tuple(answer)
    right = inference.output_shape
    if given == right:
        return ()
    whole = tuple(mistake for mistake in mistakes(inference) if mistake.would_give == given)
    if whole:
        return whole
    if len(given) != len(right):
        detail = f"The output shape has {len(right)} sizes, the answer has {len(given)}."
        raise ParameterError("len", detail, pointer="/answer")
    if sorted(given) == sorted(right):
        return (Mistake(AXIS_ORDER, order_text(inference), given),)
    return _piecewise(inference, given)


def _two_counts(inference: Inference, answer: int, quantity: str) -> tuple[Mistake, ...]:
    """Explain a number by a mistake together with forgotten biases, or with FLOPs for MACs."""
    if answer == right_count(inference, quantity):
        return ()
    wrong = mistakes(inference, quantity)
    with_it = _FORGOT_BIAS if quantity == PARAMS else _COUNTED_FLOPS
    common = next((mistake for mistake in wrong if mistake.code == with_it), None)
    if common is None:
        return ()
    for mistake in wrong:
        if mistake is common or not isinstance(mistake.would_give, int):
            continue
        both = (
            mistake.would_give - inference.biases if quantity == PARAMS else 2 * mistake.would_give
        )
        if both == answer:
            return mistake, common
    return ()


def _piecewise(inference: Inference, given: tuple[int, ...]) -> tuple[Mistake, ...]:
    """What explains each wrong size of ``given`` by itself, the widest explanation first."""
    right = inference.output_shape
    wrong = _different(given, right)
    pieces = [*wrong_spatial(inference, given)]
    pieces += (
        piece
        for piece in wrong_channels(inference)
        if all(piece.shape[index] == given[index] for index in _different(piece.shape, right))
    )
    if set().union(*(_different(piece.shape, right) for piece in pieces)) != wrong:
        return ()
    pieces.sort(key=lambda piece: (-len(_different(piece.shape, right)), _rank(piece)))
    return tuple(Mistake(*piece) for piece in pieces)


def _axis(inference: Inference, name: str) -> Axis:
    for axis in inference.axes:
        if axis.axis == name:
            return axis
    known = ", ".join((OUTPUT_SHAPE, *(axis.axis for axis in inference.axes), *QUANTITIES))
    raise UnknownError(
        "unknown_quantity",
        f"This layer has no quantity “{name}”.",
        pointer="/quantity",
        hint=f"One of: {known}.",
    )


def _different(one: Sequence[int], other: Sequence[int]) -> set[int]:
    return {index for index, (a, b) in enumerate(zip(one, other, strict=True)) if a != b}


def _rank(mistake: tuple[object, ...]) -> int:
    return _RANK[mistake[0]]
