"""The right answers of generated questions, worked out without the engine.

Each function gets a problem and looks only at what a learner sees, or at the request that is
offered to check it; what is right is then counted by hand, not computed by a formula.
"""

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import prompts
from service.quiz.templates import Problem
from service.quiz.templates.cells import FILTERS
from service.quiz.templates.errata import STATEMENTS
from service.quiz.templates.frameworks import NAMES


def sizes(problem: Problem) -> Any:
    """Output sizes: windows set down one by one, read from the prompt."""
    answer = prompts.read(problem.prompt).answer()
    return tuple(answer) if isinstance(answer, list) else answer


def parameters(problem: Problem) -> int:
    """One for each weight of each filter, and one for each bias."""
    body: Any = problem.request
    channels = body["input_shape"][-1] // body["groups"]
    cells = list(product(*map(range, body["kernel_size"]), range(channels)))
    return body["filters"] * (len(cells) + body["bias"])


def receptive_field(problem: Problem) -> int:
    """The input pixels that reach one output: followed back from layer to layer."""
    body: Any = problem.request
    seen = {0}
    for layer in reversed(body["layers"]):
        taps = range(layer["params"]["kernel_size"] * layer["params"]["dilation"])
        steps = [tap for tap in taps if tap % layer["params"]["dilation"] == 0]
        seen = {at * layer["params"]["stride"] + tap for at in seen for tap in steps}
    return max(seen) - min(seen) + 1


def judged(problem: Problem) -> str:
    """The option that the deck's errata call right."""
    (statement,) = (one for one in STATEMENTS if one.text in problem.prompt)
    (key,) = (option.id for option in problem.options if option.text == statement.right)
    return key


def _grid(words: str) -> list[list[int]]:
    return [[int(cell) for cell in row.split()] for row in words.replace("−", "-").split("; ")]


def _numbers(pattern: str, problem: Problem) -> list[int]:
    found = re.search(pattern, problem.prompt)
    assert found, problem.prompt
    return [int(number) for number in found.groups() if number is not None]


def _number(pattern: str, problem: Problem, otherwise: int) -> int:
    found = re.search(pattern, problem.prompt)
    return int(found[1]) if found else otherwise


def _option(problem: Problem, text: str) -> str:
    (key,) = (option.id for option in problem.options if option.text == text)
    return key


def same_padding(problem: Problem) -> int:
    """The least padding with which as many windows fit as the output has pixels."""
    kernel, size, stride = _numbers(r"filter of (\d+)×.* image of (\d+)×.* stride (\d+)", problem)
    dilation = _number(r"dilation (\d+)", problem, 1)
    wanted = len(range(0, size, stride))
    total = 0
    while len(range(0, size + total - dilation * (kernel - 1), stride)) < wanted:
        total += 1
    return total // 2 if "on each side" in problem.prompt else total


def kernel_size(problem: Problem) -> int:
    """The one filter that can be set down as often as the output has pixels."""
    size, output = _numbers(r"image of (\d+)×\d+ into (\d+)×", problem)
    padding = _number(r"padding (\d+)", problem, 0)
    dilation = _number(r"dilation (\d+)", problem, 1)
    (key,) = (
        kernel
        for kernel in range(1, size)
        if prompts.positions(size, kernel, 1, padding, dilation) == output
    )
    return key


def stride(problem: Problem) -> int:
    """The one stride at which the filter is set down as often as the output has pixels."""
    kernel, size, output = _numbers(
        r"of (\d+)×\d+ turns an image of (\d+)×\d+ into (\d+)×", problem
    )
    padding = _number(r"padding (\d+)", problem, 0)
    (key,) = (
        step
        for step in range(1, size)
        if prompts.positions(size, kernel, step, padding, 1) == output
    )
    return key


def span(problem: Problem) -> int:
    """The pixels from the first to the last that a dilated filter reads."""
    kernel, dilation = _numbers(r"is (\d+)×.* dilation (\d+)", problem)
    return len(range((kernel - 1) * dilation + 1))


def _windows(problem: Problem) -> tuple[int, int, int, int]:
    """Filters, kernel, channels and positions of a convolution on a square image."""
    filters, kernel, size, depth, step = _numbers(
        r"slides (\d+) filters of (\d+)×\d+ over an input of (\d+)×\d+×(\d+) .* stride (\d+)",
        problem,
    )
    padding = _number(r"padding (\d+) on each side", problem, 0)
    return filters, kernel, depth, prompts.positions(size, kernel, step, padding, 1) ** 2


def macs(problem: Problem) -> int:
    """Each filter reads each cell of its patch once at each position."""
    filters, kernel, depth, positions = _windows(problem)
    return sum(kernel * kernel * depth for _ in range(positions)) * filters


def neurons(problem: Problem) -> int:
    """As many as there are filters."""
    return _windows(problem)[0]


def unshared(problem: Problem) -> int:
    """A weight from each number that an output sees to each output."""
    filters, kernel, depth, positions = _windows(problem)
    size = _numbers(r"input of (\d+)×", problem)[0]
    seen = kernel * kernel if "locally connected" in problem.prompt else size * size
    return positions * filters * seen * depth


def saving(problem: Problem) -> int:
    """The parameters with three channels less those with one, biases and all."""
    filters, kernel = _numbers(r"has (\d+) filters of (\d+)×", problem)
    with_colour, without = (filters * (kernel * kernel * depth + 1) for depth in (3, 1))
    return with_colour - without


