"""Traced outputs in words: the arithmetic of each on a few lines."""

from collections.abc import Iterable
from typing import Any

from service.convolution.points import (
    ConvolutionPoint,
    PoolPoint,
    SeparablePoint,
    TracePoint,
    TransposedPoint,
)

__all__ = ["write_point", "write_sum"]

MOST_TERMS = 32
"""So many products of one sum are written out."""


def write_point(point: TracePoint) -> list[str]:
    """Write how an output came about, as lines of text."""
    head = f"{_place(point.position)} of map {point.channel}"
    if isinstance(point, PoolPoint):
        return [f"{head}, window at {_place(point.corner)}: {_pooled(point)}"]
    if isinstance(point, ConvolutionPoint):
        return [f"{head}, window at {_place(point.corner)}:", *_summed(point), _ended(point)]
    lines = [f"{head}:"]
    if isinstance(point, SeparablePoint):
        for part in point.depthwise:
            lines.append(f"  depthwise channel {part.channel}:")
            lines += [f"  {line}" for line in (*_summed(part), _ended(part))]
        lines.append(f"  mixed: {_terms(zip(point.window, point.weights, strict=True))}")
    elif isinstance(point, TransposedPoint):
        for meeting in point.contributions:
            terms = _terms(zip(meeting.values, meeting.weights, strict=True))
            lines.append(
                f"  input {_place(meeting.cell)} by tap {_place(meeting.tap)}: {terms} = "
                f"{meeting.sum:.6g}"
            )
        if not point.contributions:
            lines.append("  no patch reaches it")
    return [*lines, _ended(point)]


def write_sum(point: TracePoint) -> str:
    """Write how an output came about as one sum: cells times weights, or what a pool takes."""
    if isinstance(point, PoolPoint):
        return _pooled(point)
    if isinstance(point, SeparablePoint):
        terms = _mixed(point)
    elif isinstance(point, ConvolutionPoint):
        terms = _terms(zip(_flat(point.window), _flat(point.weights), strict=True))
    else:
        terms = _terms(
            pair
            for meeting in point.contributions
            for pair in zip(meeting.values, meeting.weights, strict=True)
        )
    bias = f" + bias {_number(point.bias)}" if point.bias else ""
    return f"{terms or '0'}{bias} = {point.result:.6g}"


def _mixed(point: SeparablePoint) -> str:
    """The sum of each channel times its weight; where those are too many, their results."""
    cells = [(_flat(part.window), _flat(part.weights)) for part in point.depthwise]
    if sum(len(window) for window, _ in cells) > MOST_TERMS:
        return _terms(zip(point.window, point.weights, strict=True))
    sums = [_terms(zip(window, weights, strict=True)) for window, weights in cells]
    biases = [f" + {_number(part.bias)}" if part.bias else "" for part in point.depthwise]
    return " + ".join(
        f"({one}{bias})·{_number(weight)}"
        for one, bias, weight in zip(sums, biases, point.weights, strict=True)
    )


def _summed(point: ConvolutionPoint) -> list[str]:
    """One line for each input channel: cell times weight, added up."""
    lines = []
    parts = zip(point.input_channels, point.window, point.weights, point.channel_sums, strict=True)
    for channel, window, weights, whole in parts:
        terms = _terms(zip(_flat(window), _flat(weights), strict=True))
        lines.append(f"  channel {channel}: {terms} = {whole:.6g}")
    return lines


def _ended(point: ConvolutionPoint | SeparablePoint | TransposedPoint) -> str:
    bias = f" + bias {_number(point.bias)} = {point.result:.6g}" if point.bias else ""
    return f"  sum {point.sum:.6g}{bias}"


def _pooled(point: PoolPoint) -> str:
    result = f"{point.result:.6g}"
    read = [_number(value) for value in _flat(point.window) if value is not None]
    if point.maximum_at is not None:
        return f"max({_list(read, ', ')}) = {result}, at {_place(point.maximum_at)}"
    if point.divisor is not None:
        return f"({_list(read, ' + ')}) / {point.divisor} = {result}"
    raised = [_number(value) for value in _flat(point.powers) if value is not None]
    powers = f"({_list(raised, ' + ')})"
    if point.scale is not None:
        powers = f"({powers} · {point.scale:.6g})"
    return f"{powers}^(1/{point.norm_p:.6g}) = {result}"


def _terms(pairs: Iterable[tuple[Any, Any]]) -> str:
    return _list([f"{_number(value)}·{_number(weight)}" for value, weight in pairs], " + ")


def _list(texts: list[str], between: str) -> str:
    shown = texts[:MOST_TERMS]
    return between.join([*shown, "..."] if len(texts) > len(shown) else shown)


def _flat(values: Any) -> list[Any]:
    """Nested lists in one row."""
    if not isinstance(values, list):
        return [values]
    return [leaf for part in values for leaf in _flat(part)]


def _place(numbers: list[int]) -> str:
    return f"({', '.join(map(str, numbers))})"


def _number(value: Any) -> str:
    """A number as part of a sum: in parentheses where it is negative."""
    text = f"{value:.6g}"
    return f"({text})" if text.startswith("-") else text
