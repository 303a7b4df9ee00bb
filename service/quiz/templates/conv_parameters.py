"""How many parameters does a convolution have?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service.quiz.draw import Draw
from service.quiz.reading import integer_hint
from service.quiz.templates.base import question, seed_material
from service.quiz.templates.convolutions import infer_setting
from service.shapes.mistakes import mistakes

if TYPE_CHECKING:
    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.templates.base import Problem
    from service.quiz.templates.convolutions import Setting

__all__ = ["ConvParameters"]

_KERNELS: Final = (2, 3, 3, 5, 5, 7)
_DEPTHS: Final = (2, 3, 4, 5, 6, 8, 10, 16, 32)
_FILTERS: Final = (4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 64)
_SIZES: Final = tuple(range(12, 65))


@dataclass(frozen=True, slots=True)
class ConvParameters:
    """Weights and biases of a 2-d convolution; hard ones have groups and oblong filters."""

    id: str = "conv-parameters"
    version: int = 1
    title: str = "Parameters of a convolution"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("parameters", "filters", "depth")
    cards: tuple[str, ...] = ("cnn-convnets", "cnn-strides", "cnn-structure", "cnn-filter-depth")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        while True:
            request = _draw_layer(draw, difficulty)
            inference = infer_setting(request)
            wrong = [one.would_give for one in mistakes(inference, "params")]
            if len(set(wrong)) == len(wrong) and inference.params not in wrong:
                break
        return question(
            self,
            seed,
            difficulty,
            _prompt(request),
            inference.params,
            integer_hint(),
            request=request,
            inference=inference,
            quantity="params",
        )


def _draw_layer(draw: Draw, difficulty: Difficulty) -> Setting:
    depth, filters, groups = draw.pick(_DEPTHS), draw.pick(_FILTERS), 1
    size, kernel = draw.pick(_SIZES), draw.pick(_KERNELS)
    if difficulty == "hard":
        groups = draw.pick((2, 4))
        depth, filters = groups * draw.between(1, 8), groups * draw.between(1, 12)
    kernels = [kernel, draw.pick(_KERNELS)] if difficulty == "hard" else [kernel, kernel]
    return {
        "op": "conv2d",
        "input_shape": [size, size, depth],
        "kernel_size": kernels,
        "stride": 1 if difficulty == "easy" else draw.pick((1, 2, 3)),
        "padding": "valid",
        "filters": filters,
        "groups": groups,
        "bias": difficulty != "medium" or draw.below(3) > 0,
    }


def _prompt(request: Setting) -> str:
    height, width, depth = request["input_shape"]
    kernel = "×".join(map(str, request["kernel_size"]))
    groups = f", in {request['groups']} groups" if request["groups"] > 1 else ""
    bias = "with a bias for each filter" if request["bias"] else "without biases"
    stride = f", stride {request['stride']}" if request["stride"] > 1 else ""
    return (
        f"A convolution reads an input of {height}×{width}×{depth} (height × width × channels) "
        f"with {request['filters']} filters of {kernel}{groups}{stride}, {bias}. "
        "How many parameters does it have?"
    )