def pooled(problem: Problem) -> int:
    """Windows set down; rounded up they start inside the input or the padding before it."""
    size, kernel, step = _numbers(r"of (\d+)×.* window (\d+)×\d+, stride (\d+)", problem)
    padding = _number(r"padding (\d+)", problem, 0)
    if "ceil_mode=True" not in problem.prompt:
        return prompts.positions(size, kernel, step, padding, 1)
    starts = range(-padding, size, step)
    reached = [start for start in starts if start - step + kernel < size + padding]
    return len(reached)


def transposed(problem: Problem) -> int:
    """Each input pixel writes a kernel; the padding is cut off, the output padding added."""
    size, kernel, step = _numbers(r"of (\d+)×\d+: kernel (\d+)×\d+, stride (\d+)", problem)
    padding = _number(r", padding (\d+)", problem, 0)
    extra = _number(r"output_padding (\d+)", problem, 0)
    written = {at * step + tap for at in range(size) for tap in range(kernel)}
    return max(written) + 1 - 2 * padding + extra


def two_strides(problem: Problem) -> str:
    """Windows set down at either stride."""
    kernel, size, second = _numbers(
        r"filter of (\d+)×\d+ .* image of (\d+)×.* then with stride (\d+)", problem
    )
    padding = None if "“same”" in problem.prompt else 0
    one, two = (prompts.positions(size, kernel, step, padding, 1) for step in (1, second))
    return _option(problem, f"{one}×{one} and {two}×{two}")


def shifted(problem: Problem) -> int:
    """The place of a spot in the last map, before and after it moved."""
    strides = [int(found) for found in re.findall(r"stride (\d+)", problem.prompt)]
    (shift,) = _numbers(r"moves (\d+) pixel", problem)
    before, after = 0, shift
    for step in strides:
        before, after = before // step, after // step
    return after - before


def pyramid(problem: Problem) -> tuple[int, ...]:
    """Windows set down, layer by layer."""
    body: Any = problem.request
    size, _, depth = body["input_shape"]
    for layer in body["layers"]:
        params = layer["params"]
        padding = None if params.get("padding") == "same" else 0
        size = prompts.positions(size, params["kernel_size"], params["stride"], padding, 1)
        depth = params.get("filters", depth)
    return size, size, depth


def cell(problem: Problem) -> int:
    """The patch and the filter multiplied cell by cell, from the words of the prompt."""
    grid, kernel = map(_grid, re.findall(r"Rows of the \w+: ([\d −;]+)", problem.prompt))
    row, column = _numbers(r"row (\d+), column (\d+)", problem)
    step = _number(r"Stride (\d+)", problem, 1)
    total = _number(r"bias is (\d+)", problem, 0)
    for i, j in product(range(len(kernel)), repeat=2):
        total += grid[row * step + i][column * step + j] * kernel[i][j]
    return total


def which_filter(problem: Problem) -> str:
    """The one named filter that makes this map of this picture."""
    shown, picture = map(_grid, re.findall(r"with the rows ([\d −;]+)", problem.prompt))
    names = []
    for name, kernel in FILTERS.items():
        made = [
            [
                sum(picture[r + i][c + j] * kernel[i][j] for i, j in product(range(3), repeat=2))
                for c in range(len(shown[0]))
            ]
            for r in range(len(shown))
        ]
        names += [name] if made == shown else []
    (name,) = names
    return _option(problem, name)


def by_framework(problem: Problem) -> str:
    """What the frameworks' own documentation says of each case."""
    framework = next(name for name in NAMES.values() if problem.prompt.endswith(f"{name}?"))
    channels = _number(r"of (\d+) channels", problem, 0)
    if channels:
        return _option(problem, str(channels * {"PyTorch": 2, "Keras": 4}[framework]))
    (size,) = _numbers(r"maps of (\d+)×", problem)
    if "transposed" in problem.prompt:
        return _option(problem, str({"PyTorch": 2 * size - 1, "Keras": 2 * size}[framework]))
    if "“same”" in problem.prompt:
        halved = str(len(range(0, size, 2)))
        return _option(problem, halved if framework == "Keras" else "it refuses the layer")
    (kernel,) = _numbers(r"window of (\d+)×", problem)
    step = kernel if framework in ("PyTorch", "Keras") else 1
    return _option(problem, str(prompts.positions(size, kernel, step, 0, 1)))


KEYS: dict[str, Callable[[Problem], Any]] = {
    "conv-cell": cell,
    "conv-macs": macs,
    "conv-output-shape": sizes,
    "conv-output-size": sizes,
    "conv-parameters": parameters,
    "dense-weights": unshared,
    "effective-kernel": span,
    "equivariance": shifted,
    "framework-difference": by_framework,
    "grayscale-saving": saving,
    "kernel-from-shapes": kernel_size,
    "neurons-per-patch": neurons,
    "pool-output-size": pooled,
    "pyramid-shape": pyramid,
    "receptive-field": receptive_field,
    "same-padding": same_padding,
    "stride-1-and-2": two_strides,
    "stride-from-shapes": stride,
    "transposed-output-size": transposed,
    "true-or-false": judged,
    "which-filter": which_filter,
}
"""How the key of each template is found out by other means."""
