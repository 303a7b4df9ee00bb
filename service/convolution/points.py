"""What a trace shows of one output: plain Python numbers and lists, ready for JSON."""

from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = [
    "Contribution",
    "ConvolutionPoint",
    "PoolPoint",
    "SeparablePoint",
    "TracePoint",
    "TransposedPoint",
]

Numbers = Any
"""Nested lists of numbers."""


@dataclass(frozen=True, slots=True)
class ConvolutionPoint:
    """One output of a convolution.

    ``corner`` is the input cell of the window's first cell; negative in the padding.
    ``input_channels`` are the channels that this filter sees; ``window``, ``weights`` and
    ``products`` hold for each of them the cells of the kernel (``[channel][row][col]`` in 2-d),
    the window with what the padding puts there, the weights as they meet it (a kernel that is
    flipped has been turned around). ``channel_sums`` adds up the products of each channel, ``sum``
    all of them; ``result`` is the engine's own output. For floats ``sum`` is correctly rounded, so
    ``sum + bias`` may differ from ``result`` in the last digits.
    """

    position: list[int]
    channel: int
    corner: list[int]
    input_channels: list[int]
    window: Numbers
    weights: Numbers
    products: Numbers
    channel_sums: list[float]
    sum: float
    bias: float
    result: float


@dataclass(frozen=True, slots=True)
class SeparablePoint:
    """One output of a separable convolution.

    ``depthwise`` shows how each channel of the first half came about at this position; their
    results are the ``window`` of the second half, one number a channel, as are ``weights`` and
    ``products``.
    """

    position: list[int]
    channel: int
    depthwise: list[ConvolutionPoint]
    window: list[float]
    weights: list[float]
    products: list[float]
    sum: float
    bias: float
    result: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one input cell adds to an output of a transposed convolution.

    The ``tap`` of the kernel is the one that lies on the output when the kernel is put down at
    ``cell``. ``values``, ``weights`` and ``products`` have a number for each input channel.
    """

    cell: list[int]
    tap: list[int]
    values: list[float]
    weights: list[float]
    products: list[float]
    sum: float


@dataclass(frozen=True, slots=True)
class TransposedPoint:
    """One output of a transposed convolution: the input cells whose patches reach it.

    There may be none (the ``sum`` is 0 then); the other fields are those of a convolution.
    """

    position: list[int]
    channel: int
    input_channels: list[int]
    contributions: list[Contribution]
    sum: float
    bias: float
    result: float


@dataclass(frozen=True, slots=True)
class PoolPoint:
    """One output of a pool.

    ``window`` holds the cells (``[row][col]`` in 2-d); None where nothing is read: the padding of
    a maximum or a norm, the padding that a mean does not count, and what ``ceil_mode`` hangs over
    the end. ``maximum_at`` is the input cell of the (first) maximum; a mean has ``sum`` and
    ``divisor``; a norm the ``powers`` of its cells, their ``sum`` and ``norm_p``, and a ``scale``
    that the sum is multiplied by where it is not 1.
    """

    position: list[int]
    channel: int
    corner: list[int]
    window: Numbers
    result: float
    maximum_at: list[int] | None = None
    powers: Numbers | None = None
    norm_p: float | None = None
    scale: float | None = None
    sum: float | None = None
    divisor: int | None = None


TracePoint: TypeAlias = ConvolutionPoint | SeparablePoint | TransposedPoint | PoolPoint
