"""`convcards compare OP SIZES NAME=VALUE ...`: one layer in every framework; no server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from service.cli.options import Options
from service.failure import BAD_USAGE, NO, Failure
from service.shapes import FRAMEWORKS, ShapeError, parameters, read_shape_text, read_text
from service.shapes.comparison import Comparison, compare, describe_comparison

__all__ = ["run"]

DESCRIPTION: Final = "One layer in every framework: shapes, refusals, other numbers, and why."
EXAMPLES: Final = (
    "compare conv2d 3x64x64 out_channels=8 kernel_size=7 stride=2 --framework pytorch",
    "compare max_pool2d 28x28x8 kernel_size=3 stride=2 --with pytorch,keras",
    "compare avg_pool2d 8x15x15 kernel_size=2 --framework pytorch --json",
)


def run(arguments: Sequence[str]) -> int:
    """Print a line for each framework and each reason; status 0 whether they agree or not."""
    options = Options("compare", DESCRIPTION, EXAMPLES)
    options.add_argument("op", metavar="OP", help="the operation, such as conv2d")
    options.add_argument("sizes", metavar="SIZES", help="sizes of the input, such as 28x28x3")
    options.add_argument("values", metavar="NAME=VALUE", nargs="*", help="such as kernel_size=3")
    options.add_argument("--framework", choices=FRAMEWORKS, default=FRAMEWORKS[0])
    options.add_argument("--layout", help="letters of the axes, such as HWC or NCHW")
    options.add_argument("--with", dest="others", help="frameworks to ask: pytorch,keras")
    options.add_argument("--json", action="store_true", help="the answer of the API as JSON")
    given = options.read(arguments)
    request: dict[str, object] = {
        "framework": given.framework,
        "op": given.op,
        "layout": given.layout,
    }
    try:
        declared = {one.name: one for one in parameters(given.framework, given.op)}
        request["input_shape"] = read_shape_text(given.sizes)
        for text in given.values:
            name, equals, value = text.partition("=")
            if not equals:
                raise Failure(f"compare: {text} is no NAME=VALUE", BAD_USAGE)
            request[name] = read_text(declared[name], value) if name in declared else value
        found = compare(request, given.others.split(",") if given.others else None)
    except ShapeError as error:
        hint = f"\n  hint: {error.hint}" if error.hint else ""
        raise Failure(f"compare: {error.detail}{hint}", NO) from None
    if given.json:
        print(json.dumps(describe_comparison(found), ensure_ascii=False, indent=2))
    else:
        print(_text(found))
    return 0


def _text(found: Comparison) -> str:
    lines = []
    for name, outcome in found.outcomes.items():
        if outcome.output_shape is not None:
            shape = "×".join(map(str, outcome.output_shape))
            other = ", other numbers" if outcome.values_shift else ""
            lines.append(f"{name}: {shape} ({outcome.layout}){other}")
        elif outcome.problem is not None:
            said = "refused" if outcome.available else "not there"
            lines.append(f"{name}: {said}: {outcome.problem.detail}")
    lines += [reason.detail for reason in found.reasons]
    lines.append("All agree." if found.agree else "They do not agree.")
    return "\n".join([*lines, f"To agree: {found.edit}"] if found.edit else lines)
