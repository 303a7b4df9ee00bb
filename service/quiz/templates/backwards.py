"""From shapes back to what makes them: padding, kernel, stride, and what dilation spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from service.quiz.draw import Draw
from service.quiz.reading import integer_hint
from service.quiz.templates.base import (
    Worked,
    WrongAnswer,
    line,
    question,
    seed_material,
    telling,
)

if TYPE_CHECKING:
    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.templates.base import Problem

__all__ = [
    "EffectiveKernel",
    "KernelFromShapes",
    "SamePadding",
    "StrideFromShapes",
    "effective_kernel",
    "kernel_from_shapes",
    "same_padding",
    "stride_from_shapes",
    "strides_that_fit",
]

_LARGEST_SIZE: Final = 96


def _output(size: int, reach: int, stride: int, padding: int) -> int:
    """⌊(W + 2P − F)/S⌋ + 1."""
    return (size + 2 * padding - reach) // stride + 1


def _request(size: int, **values: Any) -> dict[str, Any]:
    """The convolution of a square grey picture, which computes the size that the prompt names."""
    return {"op": "conv2d", "input_shape": [size, size], "filters": 1, **values}


@dataclass(frozen=True, slots=True)
class SamePadding:
    """Padding for “same” output: of each side at stride 1, then the total with strides.

    TensorFlow's rule: max(0, (⌈W/S⌉ − 1)·S + D(F − 1) + 1 − W).
    """

    id: str = "same-padding"
    version: int = 1
    title: str = "Padding that “same” needs"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("padding", "output size")
    cards: tuple[str, ...] = ("cnn-stride-and-padding", "cnn-valid-padding")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        while True:
            size, kernel = draw.between(10, _LARGEST_SIZE), draw.pick((3, 5, 7, 9, 11))
            stride = 1 if difficulty == "easy" else draw.pick((1, 2, 3, 4))
            dilation = draw.pick((1, 2, 3)) if difficulty == "hard" else 1
            sides = 2 if difficulty == "easy" else 1
            worked = same_padding(size, kernel, stride, dilation, sides)
            wrong = telling(worked.wrong, worked.key)
            if wrong and worked.key:
                break
        output = -(-size // stride)
        asked = "on each side" if sides == 2 else "in all, both sides together"
        dilated = f", dilation {dilation}" if dilation > 1 else ""
        return question(
            self,
            seed,
            difficulty,
            f"A filter of {kernel}×{kernel} slides over an image of {size}×{size} with stride "
            f"{stride}{dilated} and “same” padding: the output is {output}×{output}. How many "
            f"pixels of padding does each axis get {asked}?",
            worked.key,
            integer_hint(),
            request=_request(
                size, kernel_size=kernel, stride=stride, dilation=dilation, padding="same"
            ),
            wrong=wrong,
            steps=worked.steps,
        )


def same_padding(size: int, kernel: int, stride: int, dilation: int, sides: int) -> Worked:
    """What “same” adds along an axis: on each side (``sides`` 2) or in all (1)."""
    output, reach = -(-size // stride), dilation * (kernel - 1) + 1
    total = max(0, (output - 1) * stride + reach - size)
    steps = [
        line(
            "padding",
            "As much as the windows reach past the input.",
            "(output − 1)·stride + effective kernel − input",
            f"({output} − 1)·{stride} + {reach} − {size}",
            total,
        )
    ]
    wrong = [
        WrongAnswer(
            "kernel_minus_one_each_side" if sides == 2 else "kernel_minus_one_twice",
            f"F − 1 = {reach - 1} is what both sides get together at stride 1, not each.",
            (reach - 1) * (1 if sides == 2 else 2),
        ),
        WrongAnswer(
            "kernel_one_side",
            f"The whole filter of {reach} need not fit outside: one of its pixels stays in.",
            reach,
        ),
    ]
    if sides == 2:
        steps.append(
            line(
                "padding_before",
                "An odd filter takes half of it on each side.",
                "padding / 2",
                f"{total} / 2",
                total // 2,
            )
        )
    if stride > 1:
        wrong.append(
            WrongAnswer(
                "ignored_stride",
                "That is the padding at stride 1; with a stride the last window starts elsewhere.",
                reach - 1,
            )
        )
        plain = max(0, (output - 1) * stride + kernel - size)
        if dilation > 1:
            wrong.append(
                WrongAnswer(
                    "ignored_dilation",
                    f"With dilation the filter spans {reach} pixels, not {kernel}.",
                    plain,
                )
            )
    if sides == 1 and total:
        wrong.append(WrongAnswer("padding_once", "That is one side of it.", -(-total // 2)))
    return Worked(total // sides, wrong, tuple(steps))


@dataclass(frozen=True, slots=True)
class KernelFromShapes:
    """Which filter leads from one size to the other, at stride 1, where it is the only one."""

    id: str = "kernel-from-shapes"
    version: int = 1
    title: str = "Kernel size from input and output"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("output size", "padding")
    cards: tuple[str, ...] = ("cnn-valid-padding", "cnn-output-formula")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        while True:
            size, kernel = draw.between(16, _LARGEST_SIZE), draw.between(2, 11)
            padding = 0 if difficulty == "easy" else draw.between(1, 4)
            dilation = draw.pick((2, 3)) if difficulty == "hard" else 1
            output = _output(size, dilation * (kernel - 1) + 1, 1, padding)
            worked = kernel_from_shapes(size, output, padding, dilation)
            wrong = telling(worked.wrong, kernel)
            if wrong and output > 2 and output != size:
                break
        pads = f", padding {padding} on each side" if padding else ", no padding"
        dilated = f", dilation {dilation}" if dilation > 1 else ""
        return question(
            self,
            seed,
            difficulty,
            f"A square filter turns an image of {size}×{size} into {output}×{output}: stride 1"
            f"{pads}{dilated}. How many pixels wide is the filter?",
            kernel,
            integer_hint(),
            request=_request(size, kernel_size=kernel, padding=padding, dilation=dilation),
            wrong=wrong,
            steps=worked.steps,
        )


def kernel_from_shapes(size: int, output: int, padding: int, dilation: int) -> Worked:
    """The kernel that leads from one size to the other at stride 1."""
    reach = size + 2 * padding - output + 1
    kernel = (reach - 1) // dilation + 1
    pads = f" + 2·{padding}" if padding else ""
    steps = [
        line(
            "effective_kernel_size",
            "At stride 1 the output is the padded input less the filter, plus 1.",
            "input + padding − output + 1",
            f"{size}{pads} − {output} + 1",
            reach,
        )
    ]
    wrong = [
        WrongAnswer(
            "forgot_plus_one",
            "The + 1 is missing: the place where the filter starts counts too.",
            (reach - 2) // dilation + 1 if dilation > 1 else reach - 1,
        ),
        WrongAnswer(
            "added_one_twice",
            "The + 1 was added on the wrong side of the equation as well.",
            reach + 1,
        ),
    ]
    if padding:
        wrong += [
            WrongAnswer(
                "forgot_padding",
                f"The filter slides over {size + 2 * padding} pixels: the padding counts.",
                size - output + 1,
            ),
            WrongAnswer(
                "padding_once", "There is padding on both sides.", size + padding - output + 1
            ),
        ]
    if dilation > 1:
        steps.append(
            line(
                "kernel_size",
                "A dilated filter spans D(F − 1) + 1 pixels.",
                "(effective kernel − 1) / dilation + 1",
                f"({reach} − 1) / {dilation} + 1",
                kernel,
            )
        )
        wrong.append(
            WrongAnswer(
                "ignored_dilation",
                f"That is what the filter spans: {reach} pixels, {dilation} apart.",
                reach,
            )
        )
    return Worked(kernel, _positive(wrong), tuple(steps))


def _positive(wrong: list[WrongAnswer]) -> list[WrongAnswer]:
    return [one for one in wrong if isinstance(one.would_give, int) and one.would_give > 0]


@dataclass(frozen=True, slots=True)
class StrideFromShapes:
    """Which stride leads from one size to the other; numbers for which there is only one."""

    id: str = "stride-from-shapes"
    version: int = 1
    title: str = "Stride from input and output"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("stride", "output size")
    cards: tuple[str, ...] = ("cnn-strides", "cnn-stride-1-and-2", "cnn-output-formula")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        while True:
            size, kernel = draw.between(20, _LARGEST_SIZE), draw.between(2, 9)
            padding = 0 if difficulty == "easy" else draw.between(1, 4)
            stride = draw.between(2, 4 if difficulty == "easy" else 7)
            output = _output(size, kernel, stride, padding)
            worked = stride_from_shapes(size, kernel, output, padding)
            wrong = telling(worked.wrong, stride, 1)
            fitting = strides_that_fit(size, kernel, output, padding)
            if wrong and fitting == [stride] and (difficulty != "hard" or stride > 3):
                break
        pads = f", padding {padding} on each side" if padding else ", no padding"
        return question(
            self,
            seed,
            difficulty,
            f"A filter of {kernel}×{kernel} turns an image of {size}×{size} into "
            f"{output}×{output}{pads}. What is its stride?",
            stride,
            integer_hint(),
            request=_request(size, kernel_size=kernel, stride=stride, padding=padding),
            wrong=wrong,
            steps=worked.steps,
        )


def strides_that_fit(size: int, kernel: int, output: int, padding: int) -> list[int]:
    """Every stride that leads from one size to the other."""
    return [other for other in range(1, size) if _output(size, kernel, other, padding) == output]


def stride_from_shapes(size: int, kernel: int, output: int, padding: int) -> Worked:
    """The largest stride that leads from one size to the other; ``output`` is above 1."""
    room = size + 2 * padding - kernel
    step = line(
        "stride",
        "Between its first and its last place the filter moves output − 1 times; what is left over "
        "at the end is never read.",
        "⌊(input + padding − kernel) / (output − 1)⌋",
        f"⌊{room} / ({output} − 1)⌋",
        room // (output - 1),
    )
    wrong = [
        WrongAnswer(
            "forgot_plus_one",
            f"The filter stands in {output} places, so it moves {output - 1} times.",
            room // output,
        ),
        WrongAnswer(
            "assumed_size_over_stride",
            "Input over output leaves out that the filter itself takes room.",
            size // output,
        ),
        WrongAnswer(
            "kernel_not_subtracted",
            "The filter's first place takes its own width off the way that is left.",
            (size + 2 * padding) // (output - 1),
        ),
    ]
    found: dict[object, WrongAnswer] = {}
    for one in _positive(wrong):
        found.setdefault(one.would_give, one)
    return Worked(step.value, list(found.values()), (step,))


@dataclass(frozen=True, slots=True)
class EffectiveKernel:
    """What a dilated filter spans: D(F − 1) + 1."""

    id: str = "effective-kernel"
    version: int = 1
    title: str = "What a dilated filter spans"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("dilation", "output size")
    cards: tuple[str, ...] = ("cnn-output-formula",)

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        largest = {"easy": 5, "medium": 9, "hard": 15}[difficulty]
        while True:
            kernel, dilation = draw.between(2, largest), draw.between(2, largest)
            worked = effective_kernel(kernel, dilation)
            wrong = telling(worked.wrong, worked.key)
            if wrong:
                break
        return question(
            self,
            seed,
            difficulty,
            f"A filter is {kernel}×{kernel} and has dilation {dilation}. How many pixels of the "
            "input does it span along each axis?",
            worked.key,
            integer_hint(),
            request=_request(2 * worked.key, kernel_size=kernel, dilation=dilation),
            wrong=wrong,
            steps=worked.steps,
        )


def effective_kernel(kernel: int, dilation: int) -> Worked:
    """What a dilated kernel spans: D(F − 1) + 1."""
    reach = dilation * (kernel - 1) + 1
    wrong = [
        WrongAnswer(
            "dilation_times_kernel",
            "D·F counts a gap behind the last pixel as well.",
            dilation * kernel,
        ),
        WrongAnswer("ignored_dilation", f"The {kernel} pixels lie {dilation} apart.", kernel),
        WrongAnswer(
            "forgot_plus_one",
            "The first pixel counts too: + 1.",
            dilation * (kernel - 1),
        ),
        WrongAnswer(
            "dilation_as_gap",
            f"Dilation {dilation} puts {dilation - 1} pixels between two, not {dilation}.",
            (dilation + 1) * (kernel - 1) + 1,
        ),
    ]
    step = line(
        "effective_kernel_size",
        "From the first pixel there are F − 1 steps of D pixels.",
        "dilation·(kernel − 1) + 1",
        f"{dilation}·({kernel} − 1) + 1",
        reach,
    )
    return Worked(reach, wrong, (step,))
