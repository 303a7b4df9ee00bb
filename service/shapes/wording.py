"""One thing, many words: what the frameworks call the parameters of a window, and its padding.

The neutral words are PyTorch's. :func:`own_word` and :func:`given` lead from them to a framework's
words and back; :func:`read_padding` and :func:`write_padding` do the same for padding, whose values
differ as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from service.shapes.dialects import parameters
from service.shapes.dialects.reading import read_sizes
from service.shapes.dialects.refusals import refuse_type, suggestion
from service.shapes.errors import ParameterError
from service.shapes.padding import RULES

if TYPE_CHECKING:
    from service.shapes.padding import Pads
    from service.shapes.parameters import Parameter

__all__ = [
    "MALFORMED",
    "given",
    "own_parameter",
    "own_word",
    "read_padding",
    "together",
    "write_padding",
]

MALFORMED: Final = frozenset(
    (
        "wrong_type",
        "missing_parameter",
        "wrong_length",
        "pads_wrong_length",
        "given_twice",
        "number_too_large",
    )
)
"""Codes of what no framework takes, because it is no value of its parameter at all."""

_WORDS: Final[dict[str, frozenset[str]]] = {
    "kernel_size": frozenset(("kernel_size", "pool_size", "kernel_shape", "window_shape")),
    "stride": frozenset(("stride", "strides")),
    "dilation": frozenset(("dilation", "dilation_rate", "dilations", "kernel_dilation")),
    "padding": frozenset(("padding", "pads", "auto_pad")),
    "out_channels": frozenset(("out_channels", "filters", "features")),
    "groups": frozenset(("groups", "group", "feature_group_count")),
    "bias": frozenset(("bias", "use_bias")),
    "depth_multiplier": frozenset(("depth_multiplier", "channel_multiplier")),
    "norm_type": frozenset(("norm_type", "p")),
    "mode": frozenset(("mode", "interpolation")),
    "out_features": frozenset(("out_features", "units", "features")),
    "rate": frozenset(("rate", "p", "ratio")),
    "axis": frozenset(("axis", "dim")),
}

_AUTO_PADS: Final = {
    "NOTSET": None,
    "VALID": "valid",
    "SAME_UPPER": "same",
    "SAME_LOWER": "same_lower",
}
_ZERO: Final = (0, 0)


@lru_cache(maxsize=512)
def own_parameter(framework: str, op: str, word: str) -> Parameter | None:
    """Find what ``op`` calls the parameter with the neutral name ``word``; None if it has none."""
    words = _WORDS.get(word, (word,))
    for parameter in parameters(framework, op):
        if parameter.name in words:
            return parameter
    return None


def own_word(framework: str, op: str, word: str) -> str | None:
    """Return the name of :func:`own_parameter`."""
    parameter = own_parameter(framework, op, word)
    return None if parameter is None else parameter.name


def given(values: Mapping[str, Any], word: str) -> tuple[str, Any] | None:
    """Find the name and the value under which ``word`` was given, in whatever framework's words."""
    for name in _WORDS.get(word, (word,)):
        value = values.get(name)
        if value is not None:
            return name, value
    return None


def together(sizes: Sequence[int]) -> int | list[int]:
    """Write sizes as one number where they are alike."""
    return sizes[0] if len(set(sizes)) == 1 else list(sizes)


def read_padding(
    framework: str,
    op: str,
    values: Mapping[str, Any],
    reaches: Sequence[int],
) -> str | Pads | None:
    """Read the padding of a window: a rule in small letters, pixels, or None where none is given.

    Pixels of a transposed convolution are those that are taken away from its output, whatever the
    framework counts; ``reaches`` are the effective kernel sizes. Negative pixels are let pass.
    """
    rank = len(reaches)
    if framework == "onnx":
        word = values.get("auto_pad")
        if word is not None and word not in _AUTO_PADS:
            _refuse(word, tuple(_AUTO_PADS), "/auto_pad")
        if word is not None and _AUTO_PADS[word] is not None:
            return _AUTO_PADS[word]
        value = values.get("pads")
        return None if value is None else _sides(value, rank)
    value = values.get("padding")
    if value is None:
        return None
    if type(value) is str:
        rule = value.lower()
        if rule not in (*RULES, "circular", "reflect"):
            _refuse(value, tuple(RULES), "/padding")
        return rule
    pads = _pairs(value, rank)
    return _widened(pads, reaches) if _widens(framework, op) else pads


