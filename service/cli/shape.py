"""`convcards shape OP SIZES`: what a layer does to the sizes of its input; no server, no database.

The options of each operation are made of what the dialects of `service.shapes` declare.
"""

from __future__ import annotations

import json
import re
from argparse import BooleanOptionalAction
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from service.cli.options import Options, guess
from service.failure import BAD_USAGE, NO, Failure
from service.shapes import (
    FRAMEWORKS,
    Parameter,
    ShapeError,
    describe,
    infer,
    operations,
    parameters,
    read_layer,
    read_text,
    summary,
)
from service.shapes.symbolic.report import describe_named, named_summary
from service.shapes.symbolic.run import has_names
from service.shapes.text import read_named_shape_text

if TYPE_CHECKING:
    import argparse

    from service.shapes import Inference

__all__ = ["run"]

DESCRIPTION: Final = "What a layer does to the sizes of its input, step by step with the numbers."
EXAMPLES: Final = (
    "shape conv2d 28x28x3 --kernel-size 5 --filters 16 --padding same",
    "shape conv2d 3x32x32 --framework pytorch --out-channels 64 --kernel-size 7 --padding 3",
    "shape max_pool2d 28x28x16 --kernel-size 2 --json",
    "shape conv2d NxHxWx3 --kernel-size 5 --filters 16 --padding same",
    "shape conv2d 7x7 --kernel-size 3 --stride 2 --picture stride-2.gif",
    "shape conv2d --help",
)
OPTION: Final = re.compile(r"--[a-z_]+")


def run(arguments: Sequence[str]) -> int:
    """Print the shape and its derivation, or the whole answer as JSON."""
    given = [_dashed(argument) for argument in arguments]
    framework, rest = _framework(given)
    if not rest or rest[0] in ("-h", "--help"):
        return _overview(framework, asked=bool(rest))
    op, *options = rest
    if op not in operations(framework):
        hint = guess(op, operations(framework))
        raise Failure(f"shape: {framework} has no operation {op}{hint}", BAD_USAGE)
    values = _options(framework, op).read(options)
    try:
        print(_answer(framework, op, values))
    except ShapeError as error:
        raise _refused(error) from None
    return 0


def _dashed(argument: str) -> str:
    """`--kernel_size=3`, as requests and PyTorch write it, is `--kernel-size=3`."""
    return OPTION.sub(lambda name: name[0].replace("_", "-"), argument, count=1)


