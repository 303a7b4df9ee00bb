"""How the time of a convolution grows with its input, drawn: `docs/images/growth.svg`.

Run it with `python bench/growth.py docs/images/growth.svg`. 16 channels, 16 filters 3×3 with
padding 1, float32, one thread; squares from 4×4 to 256×256, each side's runs in turn, the quickest
of each counts. Beside torch and onnxruntime, where they are installed, and beside what the cost
model predicts, which is what requests are judged by before anything is computed.
"""

import sys
from collections.abc import Callable
from itertools import pairwise
from math import floor, log10
from pathlib import Path

from convolution import WARM_UP, Peers, conv, seconds

from service.convolution import cost
from service.figures import Drawing, svg
from service.figures.model import Element, Group, Polygon, Rect, Segments, Text
from service.figures.palette import Role

SIDES = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
RUNS = 60
LEFT, TOP, RIGHT, BOTTOM = 74.0, 64.0, 580.0, 344.0
LINES = {
    "convcards": (Role.KERNEL, None),
    "predicted": (Role.KERNEL, (2.0, 4.0)),
    "torch": (Role.RED, None),
    "onnxruntime": (Role.GREEN, (7.0, 4.0)),
}


def quickest(calls: list[Callable[[], object]]) -> list[float]:
    """The shortest time of each, run in turn."""
    best = [9.0] * len(calls)
    for _ in range(RUNS):
        for index, call in enumerate(calls):
            best[index] = min(best[index], seconds(call))
    return best


def measured() -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    for side in SIDES:
        peers = Peers(conv((16, side, side), 3, 16, padding=1))
        calls = {"convcards": peers.ours()}
        for name in ("torch", "onnxruntime"):
            try:
                calls[name] = getattr(peers, name)()
            except ImportError:
                print(f"{name} is not installed: left out.", file=sys.stderr)
        for call in calls.values():
            for _ in range(WARM_UP):
                call()
        found = dict(zip(calls, quickest([*calls.values()]), strict=True))
        found["predicted"] = cost(peers.layer, peers.data.dtype).seconds
        for name, time in found.items():
            times.setdefault(name, []).append(time)
        print(f"{side:>4}", *(f"{name} {time * 1e6:.1f} µs" for name, time in found.items()))
    return times


def drawn(times: dict[str, list[float]]) -> Drawing:
    """Both axes logarithmic: a straight line is a power."""
    every = [time for line in times.values() for time in line]
    low, high = floor(log10(min(every))), log10(max(every))
    span = log10(SIDES[-1] / SIDES[0])

    def across(side: float) -> float:
        return LEFT + (RIGHT - LEFT) * log10(side / SIDES[0]) / span

    def down(time: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (log10(time) - low) / (high - low)

    powers = range(low, floor(high) + 1)
    grid: list[Element] = [
        Segments(tuple((LEFT, down(10.0**p), RIGHT, down(10.0**p)) for p in powers), Role.GRID, 0.5)
    ]
    for power in powers:
        name = f"{10 ** (power + 6)} µs" if power < -3 else f"{10 ** (power + 3)} ms"
        grid.append(Text(LEFT - 8, down(10.0**power) + 4, name, 11, Role.MUTED, "end"))
    grid += [
        Text(across(side), BOTTOM + 18, f"{side}²", 11, Role.MUTED, "middle") for side in SIDES[::2]
    ]
    lines: list[Element] = []
    for index, (name, (role, dash)) in enumerate(LINES.items()):
        if name not in times:
            continue
        points = [(across(side), down(time)) for side, time in zip(SIDES, times[name], strict=True)]
        pairs = pairwise(points)
        lines.append(Segments(tuple((*a, *b) for a, b in pairs), role, 2.0, dash))
        if name != "predicted":
            lines += [
                Polygon(((x, y - 3), (x + 3, y), (x, y + 3), (x - 3, y)), role) for x, y in points
            ]
        x, y = RIGHT - 130, BOTTOM - 62 + 16 * index
        lines.append(Segments(((x, y, x + 30, y),), role, 2.0, dash))
        lines.append(Text(x + 38, y + 4, name, 12))
    return Drawing(
        RIGHT + 24,
        BOTTOM + 56,
        "How the time of a convolution grows with its input",
        "Times of a convolution with 16 channels and 16 filters of 3×3 on squares from 4×4 to "
        "256×256, both axes logarithmic: with few pixels the start decides, with many the pixels.",
        (
            Rect(0.5, 0.5, RIGHT + 23, BOTTOM + 55, Role.PANEL, Role.PANEL_EDGE, 1.0, 8.0),
            Text(24, 34, "Time of a convolution, 16 channels, 16 filters 3×3", 15, bold=True),
            Group(tuple(grid), part="scale"),
            Group(tuple(lines), part="times"),
            Text((LEFT + RIGHT) / 2, BOTTOM + 40, "pixels", 12, Role.MUTED, "middle"),
        ),
    )


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    Path(sys.argv[1]).write_text(svg(drawn(measured())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
