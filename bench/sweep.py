"""A million layers at once: `service.sweeps` beside a bare Python loop.

Run it with `python bench/sweep.py`. The loop is the least that gives the same numbers: one list
comprehension over ready-made lists, which checks nothing; the sweep finds out besides which rows
are no layers, and says why. Columns are int32 arrays. A ratio of 0.02 (1/50) means that the sweep
takes a fiftieth of the loop's time; the goal for the output sizes is 1/32.
"""

import sys
from collections.abc import Callable

import numpy as np
from alternate import alternate, heading, row

from service.sweeps import sweep

ROWS = 1_000_000
RUNS = 15


def columns(least_input: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(2026)
    bounds = {
        "input": (least_input, 512),
        "kernel_size": (1, 8),
        "stride": (1, 5),
        "dilation": (1, 3),
        "padding": (0, 4),
    }
    return {
        name: random.integers(least, most, ROWS, dtype=np.int32)
        for name, (least, most) in bounds.items()
    }


def output_loop(lists: list[list[int]]) -> Callable[[], list[int]]:
    return lambda: [
        (i + 2 * p - d * (k - 1) - 1) // s + 1 for i, k, s, d, p in zip(*lists, strict=True)
    ]


def checked_loop(lists: list[list[int]]) -> Callable[[], list[int]]:
    def size(i: int, k: int, s: int, d: int, p: int) -> int:
        if i < 1 or k < 1 or s < 1 or d < 1 or p < 0:
            return 0
        room = i + 2 * p - d * (k - 1) - 1
        return room // s + 1 if room >= 0 else 0

    return lambda: list(map(size, *lists))


def costs_loop(lists: list[list[int]]) -> Callable[[], list[tuple[int, int, int]]]:
    def costs(i: int, k: int, s: int, d: int, p: int) -> tuple[int, int, int]:
        output = (i + 2 * p - d * (k - 1) - 1) // s + 1
        weights = 3 * 64 * k * k
        return output, weights + 64, weights * output * output

    return lambda: list(map(costs, *lists))


def main() -> int:
    fitting, mixed = columns(16), columns(1)
    mixed["stride"][::7] = 0
    filters = {"channels": 3, "filters": 64}
    output = ["output"]
    lists = [column.tolist() for column in fitting.values()]
    odd = [column.tolist() for column in mixed.values()]
    made = sweep("conv2d", fitting, results=output).results["output_width"]
    costs = sweep("conv2d", fitting | filters).results
    same = (
        made.tolist() == output_loop(lists)(),
        sweep("conv1d", mixed, results=output).results["output_length"].tolist()
        == checked_loop(odd)(),
        list(
            zip(*[costs[name].tolist() for name in ("output_width", "params", "macs")], strict=True)
        )
        == costs_loop(lists)(),
    )
    if not all(same):
        print("The loop and the sweep disagree.", file=sys.stderr)
        return 1
    print(heading(f"{ROWS:,} configurations", "sweep", "loop"))
    cases = [
        (
            "output sizes",
            lambda: sweep("conv2d", fitting, results=output),
            output_loop(lists),
            "goal 1/32",
        ),
        (
            "output sizes, parameters, MACs",
            lambda: sweep("conv2d", fitting | filters),
            costs_loop(lists),
            "",
        ),
        (
            "output sizes, a seventh of the rows impossible, some misfits",
            lambda: sweep("conv1d", mixed, results=output),
            checked_loop(odd),
            "loop with checks",
        ),
    ]
    for name, ours, theirs, goal in cases:
        print(row(name, alternate(ours, theirs, RUNS, repeats=3), goal))
    return 0


if __name__ == "__main__":
    sys.exit(main())
