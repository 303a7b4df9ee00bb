"""Keras layers that change sizes and learn nothing: padding, cropping, upsampling, whole pools."""

from __future__ import annotations

from operator import mul
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from service.shapes.dialects.chosen import chosen_layer
from service.shapes.dialects.keras.reading import ONES, read_letters
from service.shapes.dialects.keras.words import INTERPOLATIONS
from service.shapes.dialects.moves import check_left, moved_layer, upsampled_layer
from service.shapes.dialects.named import check_sizes, spatial
from service.shapes.dialects.reading import read_choice, read_count, read_flag, read_sizes
from service.shapes.dialects.refusals import refuse_number, refuse_type
from service.shapes.errors import ParameterError
from service.shapes.layer import MAX_SIZE, Layer

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Operation, Values
    from service.shapes.padding import Pads

__all__ = ["read_adaptive", "read_cropping", "read_global", "read_upsampling", "read_zero_padding"]


def read_zero_padding(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read zero_padding1d to 3d (ZeroPadding1D, ...)."""
    letters = read_letters(operation, shape, values, layout)
    check_sizes(shape, letters)
    padding = _read_sides(values, "padding", operation.rank, 1)
    return moved_layer("keras", operation.name, "zero_padding", letters, shape, padding)


def read_cropping(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read cropping1d to 3d (Cropping1D, ...): something must be left."""
    rank = operation.rank
    letters = read_letters(operation, shape, values, layout)
    check_sizes(shape, letters)
    cropping = _read_sides(values, "cropping", rank, 0 if rank == 2 else 1)
    check_left(spatial(shape, letters), cropping, values, "cropping")
    return moved_layer("keras", operation.name, "cropping", letters, shape, cropping)


def read_upsampling(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read upsampling1d to 3d (UpSampling1D, ...)."""
    rank = operation.rank
    letters = read_letters(operation, shape, values, layout)
    check_sizes(shape, letters)
    if rank == 1:
        factors: tuple[int, ...] = (read_count(values, "size", 2),)
    else:
        factors = read_sizes(values, "size", rank, (2,) * rank, spread=False)
    outputs = tuple(map(mul, spatial(shape, letters), factors))
    interpolation = values.get("interpolation")
    if type(interpolation) is str:  # Keras takes it in any case
        values = {**values, "interpolation": interpolation.lower()}
    interpolation = read_choice(values, "interpolation", "nearest", INTERPOLATIONS)
    return upsampled_layer("keras", operation.name, letters, shape, outputs, interpolation)


def read_adaptive(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["adaptive_avg_pool", "adaptive_max_pool"],
) -> Layer:
    """Read adaptive pools (AdaptiveAveragePooling1D, AdaptiveMaxPooling1D, ...)."""
    letters = read_letters(operation, shape, values, layout)
    check_sizes(shape, letters)
    wanted = read_sizes(values, "output_size", operation.rank, None, spread=False)
    return chosen_layer("keras", operation.name, kind, letters, shape, wanted)


def read_global(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["global_avg_pool", "global_max_pool"],
) -> Layer:
    """Read global pools (GlobalAveragePooling1D, GlobalMaxPooling1D, ...)."""
    letters = read_letters(operation, shape, values, layout)
    check_sizes(shape, letters)
    keepdims = read_flag(values, "keepdims", default=False)
    ones = ONES[operation.rank]
    return chosen_layer("keras", operation.name, kind, letters, shape, ones, keepdims=keepdims)


def _read_sides(values: Values, name: str, rank: int, default: int) -> Pads:
    """Read pixels on both sides of every axis, as the layers that pad and crop take them.

    A number goes for all sides. In 1-d a list is (before, after); otherwise it has, for each axis,
    a number for both sides or such a pair.
    """
    value = values.get(name)
    if value is None:
        value = default
    if type(value) is int:
        return ((_pixels(value, name, f"/{name}"),) * 2,) * rank
    if type(value) is not list and type(value) is not tuple:
        refuse_type(value, f"/{name}", _FORMS[rank])
    if rank == 1:
        return (_read_pair(value, name, f"/{name}", rank),)
    if len(value) != rank:
        _refuse_length(name, f"/{name}", len(value), rank)
    sides = []
    for axis, entry in enumerate(value):
        pointer = f"/{name}/{axis}"
        if type(entry) is list or type(entry) is tuple:
            sides.append(_read_pair(entry, name, pointer, rank))
        else:
            sides.append((_pixels(entry, name, pointer),) * 2)
    return tuple(sides)


_FORMS: Final = {
    1: "a number for both sides, or [before, after]",
    2: "a number for all sides, or for each of 2 axes a number or [before, after]",
    3: "a number for all sides, or for each of 3 axes a number or [before, after]",
}


def _read_pair(pair: Any, name: str, pointer: str, rank: int) -> tuple[int, int]:
    if len(pair) != 2:
        _refuse_length(name, pointer, len(pair), rank)
    return _pixels(pair[0], name, f"{pointer}/0"), _pixels(pair[1], name, f"{pointer}/1")


def _pixels(value: object, name: str, pointer: str) -> int:
    if type(value) is not int or not 0 <= value <= MAX_SIZE:
        refuse_number(value, pointer, name, 0)
    return value


def _refuse_length(name: str, pointer: str, count: int, rank: int) -> NoReturn:
    raise ParameterError(
        "pads_wrong_length" if name == "padding" else "wrong_length",
        f"`{name}` has {count} {'entry' if count == 1 else 'entries'} there.",
        pointer=pointer,
        hint=_FORMS[rank],
    )
