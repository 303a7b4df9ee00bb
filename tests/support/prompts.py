"""Answers worked out from nothing but a question's prompt: windows counted one by one."""

import re
from typing import NamedTuple

PAIR = r"(\d+)(?:×(\d+))?"
ASKED = re.compile(
    r"(?:with (?P<filters>\d+) filters|A filter) of (?P<kernel>\d+×\d+) .* "
    r"of (?P<height>\d+)×(?P<width>\d+)(?:×\d+)? "
)


class Asked(NamedTuple):
    """What a prompt says, by axis: input, kernel, stride, padding on each side, dilation."""

    axes: tuple[tuple[int, int, int, int | None, int], ...]
    filters: int | None
    axis: str | None

    def answer(self) -> list[int] | int:
        """The right answer."""
        height, width = (positions(*axis) for axis in self.axes)
        if self.filters is not None:
            return [height, width, self.filters]
        return height if self.axis == "height" else width


def positions(size: int, kernel: int, stride: int, padding: int | None, dilation: int) -> int:
    """How many windows there are along an axis; padding None is "same"."""
    if padding is None:
        return len(range(0, size, stride))
    starts = range(-padding, size + padding, stride)
    return sum(start + dilation * (kernel - 1) < size + padding for start in starts)


def _pair(pattern: str, prompt: str, otherwise: int | None) -> tuple[int | None, int | None]:
    found = re.search(pattern, prompt)
    if found is None:
        return otherwise, otherwise
    first, second = found.groups()
    return int(first), int(second or first)


def read(prompt: str) -> Asked:
    """Read a prompt of the templates on convolutions."""
    found = ASKED.search(prompt)
    assert found, prompt
    kernels = [int(number) for number in found["kernel"].split("×")]
    strides = _pair(rf"stride {PAIR}", prompt, 1)
    padding = _pair(rf"padding {PAIR} on each side", prompt, None if "“same”" in prompt else 0)
    dilations = _pair(rf"dilation {PAIR}", prompt, 1)
    sizes = (int(found["height"]), int(found["width"]))
    axis = re.search(r"What is the (height|width) of", prompt)
    return Asked(
        tuple(zip(sizes, kernels, strides, padding, dilations, strict=True)),
        int(found["filters"]) if found["filters"] else None,
        axis[1] if axis else None,
    )
