"""One axis of a problem: what may be tried along it, what each try gives, how common it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from service.shapes.infer import output_size
from service.shapes.padding import RULES
from service.shapes.resizing import transposed_size

__all__ = ["DILATIONS", "KERNELS", "PADS", "STRIDES", "AxisProblem", "Guess", "cost", "tries"]

KERNELS: Final = range(1, 32)
STRIDES: Final = range(1, 17)
PADS: Final = range(16)
DILATIONS: Final = range(1, 9)
"""What is tried for a parameter that is unknown. Output padding stays below the stride."""


class Guess(NamedTuple):
    """One value for each parameter along one axis.

    ``padding`` is the name of a rule, pixels for both sides or (before, after); ``output_padding``
    is None where it is not given (which in Keras is not 0).
    """

    kernel_size: int
    stride: int
    padding: int | str | tuple[int, int]
    dilation: int
    output_padding: int | None


class AxisProblem(NamedTuple):
    """From how many pixels to how many, and what may be tried on the way.

    ``strides`` is empty where the stride follows the kernel. ``transposed`` names the framework
    whose rules for named padding a transposed convolution follows, and is None for whatever slides.
    """

    size: int
    target: int
    kernels: tuple[int, ...]
    strides: tuple[int, ...]
    paddings: tuple[int | str | tuple[int, int], ...]
    dilations: tuple[int, ...]
    output_paddings: tuple[int | None, ...]
    pool: bool
    ceil_mode: bool
    transposed: str | None
    words_only: bool
    """Whether padding can only be named."""
    widened: bool
    """Whether the pixels of a transposed convolution are those around its input, which has been
    widened by its stride: k_e − 1 of them leave the output whole (JAX)."""
    overhanging: bool
    """Whether a window that hangs over by less than a stride counts, ceil_mode or not (ONNX)."""


def tries(problem: AxisProblem, *, only_target: bool = True) -> Iterator[tuple[Guess, int]]:
    """Yield what may be tried with the output it gives: those that give the target, or all."""
    target = problem.target
    for kernel in problem.kernels:
        for dilation in problem.dilations:
            reach = dilation * (kernel - 1) + 1
            for stride in problem.strides or (kernel,):
                for padding in problem.paddings:
                    if problem.transposed is None:
                        output = _slid(problem, reach, stride, padding)
                        if output > 0 and (output == target or not only_target):
                            yield Guess(kernel, stride, padding, dilation, None), output
                        continue
                    for more, output in _transposed(problem, reach, stride, dilation, padding):
                        if output > 0 and (output == target or not only_target):
                            yield Guess(kernel, stride, padding, dilation, more), output


def _slid(
    problem: AxisProblem, reach: int, stride: int, padding: int | str | tuple[int, int]
) -> int:
    """Count the windows along the axis; 0 where none fits."""
    size = problem.size
    if isinstance(padding, int):
        before = after = padding
    elif isinstance(padding, str):
        before, after = RULES[padding](size, reach, stride)
    else:
        before, after = padding
    room = size + before + after - reach
    if problem.ceil_mode:
        if problem.overhanging and stride <= -room < 2 * stride - 1:
            return 1
        return output_size(size, reach, stride, before, after, ceil_mode=True)
    if room < 0:
        return 1 if problem.overhanging and -room < stride else 0
    return room // stride + 1


def _transposed(
    problem: AxisProblem,
    reach: int,
    stride: int,
    dilation: int,
    padding: int | str | tuple[int, int],
) -> Iterator[tuple[int | None, int]]:
    """Yield the outputs that the choices of output padding give."""
    size, framework = problem.size, problem.transposed
    most = max(stride, 1 if framework in ("keras", "onnx") else dilation) - 1
    choices = problem.output_paddings
    if isinstance(padding, str):
        yield from _all_named(problem, reach, stride, padding, most)
        return
    before, after = (padding, padding) if isinstance(padding, int) else padding
    if problem.widened:
        before, after = reach - 1 + before, reach - 1 + after
    least = transposed_size(size, reach, stride, before, after, 0)
    if framework == "tensorflow":
        if least <= problem.target < least + stride:
            yield None, problem.target
        return
    if len(choices) > 1:
        choices = (_best(problem, least, most),)
    for more in choices:
        if more is None or more <= most:
            yield more, least + (more or 0)


def _all_named(
    problem: AxisProblem, reach: int, stride: int, padding: str, most: int
) -> Iterator[tuple[int | None, int]]:
    """Yield the outputs that the choices of output padding give where padding is named."""
    choices = problem.output_paddings
    if len(choices) > 1 and problem.transposed != "onnx":
        taken = 2 * (reach // 2) if padding.startswith("same") else 0
        choices = (_best(problem, (problem.size - 1) * stride + reach - taken, most),)
    for more in choices:
        if more is None or more <= most:
            yield from _named(problem, reach, stride, padding, more)


def _best(problem: AxisProblem, least: int, most: int) -> int:
    """Choose the output padding that leads to the target, or nearest to it."""
    return min(max(problem.target - least, 0), most, (problem.output_paddings[-1] or 0))


def _named(
    problem: AxisProblem, reach: int, stride: int, padding: str, more: int | None
) -> Iterator[tuple[int | None, int]]:
    size, same = problem.size, padding.startswith("same")
    whole = (size - 1) * stride + reach
    if problem.transposed == "tensorflow":  # the caller says what comes out; not all is possible
        least = (size - 1) * stride + (1 if same else reach)
        if least <= problem.target < least + stride:
            yield more, problem.target
    elif problem.transposed == "onnx":
        yield more, min(size * stride, whole + (more or 0)) if same else whole + (more or 0)
    elif more is None:
        yield more, size * stride + (0 if same else max(reach - stride, 0))
    else:
        yield more, whole - (2 * (reach // 2) if same else 0) + more


_CONV_KERNELS: Final = (3, 1, 5, 7, 2, 4, 11, 9, 6, 8, 13, 10)
_POOL_KERNELS: Final = (2, 3, 4, 5, 7, 8, 6, 1)
_TRANSPOSED_KERNELS: Final = (2, 4, 3, 5, 1, 6, 8, 7)
_RANKS: Final = {
    order: {
        kernel: rank
        for rank, kernel in enumerate((*order, *(k for k in KERNELS if k not in order)))
    }
    for order in (_CONV_KERNELS, _POOL_KERNELS, _TRANSPOSED_KERNELS)
}


def cost(problem: AxisProblem, guess: Guess) -> int:
    """Say how uncommon a guess is; 0 is the commonest.

    It is the sum of four ranks. Kernels: 3, 1, 5, 7, 2, 4, 11 and so on for convolutions; 2, 3, 4,
    5, 7 for pools; 2, 4, 3, 5 for transposed convolutions. Strides: from 1 upwards; for pools the
    kernel first; for transposed convolutions 2 first. Padding: what keeps the size at stride 1
    ((k − 1)/2; at any stride for transposed convolutions), then none, then from 1 upwards; for
    pools none first. A step of dilation counts as three ranks, one of output padding as one.
    """
    kernel, stride, padding, dilation, more = guess
    reach = dilation * (kernel - 1) + 1
    if problem.transposed is not None:
        ranks, steps = _RANKS[_TRANSPOSED_KERNELS], abs(stride - 2)
        keeps = reach - stride
    elif problem.pool:
        ranks = _RANKS[_POOL_KERNELS]
        steps = 0 if stride == kernel else 1 + abs(stride - 2)
        keeps = 0
    else:
        ranks, steps, keeps = _RANKS[_CONV_KERNELS], stride - 1, reach - 1
    if isinstance(padding, int):
        pads = 0 if 2 * padding == keeps else 1 if padding == 0 else 2 + padding
        if problem.pool and 2 * padding == reach - 1:
            pads = min(pads, 1)
    elif isinstance(padding, str):
        pads = int((padding == "valid") is not problem.pool)
        pads += 0 if problem.words_only else 2
    else:
        pads = 2 + sum(padding)
    return ranks.get(kernel, len(ranks)) + steps + pads + 3 * (dilation - 1) + (more or 0)
