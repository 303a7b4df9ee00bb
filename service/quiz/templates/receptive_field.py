"""How much of the input does one output of a stack of layers see?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from service.quiz.draw import Draw
from service.quiz.reading import integer_hint
from service.quiz.templates.base import Worked, WrongAnswer, question, seed_material
from service.shapes import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.templates.base import Problem

__all__ = ["ReceptiveField", "Window", "network", "see_through"]

_LAYERS: Final[dict[str, tuple[int, ...]]] = {"easy": (2,), "medium": (2, 3), "hard": (3, 4)}
_KERNELS: Final = (2, 3, 3, 3, 5, 5, 7)
_SIZE: Final = 512


class Window(NamedTuple):
    """One layer of the stack."""

    kernel_size: int
    stride: int
    dilation: int


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """The receptive field of a stack; easy ones have stride 1, hard ones dilation too.

    r grows by (k_e − 1)·jump, with the jump before the layer; then the jump grows by the stride
    (Araujo et al., Computing Receptive Fields of Convolutional Neural Networks, Distill 2019).
    """

    id: str = "receptive-field"
    version: int = 1
    title: str = "Receptive field of a stack of layers"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("stride", "feature maps")
    cards: tuple[str, ...] = ("cnn-intuition", "cnn-pyramid")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        while True:
            stack = _draw_stack(draw, difficulty)
            worked = see_through(stack)
            given = [one.would_give for one in worked.wrong]
            if len(given) > 1 and len(set(given)) == len(given):
                break
        return question(
            self,
            seed,
            difficulty,
            _prompt(stack),
            worked.key,
            integer_hint(),
            request=network(stack),
            quantity="receptive_field",
            path="/v1/networks",
            wrong=tuple(worked.wrong),
            steps=worked.steps,
        )


def _draw_stack(draw: Draw, difficulty: Difficulty) -> tuple[Window, ...]:
    strides = (1,) if difficulty == "easy" else (1, 2, 2, 3)
    dilations = (1, 1, 2, 3) if difficulty == "hard" else (1,)
    return tuple(
        Window(draw.pick(_KERNELS), draw.pick(strides), draw.pick(dilations))
        for _ in range(draw.pick(_LAYERS[difficulty]))
    )


def network(stack: Sequence[Window], side: int = _SIZE) -> dict[str, object]:
    """The body of the networks request that computes the same, on a picture of this side."""
    return {
        "input_shape": [side, side, 1],
        "layers": [
            {"name": f"layer{number}", "op": "conv2d", "params": {**layer._asdict(), "filters": 1}}
            for number, layer in enumerate(stack, 1)
        ],
    }


def see_through(stack: tuple[Window, ...]) -> Worked:
    """How many pixels of the input an output of the last layer sees along one axis."""
    steps = tuple(_steps(stack))
    return Worked(steps[-1].value, _wrong(stack, steps[-1].value), steps)


def _reach(layer: Window) -> int:
    return layer.dilation * (layer.kernel_size - 1) + 1


def _steps(stack: Sequence[Window]) -> list[Step]:
    """The receptive field after each layer."""
    field, jump, steps = 1, 1, []
    for number, layer in enumerate(stack, 1):
        before, reach = field, _reach(layer)
        field += (reach - 1) * jump
        numbers = f"{before} + ({reach} − 1)·{jump}"
        steps.append(
            Step(
                f"layer {number}",
                "receptive_field",
                "Each output of a layer sees as many neighbours as its kernel spans, a jump apart.",
                "receptive field + (effective kernel − 1)·jump",
                numbers,
                field,
                f"r_{{{number}}} = r_{{{number - 1}}} + (F_e - 1) \\cdot j = {before} + "
                f"({reach} - 1) \\cdot {jump} = {field}",
            )
        )
        jump *= layer.stride
    return steps


def _field(stack: Sequence[Window]) -> int:
    return _steps(stack)[-1].value


def _wrong(stack: tuple[Window, ...], key: int) -> tuple[WrongAnswer, ...]:
    kernels = [_reach(layer) for layer in stack]
    total = sum(kernels)
    found = (
        WrongAnswer(
            "last_layer_only",
            "That is what an output sees of the layer before it, not of the input.",
            kernels[-1],
        ),
        WrongAnswer(
            "summed_kernels",
            f"The kernels were added up: {total}. Each layer adds its kernel less the one pixel "
            "that it shares with what was seen before.",
            total,
        ),
        WrongAnswer(
            "ignored_stride",
            "The strides were left out: behind a layer of stride S neighbouring outputs lie S "
            "pixels apart.",
            _field([layer._replace(stride=1) for layer in stack]),
        ),
        WrongAnswer(
            "ignored_dilation",
            "The dilation was left out: a kernel of F spans D(F − 1) + 1 pixels.",
            _field([layer._replace(dilation=1) for layer in stack]),
        ),
        WrongAnswer(
            "stride_of_the_same_layer",
            "A layer's stride moves its outputs apart: it counts from the next layer on.",
            _late_field(stack),
        ),
    )
    return tuple(one for one in found if one.would_give != key)


def _late_field(stack: Sequence[Window]) -> int:
    """What comes out if each layer's own stride is in its jump already."""
    field, jump = 1, 1
    for layer in stack:
        jump *= layer.stride
        field += (_reach(layer) - 1) * jump
    return field


def _prompt(stack: Sequence[Window]) -> str:
    words = "; ".join(f"{number}) {_in_words(layer)}" for number, layer in enumerate(stack, 1))
    return (
        f"Layers follow one another: {words}. How many pixels of the input, along one axis, does "
        "one output of the last layer see (its receptive field)?"
    )


def _in_words(layer: Window) -> str:
    dilation = f", dilation {layer.dilation}" if layer.dilation > 1 else ""
    size = layer.kernel_size
    return f"filter {size}×{size}, stride {layer.stride}{dilation}"
