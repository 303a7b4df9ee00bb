"""`convcards solve OP FROM TO`: which parameters lead from one shape to another; no server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from service.cli.options import Options
from service.failure import BAD_USAGE, NO, Failure
from service.shapes import FRAMEWORKS, ShapeError, parameters, read_shape_text, read_text
from service.shapes.solver import solve

__all__ = ["run"]

DESCRIPTION: Final = "Which parameters lead from one shape to another, commonest first."
EXAMPLES: Final = (
    "solve conv2d 32x32x3 16x16x8 kernel_size,stride,padding --limit 5",
    "solve conv2d 32x32x3 32x32x16 padding kernel_size=5",
    "solve max_pool2d 1x8x28x28 1x8x14x14 stride kernel_size=2 --framework pytorch --json",
)


def run(arguments: Sequence[str]) -> int:
    """Print a line for each solution, or all as JSON; status 1 if there is none."""
    options = Options("solve", DESCRIPTION, EXAMPLES)
    options.add_argument("op", metavar="OP", help="the operation, such as conv2d")
    options.add_argument("input", metavar="FROM", help="sizes of the input, such as 32x32x3")
    options.add_argument("output", metavar="TO", help="sizes of the output, such as 16x16x8")
    options.add_argument("unknown", metavar="UNKNOWN", help="what to find: kernel_size,padding")
    options.add_argument("fixed", metavar="NAME=VALUE", nargs="*", help="what is given: stride=2")
    options.add_argument("--framework", choices=FRAMEWORKS, default=FRAMEWORKS[0])
    options.add_argument("--layout", help="letters of the axes, such as HWC or NCHW")
    options.add_argument("--limit", type=int, default=10, help="how many to list (10)")
    options.add_argument("--json", action="store_true", help="the answer as JSON")
    given = options.read(arguments)
    try:
        found = solve(
            given.op,
            read_shape_text(given.input),
            read_shape_text(given.output),
            given.unknown.split(","),
            _fixed(given.framework, given.op, given.fixed),
            given.framework,
            given.layout,
            limit=max(1, given.limit),
        )
    except ShapeError as error:
        hint = f"\n  hint: {error.hint}" if error.hint else ""
        raise Failure(f"solve: {error.detail}{hint}", NO) from None
    if given.json:
        plain = {"solutions": found.solutions, "count": found.count, "why_none": found.why_none}
        print(json.dumps(plain, ensure_ascii=False, indent=2))
    elif found.count:
        print("\n".join(", ".join(f"{n} {v}" for n, v in one.items()) for one in found.solutions))
        if found.count > len(found.solutions):
            print(f"({found.count - len(found.solutions):,} more: --limit)")
    if not found.count:
        raise Failure(f"solve: {found.why_none}", NO)
    return 0


def _fixed(framework: str, op: str, texts: Sequence[str]) -> dict[str, object]:
    """The values that `kernel_size=3` and its like stand for."""
    declared = {parameter.name: parameter for parameter in parameters(framework, op)}
    values: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise Failure(f"solve: {text} is no NAME=VALUE", BAD_USAGE)
        values[name] = read_text(declared[name], value) if name in declared else value
    return values
