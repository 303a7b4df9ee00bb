"""Why nothing leads from one shape to another, and what comes close."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.shapes.errors import ShapeError
from service.shapes.layer import AXIS_NAMES
from service.shapes.solver.axis import (
    DILATIONS,
    KERNELS,
    PADS,
    STRIDES,
    AxisProblem,
    Guess,
    cost,
    tries,
)

if TYPE_CHECKING:
    from service.shapes.solver.problem import Problem

__all__ = ["Nearest", "explain"]

_MOST_NEAR: Final = 3
_MOST_TRIED: Final = 200


class Nearest(NamedTuple):
    """Values that lead near to the shape that was asked for, and the shape that they give."""

    values: dict[str, Any]
    output_shape: tuple[int, ...]


_BOUNDS: Final = {
    "kernel_size": f"kernel_size from 1 to {KERNELS[-1]}",
    "stride": f"stride from 1 to {STRIDES[-1]}",
    "dilation": f"dilation from 1 to {DILATIONS[-1]}",
    "padding": f"padding from 0 to {PADS[-1]}",
    "output_padding": "output_padding below the stride",
}


def explain(problem: Problem, refusal: ShapeError | None) -> tuple[str, tuple[Nearest, ...]]:
    """Say why there is no solution, and list up to three shapes that come close.

    Either no size fits along an axis, or the framework refuses what would fit.
    """
    found: dict[AxisProblem, _Tried] = {}
    for axis in problem.axes:
        if axis not in found:
            found[axis] = {
                tuple([getattr(guess, word) for word in problem.unknown]): (guess, output)
                for guess, output in tries(axis, only_target=False)
            }
    tried = [found[axis] for axis in problem.axes]
    return _why(problem, tried, refusal), _nearest(problem, tried)


_Tried = dict[tuple[object, ...], tuple[Guess, int]]
"""Guesses along an axis and what they give, by the values of what is unknown."""


def _why(problem: Problem, tried: Sequence[_Tried], refusal: ShapeError | None) -> str:
    for index, (axis, found) in enumerate(zip(problem.axes, tried, strict=True)):
        outputs = sorted({output for _, output in found.values()})
        if axis.target not in outputs:
            return _unreachable(problem, axis, AXIS_NAMES[problem.rank][index], outputs)
    if refusal is not None:
        return f"By its size it could be, but {problem.framework} refuses it. {refusal.detail}"
    return (
        "Along each axis by itself there are solutions, but none with the same rule of padding "
        "along all of them."
    )


def _unreachable(problem: Problem, axis: AxisProblem, name: str, outputs: list[int]) -> str:
    asked = " and ".join(_bound(problem, word) for word in problem.unknown) or "number of filters"
    known = _known(problem, axis)
    text = f"Along the {name}, no {asked} leads from {axis.size} pixels to {axis.target}{known}: "
    if not outputs:
        return text + "the kernel does not fit into the padded input."
    below = [output for output in outputs if output < axis.target]
    above = [output for output in outputs if output > axis.target]
    if not above:
        text += f"the output cannot exceed {below[-1]}."
    elif not below:
        text += f"the output is at least {above[0]}."
    else:
        text += f"the nearest outputs are {below[-1]} and {above[0]}."
    pads = _uneven_pads(problem, axis)
    return f"{text} Uneven padding would do it: {list(pads)} before and after." if pads else text


def _bound(problem: Problem, word: str) -> str:
    if word == "padding" and problem.axes[0].words_only:
        return "padding"
    return _BOUNDS[word].replace(word, problem.unknown[word], 1)


def _known(problem: Problem, axis: AxisProblem) -> str:
    """Say what the parameters are that were not asked for, as far as they matter."""
    words = []
    if "kernel_size" not in problem.unknown:
        words.append(f"kernel {axis.kernels[0]}")
    if "stride" not in problem.unknown:
        words.append(f"stride {axis.strides[0]}" if axis.strides else "the kernel as its stride")
    if "padding" not in problem.unknown:
        padding = axis.paddings[0]
        plain = padding[0] if isinstance(padding, tuple) and padding[0] == padding[1] else padding
        words.append(f"padding `{plain}`" if isinstance(plain, str) else f"padding {plain}")
    if axis.dilations[0] != 1 and "dilation" not in problem.unknown:
        words.append(f"dilation {axis.dilations[0]}")
    return f" with {', '.join(words)}" if words else ""


def _uneven_pads(problem: Problem, axis: AxisProblem) -> tuple[int, int] | None:
    """Find padding that differs by one between the sides and leads to the target (textbook)."""
    if problem.framework != "textbook" or "padding" not in problem.unknown:
        return None
    pairs = tuple((pixels, pixels + 1) for pixels in PADS)
    for guess, _ in tries(axis._replace(paddings=pairs)):
        if isinstance(guess.padding, tuple):
            return guess.padding
    return None


def _nearest(problem: Problem, tried: Sequence[_Tried]) -> tuple[Nearest, ...]:
    """List what comes close, the nearest first, with the commonest values for each shape."""
    listed: list[Nearest] = []
    for guesses in _by_distance(problem, tried):
        values = problem.write(guesses)
        answer = None if values is None else problem.answer(values)
        if values is None or answer is None or isinstance(answer, ShapeError):
            continue
        if all(answer.output_shape != other.output_shape for other in listed):
            listed.append(Nearest(values, answer.output_shape))
        if len(listed) == _MOST_NEAR:
            break
    return tuple(listed)


def _by_distance(problem: Problem, tried: Sequence[_Tried]) -> Iterator[Sequence[Guess]]:
    """Yield guesses that are the same along all axes, by how far their outputs lie off."""
    by_outputs: dict[tuple[int, ...], list[list[Guess]]] = {}
    for key in tried[0]:
        if all(key in found for found in tried):
            along = [found[key] for found in tried]
            outputs = tuple([output for _, output in along])
            by_outputs.setdefault(outputs, []).append([guess for guess, _ in along])
    targets = [axis.target for axis in problem.axes]
    near = sorted(
        by_outputs,
        key=lambda outputs: (
            sum(abs(o - t) for o, t in zip(outputs, targets, strict=True)),
            outputs,
        ),
    )
    for outputs in near[:_MOST_TRIED]:
        commonest = sorted(
            by_outputs[outputs], key=lambda guesses: sum(map(cost, problem.axes, guesses))
        )
        yield from commonest[:_MOST_TRIED]
