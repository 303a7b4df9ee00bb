"""How large is a convolution's output along one axis?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.quiz.draw import Draw
from service.quiz.reading import integer_hint
from service.quiz.templates.base import question, seed_material
from service.quiz.templates.convolutions import (
    draw_axes,
    filter_in_words,
    in_words,
    infer_setting,
    setting,
    size_in_words,
)

if TYPE_CHECKING:
    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.templates.base import Problem

__all__ = ["ConvOutputSize"]


@dataclass(frozen=True, slots=True)
class ConvOutputSize:
    """Height or width after one filter has slid over a grey picture."""

    id: str = "conv-output-size"
    version: int = 1
    title: str = "Output size along one axis"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("output size", "padding", "stride")
    cards: tuple[str, ...] = (
        "cnn-output-formula",
        "cnn-valid-padding",
        "cnn-stride-and-padding",
        "cnn-strides",
        "cnn-stride-1-and-2",
    )

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        axes = draw_axes(draw, difficulty)
        asked = draw.below(len(axes))
        request = setting(axes, None, None)
        inference = infer_setting(request)
        axis = inference.axes[asked]
        prompt = (
            f"A filter of {filter_in_words(axes)} slides over an image of "
            f"{size_in_words(axes)} (height × width): {in_words(axes)}. "
            f"What is the {axis.axis} of the output?"
        )
        return question(
            self,
            seed,
            difficulty,
            prompt,
            axis.output,
            integer_hint(),
            request=request,
            inference=inference,
            quantity=axis.axis,
        )