def write_padding(
    framework: str,
    op: str,
    padding: str | Pads,
    reaches: Sequence[int],
    *,
    named_zero: bool = True,
) -> dict[str, Any] | None:
    """Write padding in a framework's words, or None where it has no words for it.

    No padding is written as `valid` where padding is named, unless ``named_zero`` is false: `valid`
    is more than that in a transposed convolution whose kernel is smaller than its stride.
    """
    parameter = own_parameter(framework, op, "padding")
    if parameter is None:
        return {} if padding == "valid" or not _any(padding) else None
    if named_zero and framework in _NAMING and not _any(padding):
        padding = "valid"
    if isinstance(padding, str):
        return _write_rule(framework, padding, parameter, len(reaches))
    if framework == "onnx":
        return {"pads": [b for b, _ in padding] + [a for _, a in padding]}
    if framework in _NAMING:
        padding = _widened(padding, reaches) if _widens(framework, op) else padding
        return {"padding": [list(pads) for pads in padding]} if parameter.pairs else None
    even = all(before == after for before, after in padding)
    pairs = [list(pads) for pads in padding] if parameter.pairs else None
    value = together([before for before, _ in padding]) if even else pairs
    return None if value is None else {"padding": value}


_NAMING: Final = ("keras", "tensorflow", "jax", "flax")
"""Frameworks that name padding: numbers, where they take any, are pairs."""

_WIDENING: Final = ("jax", "flax")
"""Frameworks whose transposed convolutions pad the widened input."""


def _widens(framework: str, op: str) -> bool:
    return framework in _WIDENING and op.startswith("conv_transpose")


def _widened(padding: Pads, reaches: Sequence[int]) -> Pads:
    """Turn what is taken away from the output into what is put around the input, or back."""
    return tuple((e - 1 - b, e - 1 - a) for e, (b, a) in zip(reaches, padding, strict=True))


def _write_rule(
    framework: str, rule: str, parameter: Parameter, rank: int
) -> dict[str, Any] | None:
    if framework == "onnx":
        word = next((word for word, named in _AUTO_PADS.items() if named == rule), None)
        return None if word is None else {"auto_pad": word}
    if rule == "causal" and rank > 1 and framework != "textbook":
        return None
    for choice in parameter.choices:
        if choice.lower() == rule:
            return {"padding": choice}
    return {"padding": 0} if rule == "valid" else None


def _any(padding: str | Pads) -> bool:
    return isinstance(padding, str) or any(pads != _ZERO for pads in padding)


def _sides(value: Any, rank: int) -> Pads:
    """Read ONNX's pads: one number, or all that go before, then all that go after."""
    sides = read_sizes({"pads": value}, "pads", 2 * rank, None, -(2**31) + 1)
    return tuple(zip(sides[:rank], sides[rank:], strict=True))


def _pairs(value: Any, rank: int) -> Pads:
    """Read a number, one for each axis, or a pair for each axis; of any sign."""
    if type(value) is int:
        return ((value, value),) * rank
    if type(value) is not list and type(value) is not tuple:
        refuse_type(value, "/padding", "a rule, a number, or a list with one entry for each axis")
    if len(value) not in (1, rank):
        raise ParameterError(
            "pads_wrong_length",
            f"`padding` has {len(value)} entries, the layer has {rank} axes.",
            pointer="/padding",
            hint=f"one number for all axes, or a list of {rank}",
        )
    pads = tuple(_pair(entry, f"/padding/{index}") for index, entry in enumerate(value))
    return pads if len(pads) == rank else pads * rank


def _pair(entry: Any, pointer: str) -> tuple[int, int]:
    if type(entry) is int:
        return entry, entry
    if type(entry) is not list and type(entry) is not tuple:
        refuse_type(entry, pointer, "a number, or a pair [before, after]")
    if len(entry) != 2 or any(type(pixels) is not int for pixels in entry):
        refuse_type(entry, pointer, "two whole numbers [before, after]")
    return entry[0], entry[1]


def _refuse(word: object, known: tuple[str, ...], pointer: str) -> None:
    if type(word) is not str:
        refuse_type(word, pointer, f"one of {', '.join(known)}")
    raise ParameterError(
        f"bad_{pointer[1:]}_value",
        f"`{pointer[1:]}` cannot be `{word[:64]}`.",
        pointer=pointer,
        hint=suggestion(word, known, "one of"),
    )
