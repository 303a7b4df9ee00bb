"""Layers on inputs whose sizes have names.

The engine is run once on large sizes that remember their formulas (:class:`.size.Size`), and then
on plain numbers around the smallest sizes at which it works: formulas are given out only if they
come to the engine's own numbers at all of these, and what bounds those is their condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Final

from service.shapes.errors import MisfitError, ParameterError, ShapeError
from service.shapes.symbolic.expression import Formula, evaluate, name
from service.shapes.symbolic.size import Size, formula_of

__all__ = ["MOST_AT_ONCE", "Numbers", "Worked", "conditions_of", "has_names", "work_out"]

MOST_AT_ONCE: Final = 100
"""Layers with names in one request: each takes as long as a few hundred with numbers."""

Numbers = tuple[int, ...]
Work = Callable[[list[int]], Numbers]
"""Runs the engine on an input shape; gives every number that the answer shows."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}", re.ASCII)
_MOST: Final = 4
_LARGE: Final = 1_440
"""Divisible by the usual numbers of groups; products of two still are sizes."""

_CLOSE: Final = 64
"""How many sizes above the smallest one are tried: more than strides of networks multiply to."""

Worked = tuple[tuple[Formula, ...], dict[str, tuple[int, int]]]
"""Formulas, and for each name the smallest size and what must divide it."""


def has_names(shape: object) -> bool:
    """Whether an input shape is a list with a name in it."""
    return type(shape) is list and any(type(size) is str for size in shape)


def work_out(work: Work, shape: Sequence[int | str]) -> Worked:
    """Find formulas for what ``work`` gives, and when they hold.

    Raises ShapeError: what the engine refuses for large sizes too, ParameterError for text that is
    no name, MisfitError ``name_needs_number`` where no one formula holds.
    """
    words = _names(shape)
    refused: ShapeError | None = None
    for rests in product((0, 1), repeat=len(words)):
        probe = {word: _LARGE * (1 + at) + rests[at] for at, word in enumerate(words)}
        sizes = [Size.of(probe[s], name(s)) if isinstance(s, str) else s for s in shape]
        try:
            formulas = tuple(map(formula_of, work(sizes)))
        except ShapeError as error:
            refused = refused or error
            continue
        bounds = _bounds(work, shape, formulas, probe)
        if bounds is not None:
            return formulas, bounds
    if refused is not None:
        raise refused
    raise MisfitError(
        "name_needs_number",
        f"No one formula in {', '.join(words)} gives the sizes of this layer.",
        pointer="/input_shape",
        hint="give a number in place of a name",
    )


def conditions_of(bounds: Mapping[str, tuple[int, int]]) -> list[str]:
    """Say when formulas hold: ``H >= 3``, ``C is divisible by 4``."""
    told = []
    for word, (least, step) in bounds.items():
        told.append(f"{word} >= {least}")
        if step > 1:
            told.append(f"{word} is divisible by {step}")
    return told


def _names(shape: Sequence[int | str]) -> list[str]:
    for index, size in enumerate(shape):
        if isinstance(size, str) and not _NAME.fullmatch(size):
            raise ParameterError(
                "bad_size_name",
                "This is neither a size nor a name of one.",
                pointer=f"/input_shape/{index}",
                hint="a letter, then letters, digits and underscores, at most 16 in all",
            )
    words = list(dict.fromkeys(size for size in shape if isinstance(size, str)))
    if len(words) > _MOST:
        raise ParameterError(
            "too_many_names",
            f"The input has {len(words)} names.",
            pointer="/input_shape",
            hint=f"at most {_MOST}",
        )
    return words


def _bounds(
    work: Work,
    shape: Sequence[int | str],
    formulas: tuple[Formula, ...],
    probe: Mapping[str, int],
) -> dict[str, tuple[int, int]] | None:
    """The smallest size of each name and what divides it; None if the formulas do not hold."""

    def holds(values: Mapping[str, int]) -> bool:
        sizes = [values[size] if isinstance(size, str) else size for size in shape]
        try:
            found = work(sizes)
        except ShapeError:
            return False
        return found == tuple([evaluate(formula, values) for formula in formulas])

    if not holds(probe):
        return None
    bounds = {}
    for word, large in probe.items():
        found = _bound(lambda size, word=word: holds({**probe, word: size}), large)  # type: ignore[misc]
        if found is None:
            return None
        bounds[word] = found
    for more in range(_CLOSE):
        together = {
            word: least + step * (more * (2 * at + 1) % 61)
            for at, (word, (least, step)) in enumerate(bounds.items())
        }
        if not holds(together):
            return None
    return bounds


def _bound(holds: Callable[[int], bool], large: int) -> tuple[int, int] | None:
    """The smallest size at which the formulas hold, and what divides all such sizes."""
    step = next((n for n in range(1, _CLOSE + 1) if holds(large + n)), 0)
    if not step or large % step:
        return None
    low, high = 0, large // step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle * step) else (middle, high)
    if not all(holds((high + more) * step) for more in range(_CLOSE)):
        return None
    return high * step, step
