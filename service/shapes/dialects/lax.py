"""What JAX and flax share: padding that may crop, and the sizes of XLA's convolutions.

Both answer a kernel larger than the padded input with an output of size 0, and a transposed
convolution whose padding takes everything away as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from service.shapes.dialects.checks import axis_pointer
from service.shapes.dialects.reading import read_flag
from service.shapes.dialects.refusals import refuse_number, refuse_type, suggestion
from service.shapes.errors import MisfitError, ParameterError
from service.shapes.layer import AXIS_NAMES, MAX_SIZE, PLAIN, Details, PaddingRule
from service.shapes.padding import Pads, crop, pad

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Values

__all__ = [
    "LEAST_PAD",
    "ONES",
    "SAME_AND_VALID",
    "WORDS",
    "convolved",
    "read_pads",
    "read_transpose_kernel",
    "transposed",
]

ONES: Final = {1: (1,), 2: (1, 1), 3: (1, 1, 1)}
LEAST_PAD: Final = -MAX_SIZE

WORDS: Final[dict[str, PaddingRule]] = {
    "VALID": "valid",
    "SAME": "same",
    "SAME_LOWER": "same_lower",
}
"""The words for padding, which XLA takes in any case."""

SAME_AND_VALID: Final[dict[str, PaddingRule]] = {"VALID": "valid", "SAME": "same"}
"""The words that a transposed convolution knows."""


def read_pads(
    values: Values,
    rank: int,
    default: str,
    words: Mapping[str, PaddingRule],
    *,
    numbers: bool = False,
) -> tuple[PaddingRule, Pads]:
    """Read a word, which is resolved later, or a pair [before, after] for every axis.

    With ``numbers`` a number for all axes will do, and a number for both sides of an axis (flax).
    """
    value = values.get("padding")
    if value is None:
        value = default
    if type(value) is str:
        rule = words.get(value.upper())
        if rule is None:
            raise ParameterError(
                "bad_padding_value",
                f"`padding` cannot be `{value[:64]}`.",
                pointer="/padding",
                hint=suggestion(value, tuple(words), "one of")
                + f", or pixels such as {[[0, 1]] * rank}",
            )
        return rule, ()
    if numbers and type(value) is int:
        value = [value] * rank
    wanted = f"one of {', '.join(words)}, or a pair [before, after] for each axis"
    if type(value) is not list and type(value) is not tuple:
        refuse_type(value, "/padding", wanted)
    if len(value) != rank:
        _refuse_length("/padding", len(value), f"{rank} axes" if rank > 1 else "1 axis", rank)
    return "explicit", tuple(
        [_read_pair(entry, values, index, rank, numbers) for index, entry in enumerate(value)]
    )


def _read_pair(
    entry: object, values: Values, index: int, rank: int, numbers: bool
) -> tuple[int, int]:
    pointer = axis_pointer(values, "padding", index)
    if numbers and type(entry) is int:
        return (_read_pixels(entry, pointer),) * 2
    if type(entry) is not list and type(entry) is not tuple:
        refuse_type(entry, pointer, f"a pair [before, after], for example {[[0, 1]] * rank}")
    if len(entry) != 2:
        _refuse_length(pointer, len(entry), "a pair", rank)
    return _read_pixels(entry[0], f"{pointer}/0"), _read_pixels(entry[1], f"{pointer}/1")


def _read_pixels(value: object, pointer: str) -> int:
    if type(value) is not int or not LEAST_PAD <= value <= MAX_SIZE:
        refuse_number(value, pointer, "padding", LEAST_PAD)
    return value


def _refuse_length(pointer: str, found: int, wanted: str, rank: int) -> None:
    raise ParameterError(
        "pads_wrong_length",
        f"`padding` has {found} {'entry' if found == 1 else 'entries'} for {wanted}.",
        pointer=pointer,
        hint=f"a pair [before, after] for each axis, for example {[[0, 1]] * rank}",
    )


def convolved(
    rule: PaddingRule,
    pads: Pads,
    sizes: tuple[int, ...],
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    values: Values,
) -> Pads:
    """Resolve the padding of a window that slides; negative numbers crop the input."""
    if rule != "explicit":
        return pad(rule, sizes, kernel_size, stride, dilation)
    _check_crop(sizes, pads, values)
    return pads


def transposed(
    rule: PaddingRule,
    pads: Pads,
    sizes: tuple[int, ...],
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    values: Values,
) -> tuple[Pads, tuple[int, ...]]:
    """Resolve the crop and the output padding of lax.conv_transpose.

    SAME makes i·s and VALID i·s + max(k_e − s, 0). Numbers pad the input between whose pixels
    s − 1 zeros lie, so that k_e − 1 on a side is what leaves the output uncropped there.
    """
    reaches = tuple([d * (k - 1) + 1 for k, d in zip(kernel_size, dilation, strict=True)])
    if rule == "explicit":
        spread = tuple([(i - 1) * s + 1 for i, s in zip(sizes, stride, strict=True)])
        _check_crop(spread, pads, values)
        cropped = [
            (k_e - 1 - before, k_e - 1 - after)
            for k_e, (before, after) in zip(reaches, pads, strict=True)
        ]
        return tuple(cropped), (0,) * len(sizes)
    padding, more = [], []
    for i, k_e, s in zip(sizes, reaches, stride, strict=True):
        output = i * s if rule == "same" else i * s + max(k_e - s, 0)
        sides, missing = crop(i, k_e, s, output)
        padding.append(sides)
        more.append(missing)
    return tuple(padding), tuple(more)


def read_transpose_kernel(values: Values) -> Details:
    """Read whether the weight is that of the convolution which a transposed one undoes."""
    return _TRANSPOSED if read_flag(values, "transpose_kernel", default=False) else PLAIN


_TRANSPOSED: Final = Details(transpose_kernel=True)


def _check_crop(sizes: tuple[int, ...], pads: Pads, values: Values) -> None:
    """Refuse to crop more than there is."""
    for axis, (size, (before, after)) in enumerate(zip(sizes, pads, strict=True)):
        if size + before + after < 0:
            raise MisfitError(
                "padding_negative",
                f"Padding {before} + {after} along the {AXIS_NAMES[len(sizes)][axis]} crops more "
                f"than its {size} pixels.",
                pointer=axis_pointer(values, "padding", axis),
                hint=f"at least {-size} on both sides together",
            )
