"""The problem that a request poses: what is known, what is not, and how answers are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from service.shapes.dialects import layouts, parameters, read_layer
from service.shapes.dialects.reading import read_shape
from service.shapes.errors import MisfitError, ParameterError, ShapeError, UnknownError
from service.shapes.infer import Inference, infer
from service.shapes.layer import LAYOUTS
from service.shapes.solver.choices import read_axes, refuse_fixed
from service.shapes.wording import (
    MALFORMED,
    given,
    own_word,
    together,
    write_padding,
)

if TYPE_CHECKING:
    from service.shapes.solver.axis import AxisProblem, Guess

__all__ = ["SOLVABLE", "Problem", "read_problem"]

SOLVABLE: Final = ("kernel_size", "stride", "padding", "dilation", "output_padding")
"""What can be solved for, in the neutral words; numbers of filters follow from the shapes."""

_KINDS: Final = (
    "conv",
    "conv_transpose",
    "depthwise_conv",
    "separable_conv",
    "max_pool",
    "avg_pool",
    "lp_pool",
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What was asked, and one :class:`AxisProblem` for every spatial axis.

    ``unknown`` maps the neutral words of what is asked for to the caller's. ``filled`` are the
    values that follow from the shapes alone, such as the number of filters. ``misfit`` says what
    is wrong with the shapes themselves, whatever the layer.
    """

    framework: str
    op: str
    layout: str
    rank: int
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    unknown: Mapping[str, str]
    fixed: Mapping[str, Any]
    filled: Mapping[str, Any]
    axes: tuple[AxisProblem, ...]
    misfit: str | None

    def write(self, guesses: Sequence[Guess]) -> dict[str, Any] | None:
        """Write what is unknown in the framework's words; None where it has none for it."""
        values: dict[str, Any] = {}
        for word, name in self.unknown.items():
            if word == "padding":
                written = self._padding(guesses)
                if written is None:
                    return None
                values.update(written)
            else:
                values[name] = together([getattr(guess, word) for guess in guesses])
        return {**values, **self.filled}

    def _padding(self, guesses: Sequence[Guess]) -> dict[str, Any] | None:
        reaches = [guess.dilation * (guess.kernel_size - 1) + 1 for guess in guesses]
        pads = [guess.padding for guess in guesses]
        first = pads[0]
        if isinstance(first, str):
            alike = all(padding == first for padding in pads)
            return write_padding(self.framework, self.op, first, reaches) if alike else None
        pairs = [(p, p) if isinstance(p, int) else p for p in pads if not isinstance(p, str)]
        if len(pairs) < len(pads):
            return None
        return write_padding(
            self.framework,
            self.op,
            tuple(pairs),
            reaches,
            named_zero=self.framework not in ("jax", "flax")
            or not self.op.startswith("conv_transpose")
            or all(e >= guess.stride for e, guess in zip(reaches, guesses, strict=True)),
        )

    def answer(self, values: Mapping[str, Any]) -> Inference | ShapeError:
        """Ask the framework what it makes of ``values``, or why it refuses them."""
        asked = {**self.fixed, **values}
        if self.framework == "tensorflow" and self.op.startswith("conv_transpose"):
            start = LAYOUTS[self.layout].start
            asked.setdefault("output_shape", list(self.output_shape[start : start + self.rank]))
        try:
            layer = read_layer(self.framework, self.op, self.input_shape, asked, self.layout)
        except ShapeError as error:
            if isinstance(error, UnknownError) or error.code in MALFORMED:
                refuse_fixed(error)
            return error
        return infer(layer)


