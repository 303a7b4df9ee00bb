"""Sizes after layers that are no plain convolution: pools and transposed convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.quiz.draw import Draw
from service.quiz.reading import integer_hint
from service.quiz.templates.base import question, seed_material
from service.quiz.templates.convolutions import infer_setting
from service.shapes.errors import ShapeError
from service.shapes.mistakes import mistakes

if TYPE_CHECKING:
    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.templates.base import Problem
    from service.shapes import Inference

__all__ = ["PoolOutputSize", "TransposedOutputSize"]

_AXIS = "height"


def _inference(request: dict[str, Any]) -> Inference | None:
    """The layer of a request; None unless each mistake along its height gives another number."""
    try:
        inference = infer_setting(request)
    except ShapeError:
        return None
    given = [one.would_give for one in mistakes(inference, _AXIS)]
    output = inference.axes[0].output
    telling = len(set(given)) == len(given) >= 2 and output not in given and output >= 3
    return inference if telling else None


@dataclass(frozen=True, slots=True)
class PoolOutputSize:
    """Height after a pool in PyTorch's words; hard ones round up, by PyTorch's rule."""

    id: str = "pool-output-size"
    version: int = 1
    title: str = "Output size of a pool"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("pooling", "output size", "stride")
    cards: tuple[str, ...] = ("cnn-reduce-dimensionality", "cnn-translation-invariance")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        inference = None
        while inference is None:
            kernel = draw.pick((2, 3, 3, 4, 5))
            padding = 0 if difficulty == "easy" else draw.between(0, kernel // 2)
            size = draw.between(16, 112)
            request: dict[str, Any] = {
                "framework": "pytorch",
                "op": draw.pick(("max_pool2d", "avg_pool2d")),
                "input_shape": [1, draw.pick((3, 8, 16, 64)), size, size],
                "kernel_size": kernel,
                "stride": draw.between(2, 4),
                "padding": padding,
                "ceil_mode": difficulty == "hard",
            }
            inference = _inference(request)
        average = "average" if request["op"].startswith("avg") else "max"
        pads = f", padding {padding} on each side" if padding else ", no padding"
        rounds = ", with ceil_mode=True" if request["ceil_mode"] else ""
        return question(
            self,
            seed,
            difficulty,
            f"PyTorch pools maps of {size}×{size} ({average} pool): window {kernel}×{kernel}, "
            f"stride {request['stride']}{pads}{rounds}. What is the height of the output?",
            inference.axes[0].output,
            integer_hint(),
            request=request,
            inference=inference,
            quantity=_AXIS,
        )


@dataclass(frozen=True, slots=True)
class TransposedOutputSize:
    """Height after a transposed convolution in PyTorch's words."""

    id: str = "transposed-output-size"
    version: int = 1
    title: str = "Output size of a transposed convolution"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("output size", "stride", "padding")
    cards: tuple[str, ...] = ("cnn-output-formula", "cnn-pyramid")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        inference = None
        while inference is None:
            size, stride = draw.between(4, 32), draw.between(2, 4)
            kernel = draw.between(2, 6)
            padding = 0 if difficulty == "easy" else draw.between(1, 3)
            extra = draw.between(1, stride - 1) if difficulty == "hard" else 0
            request: dict[str, Any] = {
                "framework": "pytorch",
                "op": "conv_transpose2d",
                "input_shape": [1, 8, size, size],
                "out_channels": 4,
                "kernel_size": kernel,
                "stride": stride,
                "padding": padding,
                "output_padding": extra,
            }
            inference = _inference(request)
        pads = f", padding {padding}" if padding else ""
        more = f", output_padding {extra}" if extra else ""
        return question(
            self,
            seed,
            difficulty,
            f"A transposed convolution of PyTorch reads maps of {size}×{size}: kernel "
            f"{kernel}×{kernel}, stride {stride}{pads}{more}. What is the height of the output?",
            inference.axes[0].output,
            integer_hint(),
            request=request,
            inference=inference,
            quantity=_AXIS,
        )
