"""Reading what is ONNX's own: pads as one list, flags as 0 and 1, padding by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn

from service.shapes.dialects.onnx.words import AUTO_PADS, ONES
from service.shapes.dialects.reading import read_choice, read_sizes
from service.shapes.dialects.refusals import refuse_number, refuse_type
from service.shapes.errors import MisfitError, ParameterError
from service.shapes.layer import AXIS_NAMES, MAX_SIZE, PaddingRule

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Values
    from service.shapes.padding import Pads

__all__ = [
    "Window",
    "pads_pointer",
    "read_bit",
    "read_pads",
    "read_window",
    "refuse_misfit",
]


class Window(NamedTuple):
    """What the attributes say about a window; ``pads`` is None where none were given."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    pads: Pads | None
    rule: PaddingRule


def read_window(values: Values, rank: int) -> Window:
    """Read the attributes that every operator with a window has."""
    kernel_size = read_sizes(values, "kernel_shape", rank, None, spread=False)
    stride = read_sizes(values, "strides", rank, ONES[rank], spread=False)
    dilation = read_sizes(values, "dilations", rank, ONES[rank], spread=False)
    pads = read_pads(values, rank)
    word = read_choice(values, "auto_pad", "NOTSET", tuple(AUTO_PADS))
    return Window(kernel_size, stride, dilation, pads, AUTO_PADS[word])


def read_pads(values: Values, rank: int, least: int = 0) -> Pads | None:
    """Read the list [before each axis, after each axis], or None if there is none."""
    value = values.get("pads")
    if value is None:
        return None
    if type(value) is int:
        value = [value] * 2 * rank
    if type(value) is not list and type(value) is not tuple:
        refuse_type(value, "/pads", _pads_hint(rank))
    if len(value) != 2 * rank:
        raise ParameterError(
            "pads_wrong_length",
            f"`pads` has {len(value)} number{'' if len(value) == 1 else 's'} instead of "
            f"{2 * rank}.",
            pointer="/pads",
            hint=_pads_hint(rank),
        )
    for index, pixels in enumerate(value):
        if type(pixels) is not int or not least <= pixels <= MAX_SIZE:
            pointer = "/pads" if type(values["pads"]) is int else f"/pads/{index}"
            refuse_number(pixels, pointer, "padding", least)
    return tuple(zip(value[:rank], value[rank:], strict=True))


def _pads_hint(rank: int) -> str:
    return f"one number before each axis, then one after each axis, for example {[1] * 2 * rank}"


def pads_pointer(values: Values, axis: int, rank: int, *, after: bool) -> str:
    """Point at the number of ``pads`` for one side of an axis."""
    if type(values.get("pads")) is int:
        return "/pads"
    return f"/pads/{axis + rank if after else axis}"


def read_bit(values: Values, name: str) -> bool:
    """Read 0 or 1 (true and false are taken as well); 0 if left out."""
    value = values.get(name)
    if value is None or type(value) is bool:
        return bool(value)
    if type(value) is not int:
        refuse_type(value, f"/{name}", "0 or 1")
    if value not in (0, 1):
        raise ParameterError(
            f"bad_{name}_value",
            f"`{name}` is neither 0 nor 1.",
            pointer=f"/{name}",
            hint="0 or 1",
        )
    return value == 1


def refuse_misfit(
    axis: int, size: int, padding: tuple[int, int], window: Window, values: Values
) -> NoReturn:
    """Refuse a window that spans more than the padded input."""
    kernel, spread = window.kernel_size[axis], window.dilation[axis]
    reach, room = spread * (kernel - 1) + 1, size + sum(padding)
    changes = []
    if room:
        changes.append(f"kernel_shape at most {(room - 1) // spread + 1}")
    if spread > 1 and room >= kernel:
        changes.append(f"dilations at most {(room - 1) // (kernel - 1)}")
    changes.append("auto_pad `SAME_UPPER`")
    if size + reach - room <= MAX_SIZE:
        changes.append(f"an input of at least {size + reach - room}")
    gaps = f" ({kernel} taps {spread} apart)" if spread > 1 else ""
    listed = isinstance(values.get("kernel_shape"), list | tuple)
    raise MisfitError(
        "output_would_be_zero_or_negative",
        f"Along the {AXIS_NAMES[len(window.kernel_size)][axis]} the kernel spans {reach} pixels"
        f"{gaps}, but the padded input has only {room} ({size} + padding {padding[0]} + "
        f"{padding[1]}).",
        pointer=f"/kernel_shape/{axis}" if listed else "/kernel_shape",
        hint=", or ".join(changes),
    )
