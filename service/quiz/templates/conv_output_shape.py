"""What is the shape of a convolution's output?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.quiz.draw import Draw
from service.quiz.reading import shape_hint
from service.quiz.templates.base import question, seed_material
from service.quiz.templates.convolutions import (
    draw_axes,
    draw_channels,
    filter_in_words,
    in_words,
    infer_setting,
    setting,
    size_in_words,
)
from service.shapes.mistakes import OUTPUT_SHAPE

if TYPE_CHECKING:
    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.templates.base import Problem

__all__ = ["ConvOutputShape"]


@dataclass(frozen=True, slots=True)
class ConvOutputShape:
    """Height × width × channels after a 2-d convolution, in the textbook's words."""

    id: str = "conv-output-shape"
    version: int = 1
    title: str = "Output shape of a convolution"
    kind: Kind = "shape"
    topics: tuple[str, ...] = ("output size", "padding", "stride", "depth")
    cards: tuple[str, ...] = (
        "cnn-output-formula",
        "cnn-valid-padding",
        "cnn-stride-and-padding",
        "cnn-filter-depth",
    )

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        axes = draw_axes(draw, difficulty)
        depth, filters = draw_channels(draw, tuple(way.output for way in axes))
        request = setting(axes, depth, filters)
        inference = infer_setting(request)
        prompt = (
            f"A convolution with {filters} filters of {filter_in_words(axes)} reads an input of "
            f"{size_in_words(axes)}×{depth} (height × width × channels): {in_words(axes)}. "
            "What is the shape of its output?"
        )
        return question(
            self,
            seed,
            difficulty,
            prompt,
            inference.output_shape,
            shape_hint(inference.layer.layout),
            request=request,
            inference=inference,
            quantity=OUTPUT_SHAPE,
            layout=inference.layer.layout,
        )
