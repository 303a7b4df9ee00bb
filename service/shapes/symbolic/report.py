"""The answer about a layer whose input has names as sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from service.shapes.dialects import read_layer
from service.shapes.infer import infer
from service.shapes.symbolic.expression import Formula, evaluate, latex, text
from service.shapes.symbolic.run import Numbers, conditions_of, has_names, work_out

__all__ = ["describe_named", "evaluate", "has_names", "named_summary"]

_COUNTS: Final = ("params", "weights", "biases", "macs", "flops", "positions")


def describe_named(
    framework: str,
    op: str,
    input_shape: Sequence[int | str],
    values: Mapping[str, object],
    layout: str | None = None,
) -> dict[str, Any]:
    """Put everything about a layer on named sizes into one dict of JSON types.

    Its members are those of :func:`service.shapes.describe` that can be formulas (text where a name
    decides, else numbers) or do not depend on the sizes, and ``conditions``: from which sizes on
    they hold. Raises ShapeError as ``read_layer`` does.
    """
    layers = []

    def work(sizes: list[int]) -> Numbers:
        layer = read_layer(framework, op, sizes, values, layout)
        layers.append(layer)
        found = infer(layer)
        return (*found.output_shape, *(getattr(found, count) for count in _COUNTS))

    formulas, bounds = work_out(work, input_shape)
    layer = layers[-1]
    rank = len(formulas) - len(_COUNTS)
    outputs, counts = formulas[:rank], dict(zip(_COUNTS, formulas[rank:], strict=True))
    return {
        "op": layer.op,
        "framework": layer.framework,
        "layout": layer.layout,
        "input_shape": list(input_shape),
        "output_shape": list(map(_written, outputs)),
        "conditions": conditions_of(bounds),
        "formulas": [
            {"quantity": quantity, "formula": text(formula), "latex": latex(formula)}
            for quantity, formula in (
                *((f"output_shape/{at}", formula) for at, formula in enumerate(outputs)),
                *counts.items(),
            )
            if formula.number is None
        ],
        **{count: _written(formula) for count, formula in counts.items()},
    }


def named_summary(described: Mapping[str, Any]) -> str:
    """Say the same in a few lines."""
    shapes = " → ".join(
        f"[{', '.join(map(str, described[key]))}]" for key in ("input_shape", "output_shape")
    )
    return "\n".join(
        [
            f"{described['op']} ({described['framework']}, {described['layout']}): {shapes}",
            f"{described['params']} parameters, {described['macs']} MACs",
            f"for {', '.join(described['conditions'])}",
        ]
    )


def _written(formula: Formula) -> int | str:
    return text(formula) if formula.number is None else formula.number
