"""A layer in another framework's words, or in the nearest that it has."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from service.shapes.comparison.crops import write_crop
from service.shapes.comparison.others import write_other
from service.shapes.comparison.pads import write_pads
from service.shapes.comparison.wanted import TRANSPOSED, WINDOWS, Wanted
from service.shapes.dialects import layouts, operations
from service.shapes.errors import UnknownError
from service.shapes.infer import Inference
from service.shapes.layer import LAYOUTS
from service.shapes.wording import given, own_parameter, own_word, together

__all__ = ["Written", "write"]


class Written(NamedTuple):
    """A request in a framework's own words.

    ``nearest`` says what had to be said otherwise, "" if the words mean the same.
    """

    layout: str
    input_shape: tuple[int, ...]
    values: dict[str, Any]
    nearest: str = ""


def write(wanted: Wanted, framework: str) -> Written:
    """Write what is wanted in the words of ``framework``.

    What was left out is left out, so that the frameworks' own defaults show, with two exceptions:
    padding and biases are always said.

    Raises:
        UnknownError: the framework has no words for it.
    """
    if framework == wanted.framework:
        shape = tuple(wanted.sizes.values())
        return Written(wanted.layout, shape, dict(wanted.values))
    if wanted.op not in operations(framework):
        raise UnknownError("unknown_operation", f"{framework} has no operation `{wanted.op}`.")
    letters, shape = _place(wanted, framework)
    values, nearest = _plain(wanted, framework), ""
    if wanted.kind in WINDOWS:
        more, nearest = _window(wanted, framework)
        values.update(more)
    elif isinstance(wanted.source, Inference):
        values.update(write_other(wanted.source.layer, framework, letters))
    return Written(letters, shape, values, nearest)


def _place(wanted: Wanted, framework: str) -> tuple[str, tuple[int, ...]]:
    """Find a layout with the axes of the input, else one with a batch or channels besides."""
    has = set(wanted.sizes)
    able = layouts(framework, wanted.op)
    for more in ((), ("C",), ("N",), ("N", "C")):
        for letters in able:
            rank = LAYOUTS[letters].rank
            names = letters.replace("W", "L") if rank <= 1 and "H" not in letters else letters
            if set(names) == has | set(more) and len(names) == len(has) + len(set(more) - has):
                return letters, tuple(wanted.sizes.get(letter, 1) for letter in names)
    raise UnknownError(
        "unknown_layout",
        f"{framework} has no layout with the axes {wanted.layout} for {wanted.op}.",
        hint=f"its layouts: {', '.join(able)}",
    )


_CARRIED: Final = (
    "depth_multiplier",
    "groups",
    "dilation",
    "padding_mode",
    "ceil_mode",
    "divisor_override",
    "count_include_pad",
    "norm_type",
    "keepdims",
)
"""What is said where it was given and the framework has a word for it."""

_NOTHING: Final[dict[str, tuple[object, ...]]] = {
    "depth_multiplier": (1,),
    "groups": (1,),
    "dilation": (1,),
    "padding_mode": ("zeros",),
    "ceil_mode": (False, 0),
    "divisor_override": (),
    "norm_type": (2,),
}
"""What may as well be left out; what is not listed here changes no shape or shows in it."""


def _plain(wanted: Wanted, framework: str) -> dict[str, Any]:
    """Write the parameters whose values are the same everywhere."""
    written: dict[str, Any] = {}
    for word in _CARRIED:
        known = given(wanted.values, word)
        if known is None or (word == "norm_type" and "lp_pool" not in wanted.op):
            continue
        value = known[1]
        own = own_word(framework, wanted.op, word)
        if own is not None:
            as_number = framework == "onnx" and isinstance(value, bool)
            written[own] = int(value) if as_number else value
        elif not _is_nothing(word, value):
            raise UnknownError(
                "not_in_framework",
                f"{wanted.op} in {framework} has no {word}.",
                hint=_instead(word),
            )
    if "lp_pool" in wanted.op and framework == "pytorch":
        written.setdefault("norm_type", 2)
    return {**written, **_channels(wanted, framework)}


def _is_nothing(word: str, value: object) -> bool:
    nothing = _NOTHING.get(word)
    if nothing is None:
        return True
    values = value if isinstance(value, list | tuple) else (value,)
    return all(any(one == none for none in nothing) for one in values)


def _instead(word: str) -> str:
    return {
        "padding_mode": "pad with that mode before the layer",
        "ceil_mode": "pad the end of the input before the layer (with −∞ for a maximum)",
        "groups": "split the channels, apply one layer to each part, and concatenate",
    }.get(word, "")


def _channels(wanted: Wanted, framework: str) -> dict[str, Any]:
    """Write the number of filters, and whether they have biases, for convolutions."""
    written: dict[str, Any] = {}
    filters = own_word(framework, wanted.op, "out_channels")
    if filters is not None and "conv" in wanted.op:
        known = given(wanted.values, "out_channels")
        written[filters] = 1 if known is None else known[1]
    bias = own_parameter(framework, wanted.op, "bias")
    if bias is not None and ("conv" in wanted.op or wanted.op == "linear"):
        known = given(wanted.values, "bias")
        source = own_parameter(wanted.framework, wanted.op, "bias")
        default = False if source is None else source.default
        has = default if known is None else known[1]
        if has != bias.default:
            written[bias.name] = has
    return written


def _window(wanted: Wanted, framework: str) -> tuple[dict[str, Any], str]:
    """Write kernel, stride and padding."""
    values: dict[str, Any] = {}
    for word, sizes in (("kernel_size", wanted.kernel_size), ("stride", wanted.stride)):
        own = own_word(framework, wanted.op, word)
        if own is not None and sizes is not None:
            values[own] = together(sizes)
    pad = write_crop if wanted.kind == TRANSPOSED else write_pads
    more, nearest = pad(wanted, framework)
    return {**values, **more}, nearest
