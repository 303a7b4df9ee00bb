"""Padding, cropping and upsampling in PyTorch: ZeroPad1d to ZeroPad3d and Upsample.

Torch crops by negative padding; ``cropping`` counts the same pixels without the sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import floor
from typing import TYPE_CHECKING, Final, Literal

from service.shapes.dialects.checks import check_not_empty
from service.shapes.dialects.moves import (
    check_fill,
    check_left,
    check_upsampled,
    moved_layer,
    refuse_corners,
    upsampled_layer,
)
from service.shapes.dialects.numbers import read_number, read_numbers
from service.shapes.dialects.operation import Operation, Values
from service.shapes.dialects.pytorch.words import LAYOUTS_BY_RANK
from service.shapes.dialects.reading import read_choice, read_flag, read_layout, read_sizes
from service.shapes.dialects.refusals import refuse_missing, refuse_number, refuse_type
from service.shapes.errors import ParameterError
from service.shapes.layer import LAYOUTS, MAX_SIZE, Details, Layer, PaddingMode
from service.shapes.parameters import REQUIRED, Parameter

if TYPE_CHECKING:
    from service.shapes.padding import Pads

__all__ = ["operations"]

_SIDES: Final = {
    1: "[left, right]",
    2: "[left, right, top, bottom]",
    3: "[left, right, top, bottom, front, back]",
}

_FILLS: Final[dict[str, PaddingMode]] = {
    "constant": "zeros",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}
"""The modes of torch.nn.functional.pad."""

_MODES: Final = {
    1: ("nearest", "nearest-exact", "linear", "area"),
    2: ("nearest", "nearest-exact", "bilinear", "bicubic", "area"),
    3: ("nearest", "nearest-exact", "trilinear", "area"),
}


_FILLED: Final = (
    Parameter(
        "mode",
        "choice",
        "constant",
        "What is put there: a constant `value`, or the input mirrored (`reflect`), its border "
        "repeated (`replicate`) or the opposite side (`circular`).",
        choices=tuple(_FILLS),
    ),
    Parameter(
        "value",
        "number",
        0,
        "The constant that is put there; changes no shape.",
        minimum=-MAX_SIZE,
    ),
)


def _pads(rank: int, name: Literal["padding", "cropping"]) -> Parameter:
    what = "added to" if name == "padding" else "taken away from"
    return Parameter(
        name,
        "sides",
        REQUIRED,
        f"Pixels {what} the input: a number for all sides, or {_SIDES[rank]}.",
        minimum=-MAX_SIZE if name == "padding" else 0,
    )


def _upsample(rank: int) -> tuple[Parameter, ...]:
    return (
        Parameter("size", "sizes", None, "Size of the output; give this or `scale_factor`."),
        Parameter(
            "scale_factor",
            "numbers",
            None,
            "What the sizes are multiplied by, rounding down; give this or `size`.",
        ),
        Parameter(
            "mode", "choice", "nearest", "How new pixels are filled in.", choices=_MODES[rank]
        ),
        Parameter(
            "align_corners",
            "flag",
            None,
            "Whether the corner pixels of input and output lie on each other; changes no shape.",
        ),
    )


def _read_pads(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["zero_padding", "cropping"],
) -> Layer:
    name: Literal["padding", "cropping"] = "padding" if kind == "zero_padding" else "cropping"
    letters = read_layout(operation, shape, layout)
    pads = _read_sides(values, name, operation.rank, -MAX_SIZE if name == "padding" else 0)
    mode = _FILLS[read_choice(values, "mode", "constant", tuple(_FILLS))]
    fill = read_number(values, "value", 0, -MAX_SIZE)
    check_not_empty(shape, letters, batch=0)
    sizes = shape[LAYOUTS[letters].start :]
    check_left(sizes, pads, values, name, least=0)
    check_fill(mode, fill, pads, sizes, values, "value")
    return moved_layer("pytorch", operation.name, kind, letters, shape, pads, mode=mode, fill=fill)


def _read_sides(values: Values, name: str, rank: int, least: int) -> Pads:
    """Read one number, or two for each axis with the last axis first, as torch pads."""
    value = values.get(name)
    if value is None:
        refuse_missing(name)
    if type(value) is int:
        return ((_pixels(value, f"/{name}", name, least),) * 2,) * rank
    if type(value) is not list and type(value) is not tuple:
        refuse_type(value, f"/{name}", f"a whole number, or {_SIDES[rank]}")
    if len(value) != 2 * rank:
        raise ParameterError(
            "pads_wrong_length",
            f"`{name}` has {len(value)} numbers, the layer has {2 * rank} sides.",
            pointer=f"/{name}",
            hint=f"one number for all sides, or {_SIDES[rank]}",
        )
    sides = [_pixels(pixels, f"/{name}/{index}", name, least) for index, pixels in enumerate(value)]
    return tuple([(sides[at], sides[at + 1]) for at in range(2 * rank - 2, -1, -2)])


def _pixels(value: object, pointer: str, name: str, least: int) -> int:
    if type(value) is not int or not least <= value <= MAX_SIZE:
        refuse_number(value, pointer, name, least)
    return value


def _read_upsampling(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    rank = operation.rank
    sizes = shape[LAYOUTS[letters].start :]
    asked = values.get("size") is not None
    if asked == (values.get("scale_factor") is not None):
        raise ParameterError(
            "given_twice" if asked else "missing_parameter",
            "`size` and `scale_factor` say the same."
            if asked
            else "`size` or `scale_factor` is required.",
            pointer="/size" if asked else "/scale_factor",
            hint="give one of the two, for example scale_factor 2",
        )
    mode = read_choice(values, "mode", "nearest", _MODES[rank])
    corners = read_flag(values, "align_corners", default=False)
    if corners and mode in ("nearest", "nearest-exact", "area"):
        refuse_corners(mode, _MODES[rank][2])
    check_not_empty(shape, letters, batch=0)
    factors: tuple[float, ...] = ()
    if asked:
        outputs = read_sizes(values, "size", rank, None)
    else:
        factors = read_numbers(values, "scale_factor", rank, 0)
        outputs = tuple([floor(i * f) for i, f in zip(sizes, factors, strict=True)])
        check_upsampled(sizes, outputs, values)
    details = Details(align_corners=corners, factors=factors)
    return upsampled_layer("pytorch", operation.name, letters, shape, outputs, mode, details)


def operations() -> Iterator[Operation]:
    """Padding, cropping and upsampling, by rank within each kind."""
    for rank, layouts in LAYOUTS_BY_RANK.items():
        read = partial(_read_pads, kind="zero_padding")
        padded = (_pads(rank, "padding"), *_FILLED)
        yield Operation("pytorch", f"zero_padding{rank}d", rank, padded, layouts, read)
    for rank, layouts in LAYOUTS_BY_RANK.items():
        read = partial(_read_pads, kind="cropping")
        declared = (_pads(rank, "cropping"),)
        yield Operation("pytorch", f"cropping{rank}d", rank, declared, layouts, read)
    for rank, layouts in LAYOUTS_BY_RANK.items():
        name = f"upsampling{rank}d"
        yield Operation("pytorch", name, rank, _upsample(rank), layouts[:1], _read_upsampling)