def _framework(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The framework named anywhere in the arguments, which decides what else may stand there."""
    framework = FRAMEWORKS[0]
    rest: list[str] = []
    left = iter(arguments)
    for argument in left:
        option, equals, value = argument.partition("=")
        if option == "--framework":
            framework = value if equals else next(left, "")
        else:
            rest.append(argument)
    if framework not in FRAMEWORKS:
        hint = guess(framework, FRAMEWORKS)
        raise Failure(f"shape: there is no framework {framework}{hint}", BAD_USAGE)
    return framework, rest


def _overview(framework: str, *, asked: bool) -> int:
    if not asked:
        raise Failure(
            "shape: say which operation, as in: convcards shape conv2d 28x28x3 --kernel-size 5",
            BAD_USAGE,
        )
    examples = "\n".join(f"  convcards {example}" for example in EXAMPLES)
    print(
        f"usage: convcards shape OP SIZES [--framework NAME] [options of the operation]\n\n"
        f"{DESCRIPTION}\n\n"
        f"operations of {framework}: {', '.join(operations(framework))}\n"
        f"frameworks: {', '.join(FRAMEWORKS)}\n\nexamples:\n{examples}"
    )
    return 0


def _options(framework: str, op: str) -> Options:
    """The options of one operation, from its declaration."""
    options = Options(f"shape {op}", DESCRIPTION)
    options.add_argument(
        "sizes", metavar="SIZES", help="sizes of the input, such as 28x28x3 or HxWx3"
    )
    options.add_argument(
        "--framework", choices=FRAMEWORKS, default=framework, help="whose words and rules"
    )
    options.add_argument("--layout", help="letters of the axes, such as HWC or NCHW")
    options.add_argument("--json", action="store_true", help="the whole answer of the API as JSON")
    options.add_argument(
        "--picture", metavar="FILE", help="draw the window over its input: .svg, .gif or .png"
    )
    layer = options.add_argument_group(f"{op} in {framework}")
    for parameter in parameters(framework, op):
        _add(layer, parameter, _rank(op))
    return options


def _add(group: argparse._ArgumentGroup, parameter: Parameter, rank: int) -> None:
    flag = "--" + parameter.name.replace("_", "-")
    explanation = parameter.help.replace("%", "%%")
    if parameter.required:
        explanation += " (needed)"
    if parameter.kind == "flag":
        group.add_argument(
            flag,
            dest=f"value:{parameter.name}",
            action=BooleanOptionalAction,
            default=None,
            help=explanation,
        )
        return
    group.add_argument(
        flag,
        dest=f"value:{parameter.name}",
        metavar=_metavar(parameter, rank),
        help=explanation,
    )


def _metavar(parameter: Parameter, rank: int) -> str:
    """What may stand behind an option: `RULE|N|NxN|A:BxA:B` for a padding in two dimensions."""
    forms = list(parameter.choices)
    if len(forms) > (2 if parameter.kind == "padding" else 6):
        forms = ["RULE" if parameter.kind == "padding" else "WORD"]
    if parameter.kind == "shapes":
        forms.append("SIZES;SIZES")
    elif parameter.kind != "choice":
        forms.append("N")
    each = {"sides": 2 * rank, "count": 1, "number": 1, "shapes": 1, "choice": 1, "flag": 1}
    length = each.get(parameter.kind, rank)
    if length > 1:
        forms.append("x".join(["N"] * length))
    if parameter.pairs:
        forms.append("x".join(["A:B"] * rank))
    return "|".join(forms)


def _rank(op: str) -> int:
    """The number of spatial axes, as the name says it: 2 for conv2d."""
    digit = op[-2:-1]
    return int(digit) if digit.isdigit() else 1


def _answer(framework: str, op: str, given: argparse.Namespace) -> str:
    values: dict[str, object] = {}
    for parameter in parameters(framework, op):
        text = getattr(given, f"value:{parameter.name}")
        values[parameter.name] = read_text(parameter, text) if isinstance(text, str) else text
    shape = read_named_shape_text(given.sizes)
    if has_names(shape):
        named = describe_named(framework, op, shape, values, given.layout)
        if given.json:
            return json.dumps(named, ensure_ascii=False, indent=2)
        return named_summary(named)
    inference = infer(read_layer(framework, op, cast("list[int]", shape), values, given.layout))
    if given.picture:
        _draw(inference, Path(given.picture))
    if given.json:
        return json.dumps(describe(inference), ensure_ascii=False, indent=2)
    return summary(inference)


def _draw(inference: Inference, path: Path) -> None:
    """Write a picture of the layer, in the form that the name of the file asks for."""
    from service.figures import FigureError, animated_svg, draw_window, film, gif, png

    writers: dict[str, Callable[[], bytes]] = {
        ".svg": lambda: animated_svg(film(inference)).encode(),
        ".gif": lambda: gif(film(inference)),
        ".png": lambda: png(draw_window(inference)),
    }
    if path.suffix not in writers:
        raise Failure(f"shape: --picture: {path} ends in none of .svg, .gif, .png", BAD_USAGE)
    try:
        path.write_bytes(writers[path.suffix]())
    except FigureError as error:
        raise Failure(f"shape: --picture: {error.detail}\n  hint: {error.hint}", NO) from None
    except OSError as error:
        raise Failure(f"shape: --picture: {path}: {error.strerror}", NO) from None


def _refused(error: ShapeError) -> Failure:
    """The same refusal in the words of the command line: `/kernel_size/0` is `--kernel-size`."""
    name = error.pointer.split("/")[1] if error.pointer else ""
    where = {"": "", "op": "", "input_shape": "SIZES: "}.get(name, f"--{name.replace('_', '-')}: ")
    hint = f"\n  hint: {error.hint}" if error.hint else ""
    return Failure(f"shape: {where}{error.detail}{hint}", NO)
