"""Windows whose padding has a name, as Keras and TensorFlow have it: `valid`, `same`, `causal`.

Those frameworks have other words than PyTorch for the same sizes; :class:`Words` says which, so
that refusals point at what was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from service.shapes.dialects.checks import axis_pointer
from service.shapes.dialects.refusals import refuse_type, suggestion
from service.shapes.errors import MisfitError, ParameterError
from service.shapes.layer import AXIS_NAMES, LAYOUTS, MAX_SIZE, PaddingRule

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Values

__all__ = [
    "Words",
    "check_sizes",
    "check_steps",
    "check_window",
    "read_rule",
    "spatial",
    "transposed",
]


class Words(NamedTuple):
    """What a framework calls the sizes of a window."""

    kernel: str
    stride: str
    dilation: str
    same: str = "same"


def read_rule(
    values: Values, default: PaddingRule, rules: Sequence[PaddingRule], instead: str
) -> PaddingRule:
    """Read padding that can only be named, in any case; ``instead`` says how else to pad."""
    value = values.get("padding")
    if value is None:
        return default
    if type(value) is str:
        word = value.lower()
        for rule in rules:
            if rule == word:
                return rule
        if word == "causal":
            raise ParameterError(
                "causal_not_allowed",
                "Padding `causal` is for conv1d alone.",
                pointer="/padding",
                hint=f"one of {', '.join(rules)}; {instead}",
            )
        detail, hint = f"`padding` cannot be `{value[:64]}`.", suggestion(word, rules, "one of")
    elif type(value) is int or type(value) is list or type(value) is tuple:
        detail, hint = "`padding` is named, not counted.", f"one of {', '.join(rules)}; {instead}"
    else:
        refuse_type(value, "/padding", f"one of {', '.join(rules)}")
    raise ParameterError("bad_padding_value", detail, pointer="/padding", hint=hint)


def check_steps(words: Words, stride: tuple[int, ...], dilation: tuple[int, ...]) -> None:
    """Refuse strides together with dilation, on whichever axes they are."""
    if max(stride) > 1 and max(dilation) > 1:
        raise ParameterError(
            "stride_with_dilation",
            f"`{words.stride}` {_times(stride)} and `{words.dilation}` {_times(dilation)} cannot "
            "both be more than 1.",
            pointer=f"/{words.dilation}",
            hint=f"{words.stride} 1 or {words.dilation} 1; framework `textbook` takes both",
        )


def check_sizes(shape: tuple[int, ...], letters: str) -> None:
    """Refuse an input without pixels or channels; an empty batch is a batch."""
    if 0 not in shape:
        return
    for index, (size, letter) in enumerate(zip(shape, letters, strict=True)):
        if size == 0 and letter != "N":
            raise MisfitError(
                "input_rank_or_size",
                f"Axis {letter} of the input has size 0.",
                pointer=f"/input_shape/{index}",
                hint="sizes are at least 1",
            )


def check_window(
    words: Words,
    sizes: tuple[int, ...],
    kernel_size: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: tuple[tuple[int, int], ...],
    values: Values,
) -> None:
    """Refuse a window that spans more than the padded input along any axis."""
    for size, kernel, spread, (before, after) in zip(
        sizes, kernel_size, dilation, padding, strict=True
    ):
        if size + before + after <= spread * (kernel - 1):
            break
    else:
        return
    for axis, (size, kernel, spread, (before, after)) in enumerate(
        zip(sizes, kernel_size, dilation, padding, strict=True)
    ):
        reach, room = spread * (kernel - 1) + 1, size + before + after
        if reach <= room:
            continue
        name = AXIS_NAMES[len(sizes)][axis]
        gaps = f" ({kernel} taps {spread} apart)" if spread > 1 else ""
        added = f" ({size} + padding {before} + {after})" if before or after else ""
        changes = [f"{words.kernel} at most {(room - 1) // spread + 1}"] if room else []
        if spread > 1 and room > kernel - 1:
            changes.append(f"{words.dilation} at most {(room - 1) // (kernel - 1)}")
        changes.append(f"padding `{words.same}`")
        if size + reach - room <= MAX_SIZE:
            changes.append(f"an input of at least {size + reach - room}")
        raise MisfitError(
            "output_would_be_zero_or_negative",
            f"Along the {name} the kernel spans {reach} pixels{gaps}, but the input has only "
            f"{room}{added}: no output would be left.",
            pointer=axis_pointer(values, words.kernel, axis),
            hint=", or ".join(changes),
        )


def transposed(size: int, reach: int, stride: int, output: int) -> tuple[tuple[int, int], int]:
    """Find the crop (before, after) and the output padding that lead to ``output``.

    Without either a transposed convolution makes (i − 1)s + k_e. What is too much is taken from
    both sides, the odd pixel from the end; what is missing is added at the end. That is how
    TensorFlow, Keras and JAX split it: for k 3, s 2, `same` the crop is (0, 1).
    """
    over = (size - 1) * stride + reach - output
    if over < 0:
        return (0, 0), -over
    return (over // 2, over - over // 2), 0


def spatial(shape: tuple[int, ...], letters: str) -> tuple[int, ...]:
    """Pick the sizes along the spatial axes."""
    at = LAYOUTS[letters]
    return shape[at.start : at.start + at.rank]


def _times(sizes: tuple[int, ...]) -> str:
    return "×".join(map(str, sizes))
