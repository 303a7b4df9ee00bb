"""Refusing what is no value at all: unknown names, wrong types, numbers out of bounds."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, NoReturn

from service.shapes.errors import ParameterError, UnknownError
from service.shapes.layer import MAX_SIZE

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Operation, Values

__all__ = [
    "refuse_large",
    "refuse_missing",
    "refuse_names",
    "refuse_number",
    "refuse_type",
    "shown",
    "suggestion",
]

_TOO_SMALL: Final = {
    "kernel_size": ("kernel_not_positive", "A kernel spans at least one pixel"),
    "stride": ("stride_not_positive", "A kernel moves at least one pixel a step"),
    "dilation": ("dilation_not_positive", "Neighbouring taps of a kernel lie 1 or more apart"),
    "padding": ("padding_negative", "Padding adds pixels, it cannot take any away"),
    "out_channels": ("filters_not_positive", "A convolution needs at least one filter"),
    "in_channels": ("channels_not_positive", "An input has at least one channel"),
    "groups": ("groups_not_positive", "There is at least one group of channels"),
}
_TOO_SMALL.update(
    filters=_TOO_SMALL["out_channels"],
    pool_size=_TOO_SMALL["kernel_size"],
    strides=_TOO_SMALL["stride"],
    dilation_rate=_TOO_SMALL["dilation"],
    dilations=_TOO_SMALL["dilation"],
    depth_multiplier=("depth_multiplier_not_positive", "Every channel has at least one filter"),
    output_padding=("output_padding_negative", "Output padding adds pixels"),
    output_size=("output_size_not_positive", "An output has at least one pixel"),
    cropping=("cropping_negative", "Cropping takes pixels away, it cannot add any"),
    size=("size_not_positive", "Every pixel is there at least once"),
    units=("units_not_positive", "A linear layer has at least one neuron"),
    kernel_shape=_TOO_SMALL["kernel_size"],
    window_shape=_TOO_SMALL["kernel_size"],
    kernel_dilation=_TOO_SMALL["dilation"],
    features=_TOO_SMALL["out_channels"],
    group=_TOO_SMALL["groups"],
    feature_group_count=_TOO_SMALL["groups"],
    output_shape=("output_size_not_positive", "An output has at least one pixel"),
)


def suggestion(word: str, known: Sequence[str], all_of: str) -> str:
    """Say which of the known words was probably meant, or list them all."""
    close = get_close_matches(word[:64].lower(), known, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else f"{all_of}: {', '.join(known)}"


def refuse_names(operation: Operation, values: Values) -> NoReturn:
    """Refuse the first parameter that the operation does not have."""
    name = str(next(name for name in values if name not in operation.names))[:64]
    known = [parameter.name for parameter in operation.parameters]
    raise UnknownError(
        "unknown_parameter",
        f"{operation.name} in {operation.framework} has no parameter `{name}`.",
        pointer=f"/{_escape(name)}",
        hint=suggestion(name, known, "its parameters"),
    )


def refuse_missing(name: str) -> NoReturn:
    """Refuse a layer without a parameter that has no default."""
    raise ParameterError(
        "missing_parameter",
        f"`{name}` is required.",
        pointer=f"/{name}",
        hint=f"give `{name}`, for example 3" if name == "kernel_size" else f"give `{name}`",
    )


def refuse_type(value: object, pointer: str, wanted: str) -> NoReturn:
    """Refuse a value of the wrong JSON type."""
    raise ParameterError(
        "wrong_type",
        f"`{_path(pointer)}` cannot be {_json_type(value)}.",
        pointer=pointer,
        hint=wanted,
    )


def refuse_number(value: object, pointer: str, name: str, minimum: int) -> NoReturn:
    """Refuse what is no whole number, or one out of bounds."""
    if type(value) is not int:
        refuse_type(value, pointer, "a whole number")
    if value > MAX_SIZE:
        refuse_large(value, pointer)
    code, reason = _TOO_SMALL.get(name, (f"{name}_too_small", "It is too small"))
    raise ParameterError(
        code,
        f"`{_path(pointer)}` is {shown(value)}. {reason}.",
        pointer=pointer,
        hint=f"at least {minimum}",
    )


def refuse_large(value: int, pointer: str) -> NoReturn:
    """Refuse a number above ``MAX_SIZE``."""
    raise ParameterError(
        "number_too_large",
        f"`{_path(pointer)}` is {shown(value)}, more than any size may be.",
        pointer=pointer,
        hint=f"at most {MAX_SIZE}",
    )


def shown(value: int) -> str:
    """Write a number, unless it would fill the screen."""
    return str(value) if abs(value) < 10**24 else "a number of more than 24 digits"


def _path(pointer: str) -> str:
    name, *indices = pointer[1:].split("/")
    return name + "".join(f"[{index}]" for index in indices)


def _json_type(value: object) -> str:
    names = {
        bool: "a flag",
        int: "a number",
        str: "text",
        list: "a list",
        tuple: "a list",
        dict: "an object",
        type(None): "null",
    }
    if isinstance(value, float):
        return f"{value!r}"
    return names.get(type(value), "that")


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