def read_problem(
    op: str,
    input_shape: Sequence[int],
    output_shape: Sequence[int],
    unknown: Sequence[str],
    fixed: Mapping[str, Any],
    framework: str,
    layout: str | None,
) -> Problem:
    """Check a request, or raise ShapeError, and find out what may be tried along each axis."""
    declared = {parameter.name for parameter in parameters(framework, op)}
    fixed = {name: value for name, value in fixed.items() if value is not None}
    kind, rank = op[:-2], 0
    if kind not in _KINDS:
        raise ParameterError(
            "not_solvable",
            f"There is nothing to solve for in {op}.",
            pointer="/op",
            hint=f"operations with a window: {', '.join(_KINDS)}, each with 1d, 2d or 3d",
        )
    rank = int(op[-2])
    shape = read_shape(input_shape)
    target = read_shape(output_shape, "/output_shape")
    for name in fixed:
        if name not in declared:
            _refuse_by_reading(framework, op, shape, fixed, layout)
    letters = layout or next((k for k in layouts(framework, op) if len(k) == len(shape)), None)
    if letters is None or letters not in layouts(framework, op) or len(letters) != len(shape):
        _refuse_by_reading(framework, op, shape, {}, layout)
    wanted = _read_unknown(framework, op, unknown, fixed)
    out_letters = letters
    if "C" not in letters and len(target) == len(letters) + 1:
        out_letters += "C"
    if len(target) != len(out_letters):
        raise MisfitError(
            "output_rank_or_size",
            f"An input of {len(shape)} sizes ({letters}) leads to an output of as many, "
            f"not {len(target)}.",
            pointer="/output_shape",
            hint=f"one size for each letter of {letters}",
        )
    filled, misfit = _channels(framework, op, letters, out_letters, shape, target, fixed)
    start, spatial = LAYOUTS[letters].start, LAYOUTS[out_letters].start
    axes = read_axes(
        framework,
        op,
        shape[start : start + rank],
        target[spatial : spatial + rank],
        wanted,
        fixed,
    )
    return Problem(
        framework,
        op,
        letters,
        rank,
        shape,
        target,
        {word: name for word, name in wanted.items() if word in SOLVABLE},
        fixed,
        filled,
        axes,
        misfit,
    )


def _read_unknown(
    framework: str, op: str, unknown: Sequence[str], fixed: Mapping[str, Any]
) -> dict[str, str]:
    """Map the neutral words of what is asked for to the words that the caller used for it."""
    wanted: dict[str, str] = {}
    for index, name in enumerate(unknown):
        word = next(
            (w for w in (*SOLVABLE, "out_channels", "depth_multiplier") if _names(w, name)), None
        )
        own = None if word is None else own_word(framework, op, word)
        if word is None or own is None:
            able = [own for own in (own_word(framework, op, w) for w in SOLVABLE) if own]
            raise ParameterError(
                "not_solvable",
                f"{op} in {framework} cannot be solved for `{str(name)[:64]}`.",
                pointer=f"/unknown/{index}",
                hint=f"one of: {', '.join(able)}",
            )
        twice = given(fixed, word)
        if twice is not None:
            raise ParameterError(
                "given_twice",
                f"`{twice[0]}` is unknown, but fixed as well.",
                pointer=f"/unknown/{index}",
                hint="name it in one of the two",
            )
        known = {parameter.name for parameter in parameters(framework, op)}
        wanted[word] = name if name in known else own
    if not wanted:
        raise ParameterError(
            "missing_parameter",
            "Nothing is unknown.",
            pointer="/unknown",
            hint="name what to solve for, for example padding",
        )
    return wanted


def _names(word: str, name: str) -> bool:
    return given({str(name): True}, word) is not None


def _channels(
    framework: str,
    op: str,
    letters: str,
    out_letters: str,
    shape: tuple[int, ...],
    target: tuple[int, ...],
    fixed: Mapping[str, Any],
) -> tuple[dict[str, Any], str | None]:
    """Find out the number of filters that the output asks for, or why no layer can give it."""
    if letters[0] == "N" and shape[0] != target[0]:
        return {}, f"A layer keeps the batch: {shape[0]} inputs cannot become {target[0]} outputs."
    at = LAYOUTS[out_letters].channel
    if at is None:
        return {}, None
    channels, asked = shape[at] if "C" in letters else 1, target[at]
    word = "depth_multiplier" if op.startswith("depthwise") else "out_channels"
    own, known = own_word(framework, op, word), given(fixed, word)
    misfit = None
    if own is None:
        if channels != asked:
            misfit = f"A pool keeps the channels: {channels} cannot become {asked}."
        return {}, misfit
    if word == "depth_multiplier" and asked % channels:
        misfit = (
            f"A depthwise convolution makes a multiple of its {channels} input channels, and "
            f"{asked} is none."
        )
    number = asked // channels if word == "depth_multiplier" else asked
    if known is None:
        return ({} if number == 1 and framework == "textbook" else {own: number}), misfit
    if type(known[1]) is int and known[1] != number and misfit is None:
        misfit = (
            f"With {known[0]} {known[1]} the output cannot have {asked} channels: that takes "
            f"{known[0]} {number}."
        )
    return {}, misfit


def _refuse_by_reading(
    framework: str, op: str, shape: tuple[int, ...], fixed: Mapping[str, Any], layout: str | None
) -> NoReturn:
    """Let the dialect say what is wrong with a name, or with the input shape and its layout."""
    try:
        read_layer(framework, op, shape, fixed, layout)
    except ShapeError as error:
        if error.pointer.startswith(("/input_shape", "/layout")):
            raise
        refuse_fixed(error)
    raise AssertionError  # pragma: no cover - the dialect refuses what brought us here
