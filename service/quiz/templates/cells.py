"""Numbers worked by hand: one cell of a convolution, and which filter made a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from service.quiz.draw import Draw
from service.quiz.reading import choice_hint, integer_hint
from service.quiz.templates.base import (
    WrongAnswer,
    line,
    make_options,
    question,
    seed_material,
    telling,
)

if TYPE_CHECKING:
    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.templates.base import Problem

__all__ = ["FILTERS", "ConvCell", "WhichFilter"]

Grid: TypeAlias = list[list[int]]

FILTERS: Final[dict[str, tuple[tuple[int, ...], ...]]] = {
    "vertical edges (Sobel)": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "horizontal edges (Sobel)": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "any edges (Laplacian)": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "blur (sum of all nine)": ((1, 1, 1), (1, 1, 1), (1, 1, 1)),
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
}
"""Filters that a map may have come from, by what they show."""

_TAKEN_FOR: Final[dict[str, str]] = {
    "vertical edges (Sobel)": "It answers where left and right differ, and sums to 0 on a flat "
    "patch.",
    "horizontal edges (Sobel)": "It answers where above and below differ, and sums to 0 on a flat "
    "patch.",
    "any edges (Laplacian)": "It compares a pixel with its four neighbours: 0 on a flat patch.",
    "blur (sum of all nine)": "It sums the patch: on a flat one nine times its value.",
    "sharpen": "It keeps a flat patch as it is and exaggerates what differs.",
    "identity": "It gives the pixel in the middle, unchanged.",
}


def _rows(grid: Grid) -> str:
    return "; ".join(" ".join(str(cell).replace("-", "−") for cell in row) for row in grid)


def _product(patch: Grid, kernel: Grid) -> int:
    return sum(
        cell * weight
        for cells, weights in zip(patch, kernel, strict=True)
        for cell, weight in zip(cells, weights, strict=True)
    )


@dataclass(frozen=True, slots=True)
class ConvCell:
    """One output of a convolution, from the numbers; hard ones have a bias and a stride."""

    id: str = "conv-cell"
    version: int = 1
    title: str = "One cell of a convolution, by hand"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("convolution", "filters")
    cards: tuple[str, ...] = ("cnn-convolution", "cnn-intuition", "cnn-many-filters")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        k = 2 if difficulty == "easy" else 3
        size, stride = k + 2, 2 if difficulty == "hard" else 1
        while True:
            grid = [[draw.between(0, 9) for _ in range(size)] for _ in range(size)]
            kernel = [[draw.between(-2, 3) for _ in range(k)] for _ in range(k)]
            bias = draw.between(1, 9) if difficulty == "hard" else 0
            last = (size - k) // stride
            row, column = draw.between(0, last), draw.between(0, last)
            patch = _patch(grid, row * stride, column * stride, k)
            key = _product(patch, kernel) + bias
            wrong = telling(self._wrong(grid, kernel, bias, (row, column), stride), key, 3)
            if wrong and (row, column) != (0, 0):
                break
        biased = f", and the bias is {bias}" if bias else ""
        strided = f" Stride {stride}." if stride > 1 else ""
        sums = " + ".join(
            f"{cell}·{f'({weight})'.replace('-', '−') if weight < 0 else weight}"
            for cells, weights in zip(patch, kernel, strict=True)
            for cell, weight in zip(cells, weights, strict=True)
        )
        request = {
            "op": "conv2d",
            "input": grid,
            "weight": kernel,
            "stride": stride,
            "trace": {"positions": [[row, column]]},
        }
        if bias:
            request["bias"] = [bias]
        return question(
            self,
            seed,
            difficulty,
            f"Rows of the input: {_rows(grid)}. Rows of the filter: {_rows(kernel)}{biased}."
            f"{strided} No padding. What does the output hold in row {row}, column {column} "
            "(counted from 0)?",
            key,
            integer_hint(),
            request=request,
            path="/v1/convolutions",
            wrong=wrong,
            steps=(
                line(
                    "result",
                    "The patch and the filter, element by element, summed, plus the bias.",
                    "sum of input·weight + bias",
                    f"{sums} + {bias}",
                    key,
                ),
            ),
        )

    @staticmethod
    def _wrong(
        grid: Grid, kernel: Grid, bias: int, place: tuple[int, int], stride: int
    ) -> list[WrongAnswer]:
        k, (row, column) = len(kernel), place
        patch = _patch(grid, row * stride, column * stride, k)
        flipped = [weights[::-1] for weights in kernel[::-1]]
        wrong = [
            WrongAnswer(
                "flipped_kernel",
                "The filter was turned round, as mathematics does; here it is used as it stands.",
                _product(patch, flipped) + bias,
            ),
            WrongAnswer(
                "transposed_position",
                f"Row {row}, column {column}: the row comes first.",
                _product(_patch(grid, column * stride, row * stride, k), kernel) + bias,
            ),
            WrongAnswer(
                "summed_patch",
                "Each number is multiplied by its weight before all are summed.",
                sum(map(sum, patch)) + bias,
            ),
        ]
        if row == column:
            del wrong[1]
        if bias:
            wrong.append(
                WrongAnswer("forgot_bias", "The bias is added once.", _product(patch, kernel))
            )
        if stride > 1:
            near = _patch(grid, row, column, k)
            wrong.append(
                WrongAnswer(
                    "ignored_stride",
                    f"The filter moves {stride} pixels each time.",
                    _product(near, kernel) + bias,
                )
            )
        return wrong


def _patch(grid: Grid, row: int, column: int, k: int) -> Grid:
    return [line[column : column + k] for line in grid[row : row + k]]


@dataclass(frozen=True, slots=True)
class WhichFilter:
    """Which of some well-known filters made this map of this picture?"""

    id: str = "which-filter"
    version: int = 1
    title: str = "Which filter made this map"
    kind: Kind = "choice"
    topics: tuple[str, ...] = ("filters", "feature maps", "convolution")
    cards: tuple[str, ...] = ("cnn-many-filters", "cnn-intuition", "cnn-feature-maps")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        size = {"easy": 4, "medium": 5, "hard": 5}[difficulty]
        while True:
            grid = self._picture(draw, size, difficulty)
            maps = {name: self._map(grid, kernel) for name, kernel in FILTERS.items()}
            right = draw.pick(sorted(FILTERS))
            if len({str(made) for made in maps.values()}) == len(maps):
                break
        others = draw.shuffle([name for name in sorted(FILTERS) if name != right])
        wrong = {
            f"taken_for_{_code(name)}": (name, f"{name[0].upper()}{name[1:]}: {_TAKEN_FOR[name]}")
            for name in others[: 2 if difficulty == "easy" else 3]
        }
        key, options, mistakes = make_options(draw, right, wrong)
        return question(
            self,
            seed,
            difficulty,
            f"A filter of 3×3 made the map with the rows {_rows(maps[right])} of the picture with "
            f"the rows {_rows(grid)} (no padding, stride 1). Which filter was it?",
            key,
            choice_hint(options),
            request={
                "op": "conv2d",
                "input": grid,
                "weight": [list(weights) for weights in FILTERS[right]],
            },
            path="/v1/convolutions",
            options=options,
            wrong=mistakes,
            reason=_TAKEN_FOR[right],
        )

    @staticmethod
    def _picture(draw: Draw, size: int, difficulty: Difficulty) -> Grid:
        """An edge, and in harder ones spots on it."""
        dark, light = draw.between(0, 3), draw.between(5, 9)
        edge, upright = draw.between(1, size - 2), draw.below(2)
        grid = [
            [light if (column if upright else row) > edge else dark for column in range(size)]
            for row in range(size)
        ]
        for _ in range({"easy": 1, "medium": 2, "hard": 5}[difficulty]):
            grid[draw.below(size)][draw.below(size)] = draw.between(0, 9)
        return grid

    @staticmethod
    def _map(grid: Grid, kernel: tuple[tuple[int, ...], ...]) -> Grid:
        rows = range(len(grid) - 2)
        weights = [list(row) for row in kernel]
        return [
            [_product(_patch(grid, row, column, 3), weights) for column in rows] for row in rows
        ]


def _code(name: str) -> str:
    return name.split(" (")[0].replace(" ", "_")
