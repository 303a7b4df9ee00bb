"""Formulas written once and shown three ways: in words, with numbers, in LaTeX.

A template such as ``⌊(<i> − <k>) / <s>⌋ + 1`` has a hole for each quantity. With words in it, it is
the formula; with numbers, the substitution; with letters, the LaTeX. The letters are the deck's:
H, W (or D, L) for the input size, F the kernel, S the stride, P the padding, d the dilation, C the
input channels, K the number of filters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from service.shapes.layer import LETTER_NAMES

__all__ = ["Step", "step"]


class Step(NamedTuple):
    """One line of a derivation.

    ``axis`` is a spatial axis, "channels", or None for what concerns the whole layer.
    ``quantity`` says what is computed: "output", "windows", "effective_kernel_size", "padding",
    "padding_before", "padding_after", "weights", "params" or "macs". ``rule`` says by which rule.
    ``substitution`` is ``formula`` with the numbers put in, and its value is ``value``.
    """

    axis: str | None
    quantity: str
    rule: str
    formula: str
    substitution: str
    value: int
    latex: str


def step(
    axis: str | None, symbol: str, rule: str, template: str, numbers: Mapping[str, int]
) -> Step:
    """Put ``numbers`` into ``template``, whose value is that of ``symbol`` in ``numbers``."""
    formula = _formula(axis, symbol, template)
    value = numbers[symbol]
    if min(numbers.values()) < 0:
        numbers = {name: _Signed(number) for name, number in numbers.items()}
    in_numbers = formula.latex_numbers.format_map(numbers)
    last = str(value)
    return Step(
        axis,
        formula.quantity,
        rule,
        formula.words,
        formula.numbers.format_map(numbers),
        value,
        formula.latex + (last if in_numbers == last else f"{in_numbers} = {last}"),
    )


class _Signed(int):
    """A number that is written in parentheses where it is negative."""

    def __str__(self) -> str:
        return f"({int(self)})" if self < 0 else f"{int(self)}"

    def __format__(self, _: str) -> str:
        return str(self)


_SPATIAL: Final = {"depth": "D", "height": "H", "width": "W", "length": "L"}

_NUMERALS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight")

_WORDS: Final = {
    "i": "input",
    "o": "output",
    "k": "kernel",
    "e": "effective kernel",
    "s": "stride",
    "d": "dilation",
    "p": "padding",
    "b": "padding before",
    "a": "padding after",
    "t": "total padding",
    "n": "windows",
    "c": "input channels",
    "f": "filters",
    "g": "groups",
    "batch": "batch",
    "weights": "weights",
    "biases": "biases",
    "frozen": "moving statistics",
    "u": "output padding",
    "r": "factor",
    "asked": "asked",
    "m": "filters per channel",
    "q": "depthwise channels",
    "features": "features",
    "n_neurons": "neurons",
    "x": "crop before",
    "y": "crop after",
    "z": "total crop",
    "vectors": "vectors",
    "first": "first",
    "others": "others",
    **{f"x{index}": f"input {_NUMERALS[index]}" for index in range(len(_NUMERALS))},
    **LETTER_NAMES,
    **{f"i_{axis}": f"input {axis}" for axis in _SPATIAL},
    **{f"k_{axis}": f"kernel {axis}" for axis in _SPATIAL},
    **{f"o_{axis}": f"output {axis}" for axis in _SPATIAL},
}

_LETTERS: Final = {
    "k": "F",
    "e": "F_d",
    "s": "S",
    "d": "d",
    "p": "P",
    "b": r"P_{\text{before}}",
    "a": r"P_{\text{after}}",
    "t": r"P_{\text{total}}",
    "n": "n",
    "c": "C",
    "f": "K",
    "g": "G",
    "batch": "N",
    "channels": r"C_{\text{out}}",
    "frozen": r"\text{moving}",
    "u": r"P_{\text{output}}",
    "r": "R",
    "asked": "A",
    "m": "M",
    "q": r"C_{\text{depthwise}}",
    "features": r"C_{\text{in}}",
    "neurons": r"C_{\text{out}}",
    "n_neurons": "K",
    "x": r"X_{\text{before}}",
    "y": r"X_{\text{after}}",
    "z": r"X_{\text{total}}",
    "vectors": "n",
    "first": "C_1",
    "others": r"C_{\text{others}}",
    "merged": r"C_{\text{out}}",
    "total": r"C_{\text{out}}",
    **{f"x{index}": f"C_{index + 1}" for index in range(len(_NUMERALS))},
    **{letter: letter for letter in LETTER_NAMES},
    **{f"i_{axis}": letter for axis, letter in _SPATIAL.items()},
    "weights": r"\text{weights}",
    "biases": r"\text{biases}",
    "params": r"\text{params}",
    "macs": r"\text{MACs}",
    **{f"k_{axis}": f"F_{letter}" for axis, letter in _SPATIAL.items()},
    **{f"o_{axis}": rf"{letter}_{{\text{{out}}}}" for axis, letter in _SPATIAL.items()},
}

_QUANTITIES: Final = {
    "o": "output",
    "n": "windows",
    "e": "effective_kernel_size",
    "p": "padding",
    "t": "padding",
    "b": "padding_before",
    "a": "padding_after",
    "channels": "output",
    "k": "kernel_size",
    "u": "output_padding",
    "x": "crop_before",
    "y": "crop_after",
    "z": "crop",
    "q": "depthwise_channels",
    "neurons": "output",
    "merged": "output",
    "total": "output",
}


class _Formula(NamedTuple):
    quantity: str
    words: str
    numbers: str
    """The template, for str.format_map."""
    latex: str
    """Left side and letters, up to where the numbers begin."""
    latex_numbers: str


@lru_cache(maxsize=256)
def _formula(axis: str | None, symbol: str, template: str) -> _Formula:
    letters: Mapping[str, str] = _LETTERS
    if axis in _SPATIAL:
        letters = {**_LETTERS, "i": _SPATIAL[axis], "o": _LETTERS[f"o_{axis}"]}
    latex = _latex(template)
    in_letters = _HOLE.sub(lambda hole: letters[hole[1]], latex)
    return _Formula(
        _QUANTITIES.get(symbol, symbol),
        _HOLE.sub(lambda hole: _WORDS[hole[1]], template),
        _HOLE.sub(r"{\1}", template),
        f"{letters[symbol]} = " + (f"{in_letters} = " if _HOLE.search(template) else ""),
        _HOLE.sub(r"{\1}", latex.replace("{", "{{").replace("}", "}}")),
    )


_HOLE: Final = re.compile(r"<(\w+)>")
_FRACTION: Final = re.compile(r"(?:\(([^()]*)\)|([\w<>]+)) / ([\w<>]+)")
_SIGNS: Final = {
    "·": r" \cdot ",
    "−": "-",
    "⌊": r"\left\lfloor ",
    "⌋": r" \right\rfloor",
    "⌈": r"\left\lceil ",
    "⌉": r" \right\rceil",
    "max(": r"\max(",
    "min(": r"\min(",
}


def _latex(template: str) -> str:
    """Write the operators of a template in LaTeX; its holes stay."""
    latex = _FRACTION.sub(lambda found: rf"\frac{{{found[1] or found[2]}}}{{{found[3]}}}", template)
    for sign, command in _SIGNS.items():
        latex = latex.replace(sign, command)
    return latex
