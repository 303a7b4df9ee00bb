"""Backwards: which parameters lead from one shape to another.

Along each axis everything within the bounds of :mod:`service.shapes.solver.axis` is tried by
arithmetic alone; what gives the right size is then put to the framework itself, so that every
solution is one that it takes, and none that it takes is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import combinations, islice
from math import prod
from typing import Any, Final

from service.shapes.errors import ShapeError
from service.shapes.solver.axis import AxisProblem, Guess, cost, tries
from service.shapes.solver.problem import SOLVABLE, Problem, read_problem
from service.shapes.solver.reasons import Nearest, explain
from service.shapes.solver.report import describe_solutions, summarise_solutions

__all__ = [
    "SOLVABLE",
    "Nearest",
    "Solutions",
    "describe_solutions",
    "solve",
    "summarise_solutions",
]

_MOST_COUNTED: Final = 1000


@dataclass(frozen=True, slots=True)
class Solutions:
    """The values that lead from one shape to another, commonest first.

    Each of ``solutions`` holds what was unknown, in the framework's words, and what followed from
    the shapes without being given (the number of filters). ``count`` is how many there are,
    listed or not. Where there is none, ``why_none`` says why and ``nearest`` lists what comes
    close.
    """

    solutions: tuple[dict[str, Any], ...]
    count: int
    why_none: str | None
    nearest: tuple[Nearest, ...]


def solve(
    op: str,
    input_shape: Sequence[int],
    output_shape: Sequence[int],
    unknown: Sequence[str],
    fixed: Mapping[str, Any],
    framework: str = "textbook",
    layout: str | None = None,
    *,
    limit: int = 100,
) -> Solutions:
    """Find the values of the ``unknown`` parameters that lead from one shape to the other.

    Solutions with the same value along all axes come first, and alone where there are any; else
    values differ between axes in as few parameters as possible. Within that they are ordered by
    :func:`service.shapes.solver.axis.cost`. At most ``limit`` are listed. Padding is a number of
    pixels for both sides, or a rule where that is not the same as a number.

    Raises:
        UnknownError, ParameterError, MisfitError: the request itself makes no sense.
    """
    problem = read_problem(op, input_shape, output_shape, unknown, fixed, framework, layout)
    if problem.misfit is not None:
        return Solutions((), 0, problem.misfit, ())
    cache: dict[AxisProblem, list[dict[_Key, Guess]]] = {}
    choices = [_choices(problem, axis, cache) for axis in problem.axes]
    refusal: ShapeError | None = None
    if all(choices):
        square = [[found[key] for found in choices] for key in choices[0] if _shared(key, choices)]
        square.sort(key=lambda guesses: _order(problem, guesses))
        listed, refusal = _accepted(problem, square)
        if listed:
            return Solutions(tuple(listed[:limit]), len(listed), None, ())
        if len(problem.axes) > 1:
            return _uneven(problem, choices, refusal, limit)
    return Solutions((), 0, *explain(problem, refusal))


_Key = tuple[object, ...]


def _choices(
    problem: Problem, axis: AxisProblem, cache: dict[AxisProblem, list[dict[_Key, Guess]]]
) -> dict[_Key, Guess]:
    """Find everything that gives the right size along one axis, by the values of the unknown."""
    if axis not in cache:
        words = tuple(problem.unknown)
        cache[axis] = [
            {tuple([getattr(guess, word) for word in words]): guess for guess, _ in tries(axis)}
        ]
    return cache[axis][0]


def _shared(key: _Key, choices: Iterable[Mapping[_Key, Guess]]) -> bool:
    return all(key in found for found in choices)


def _order(problem: Problem, guesses: Sequence[Guess]) -> tuple[object, ...]:
    total = sum(cost(axis, guess) for axis, guess in zip(problem.axes, guesses, strict=True))
    return (total, *(str(type(g.padding)) for g in guesses), *(_plain(g) for g in guesses))


def _plain(guess: Guess) -> tuple[int, int, int, str, int]:
    more = -1 if guess.output_padding is None else guess.output_padding
    return guess.kernel_size, guess.stride, guess.dilation, str(guess.padding), more


def _accepted(
    problem: Problem, found: Iterable[Sequence[Guess]]
) -> tuple[list[dict[str, Any]], ShapeError | None]:
    """Write what the framework takes; and say why it refused the first that it did not take.

    A rule of padding that comes to the same as numbers which are taken is left out.
    """
    taken: list[tuple[dict[str, Any], object, bool]] = []
    refusal = None
    for guesses in found:
        values = problem.write(guesses)
        answer = None if values is None else problem.answer(values)
        if isinstance(answer, ShapeError):
            refusal = refusal or answer
        elif values is not None and answer and answer.output_shape == problem.output_shape:
            layer = answer.layer
            does = (layer.kernel_size, layer.stride, layer.dilation, layer.padding)
            named = isinstance(guesses[0].padding, str)
            taken.append((values, (does, layer.output_padding), named))
    if problem.axes[0].words_only or "padding" not in problem.unknown:
        return [values for values, _, _ in taken], refusal
    seen = {effect for _, effect, named in taken if not named}
    listed = []
    for values, effect, named in taken:
        if not named or effect not in seen:
            listed.append(values)
            seen.add(effect)
    return listed, refusal


def _uneven(
    problem: Problem,
    choices: Sequence[Mapping[_Key, Guess]],
    refusal: ShapeError | None,
    limit: int,
) -> Solutions:
    """List values that differ between axes; up to a thousand are put to the framework."""
    found = _differing(problem, choices)
    listed, refused = _accepted(problem, islice(found, max(_MOST_COUNTED, limit)))
    if not listed:
        return Solutions((), 0, *explain(problem, refusal or refused))
    more = next(found, None) is not None
    count = _combined(choices) if more else len(listed)
    return Solutions(tuple(listed[:limit]), count, None, ())


def _combined(choices: Sequence[Mapping[_Key, Guess]]) -> int:
    """Count the combinations of guesses whose paddings can stand together."""
    kinds: list[dict[object, int]] = []
    for found in choices:
        counts: dict[object, int] = {}
        for guess in found.values():
            kind = guess.padding if isinstance(guess.padding, str) else int
            counts[kind] = counts.get(kind, 0) + 1
        kinds.append(counts)
    return sum(prod(counts.get(kind, 0) for counts in kinds) for kind in kinds[0])


def _differing(
    problem: Problem, choices: Sequence[Mapping[_Key, Guess]]
) -> Iterator[tuple[Guess, ...]]:
    """Yield guesses that differ between axes in as few parameters as possible."""
    words = tuple(problem.unknown)
    for number in range(1, len(words) + 1):
        for differing in combinations(range(len(words)), number):
            groups = [_grouped(found, differing) for found in choices]
            keys = [key for key in groups[0] if all(key in group for group in groups)]
            keys.sort(
                key=lambda key: sum(
                    min(cost(axis, guess) for guess in group[key])
                    for axis, group in zip(problem.axes, groups, strict=True)
                )
            )
            for key in keys:
                for guesses in _commonest(problem, [group[key] for group in groups]):
                    if all(_unlike(guesses, words[index]) for index in differing):
                        yield guesses


def _unlike(guesses: Sequence[Guess], word: str) -> bool:
    return len({getattr(guess, word) for guess in guesses}) > 1


def _grouped(found: Mapping[_Key, Guess], differing: tuple[int, ...]) -> dict[_Key, list[Guess]]:
    """Group guesses by the values of the parameters that do not differ."""
    groups: dict[_Key, list[Guess]] = {}
    for key, guess in found.items():
        shared = tuple([value for index, value in enumerate(key) if index not in differing])
        groups.setdefault(shared, []).append(guess)
    return groups


def _commonest(problem: Problem, lists: Sequence[list[Guess]]) -> Iterator[tuple[Guess, ...]]:
    """Yield one guess for every axis, in the order of their costs together."""
    ranked = [
        sorted((cost(axis, guess), *_plain(guess), guess) for guess in guesses)
        for axis, guesses in zip(problem.axes, lists, strict=True)
    ]
    start = (0,) * len(ranked)
    heap = [(sum(guesses[0][0] for guesses in ranked), start)]
    seen = {start}
    while heap:
        total, at = heappop(heap)
        yield tuple([guesses[index][-1] for guesses, index in zip(ranked, at, strict=True)])
        for axis, index in enumerate(at):
            after = (*at[:axis], index + 1, *at[axis + 1 :])
            if index + 1 < len(ranked[axis]) and after not in seen:
                seen.add(after)
                more = ranked[axis][index + 1][0] - ranked[axis][index][0]
                heappush(heap, (total + more, after))
