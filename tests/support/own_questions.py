"""Questions of one's own made at random, and their answers counted without the engine."""

import random
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from keys import receptive_field
from prompts import positions
from service.quiz.own.bases import BASES
from service.quiz.templates import Problem

Told = Mapping[str, Any]
"""What a prompt tells: the value of each number by its name."""


def wording(template: str) -> str:
    """A prompt that tells every number by its name, for :func:`told` to read."""
    basis = BASES[template]
    names = [number.name for number in basis.numbers if not number.secret]
    return "; ".join(f"{name} = {{{name}}}" for name in (*names, *basis.given))


def told(problem: Problem) -> dict[str, Any]:
    """What such a prompt tells."""
    pairs = (pair.split(" = ") for pair in problem.prompt.split("; "))
    return {name: int(text) if text.isdigit() else text.strip("“”") for name, text in pairs}


def made_up(template: str, seed: int) -> dict[str, Any]:
    """A definition with numbers that somebody might choose, not all of which can be asked."""
    chance = random.Random(f"{template}/{seed}")  # noqa: S311 - no secret
    numbers = {}
    for number in BASES[template].numbers:
        if number.least is None:
            values = chance.sample([*number.words], chance.randint(1, len(number.words)))
            numbers[number.name] = values if chance.random() < 0.5 else values[0]
            continue
        low, high = _USUAL[number.name]
        low = max(low, number.least)
        first, last = sorted((chance.randint(low, high), chance.randint(low, high)))
        numbers[number.name] = chance.choice(
            [
                last,
                {"from": first, "to": last},
                {"from": first, "to": last, "step": chance.randint(1, 3)},
                [*{first, last}],
                [*{first, last}, *number.words],
            ]
        )
        if chance.random() < 0.3 and number.like:
            del numbers[number.name]
    definition: dict[str, Any] = {
        "key": "made-up",
        "title": "Made up",
        "template": template,
        "prompt": wording(template),
        "numbers": numbers,
    }
    if chance.random() < 0.3:
        definition["kind"] = "choice"
    return definition


_USUAL = {
    **dict.fromkeys(("height", "width", "size"), (8, 160)),
    "channels": (1, 12),
    "filters": (1, 40),
    "kernel_size": (1, 9),
    "stride": (1, 5),
    "padding": (0, 4),
    "output_padding": (0, 2),
    "dilation": (1, 3),
    "groups": (1, 4),
    "layers": (2, 4),
}


def _side(given: Told, name: str) -> int:
    padding = {"valid": 0, "same": None}.get(given["padding"], given["padding"])
    return positions(
        given[name], given["kernel_size"], given["stride"], padding, given.get("dilation", 1)
    )


def _weights(given: Told) -> int:
    """Those of one filter."""
    channels = range(given["channels"] // given.get("groups", 1))
    return len([*product(range(given["kernel_size"]), range(given["kernel_size"]), channels)])


def _cells(given: Told) -> int:
    return _side(given, "height") * _side(given, "width") * given["filters"]


def _parameters(given: Told) -> int:
    return int(given["filters"] * (_weights(given) + given["bias"].startswith("with a")))


def _unshared(given: Told) -> int:
    pixels = given["height"] * given["width"] * given["channels"]
    return _cells(given) * (pixels if given["layer"] == "dense" else _weights(given))


def _pooled(given: Told) -> int:
    """Windows set down one by one; rounding up, till one reaches the end, if it starts before."""
    size, kernel, padding = given[given["axis"]], given["kernel_size"], given["padding"]
    starts = range(-padding, size + padding, given["stride"])
    if given["ceil_mode"].startswith("without"):
        return sum(start + kernel <= size + padding for start in starts)
    return sum(
        start < size and start - given["stride"] + kernel < size + padding for start in starts
    )


def _transposed(given: Told) -> int:
    """The pixels between those that the patches reach, less the padding at both ends."""
    reached = {
        at * given["stride"] + tap
        for at, tap in product(range(given[given["axis"]]), range(given["kernel_size"]))
    }
    return max(reached) + 1 - 2 * given["padding"] + given["output_padding"]


def _same(given: Told) -> int:
    """The least padding with which as many windows fit as the stride makes of the pixels."""
    reach, size, total = given["dilation"] * (given["kernel_size"] - 1) + 1, given["size"], 0
    wanted = len(range(0, size, given["stride"]))
    while len(range(0, size + total - reach + 1, given["stride"])) < wanted:
        total += 1
    return total // 2 if given["asked"].startswith("on") else total


def _only(given: Told, name: str) -> int:
    """The only value of a number with which the output is what is told."""
    output = int(given["output"].split("×")[0])
    usual = {"stride": 1, "dilation": 1, **given}
    (value,) = (
        value
        for value in range(1, given["size"] + 2 * given["padding"] + 1)
        if _side({**usual, name: value}, "size") == output
    )
    return value


def _spanned(given: Told) -> int:
    return max(range(0, given["dilation"] * given["kernel_size"], given["dilation"])) + 1


COUNTED: Mapping[str, Callable[[Told], Any]] = {
    "conv-output-shape": lambda given: (
        _side(given, "height"),
        _side(given, "width"),
        given["filters"],
    ),
    "conv-output-size": lambda given: _side(given, given["axis"]),
    "conv-parameters": _parameters,
    "conv-macs": lambda given: _cells(given) * _weights(given),
    "neurons-per-patch": lambda given: given["filters"],
    "dense-weights": _unshared,
    "grayscale-saving": lambda given: (
        given["filters"] * (3 - 1) * len([*product(range(given["kernel_size"]), repeat=2)])
    ),
    "pool-output-size": _pooled,
    "transposed-output-size": _transposed,
    "same-padding": _same,
    "kernel-from-shapes": lambda given: _only(given, "kernel_size"),
    "stride-from-shapes": lambda given: _only(given, "stride"),
    "effective-kernel": _spanned,
}


def counted(template: str, problem: Problem) -> Any:
    """The right answer to a question with :func:`wording`."""
    if template == "receptive-field":
        return receptive_field(problem)
    return COUNTED[template](told(problem))
