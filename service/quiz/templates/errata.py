"""What the deck once said: true or false, and why?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from service.quiz.draw import Draw
from service.quiz.reading import choice_hint
from service.quiz.templates.base import make_options, question, seed_material

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.templates.base import Problem

__all__ = ["STATEMENTS", "Errata", "Statement"]


class Statement(NamedTuple):
    """Something said of convolutions, what is right, and what those believe who get it wrong.

    ``wrong`` gives for the code of each mistake the option and why it does not hold.
    """

    level: Difficulty
    card: str
    text: str
    right: str
    wrong: Mapping[str, tuple[str, str]]


STATEMENTS: Final[tuple[Statement, ...]] = (
    Statement(
        "easy",
        "cnn-strides",
        "A larger stride reduces the number of parameters of a convolution.",
        "False: the filters stay the same; only the output shrinks.",
        {
            "stride_changes_parameters": (
                "True: fewer positions need fewer weights.",
                "All positions share the same weights: there are no more for more positions.",
            ),
            "stride_changes_filters": (
                "True: the filter becomes smaller by the stride.",
                "The stride says how far the filter moves; its size is set by itself.",
            ),
            "stride_adds_parameters": (
                "False: a larger stride needs more parameters.",
                "A stride has no weights of its own: the parameters stay as many as they were.",
            ),
        },
    ),
    Statement(
        "medium",
        "cnn-stride-and-padding",
        "For “same” output at stride 1, F − 1 pixels of padding are put on each side.",
        "False: F − 1 is the total of both sides.",
        {
            "kernel_minus_one_each_side": (
                "True: the filter starts F − 1 pixels outside.",
                "With F − 1 on each side the output is W + F − 1, larger than the input.",
            ),
            "kernel_one_side": (
                "False: F pixels are needed on each side.",
                "With F on each side the output is W + F + 1.",
            ),
            "padding_follows_stride": (
                "False: at stride 1 no padding is needed.",
                "Without padding the output is W − F + 1, smaller than the input for F above 1.",
            ),
        },
    ),
    Statement(
        "medium",
        "cnn-rgb-to-k-maps",
        "The depth of a convolution's output is the number of times that a filter slides over the "
        "image.",
        "False: it is the number of filters.",
        {
            "counted_positions": (
                "True: each position adds one channel.",
                "The positions of a filter make the height and the width of its feature map.",
            ),
            "kept_input_depth": (
                "False: it is the depth of the input.",
                "A filter reads all channels of the input and makes one channel of the output.",
            ),
            "multiplied_filters": (
                "False: it is the number of filters times the input's depth.",
                "Each filter sums over the input's channels: it makes one map, not one for each.",
            ),
        },
    ),
    Statement(
        "medium",
        "cnn-feature-maps",
        "A feature map is the output of one filter over all its positions.",
        "True: a layer with K filters has K of them.",
        {
            "map_per_position": (
                "False: each position of the filter makes a feature map.",
                "One position makes one number; all positions of one filter make one map.",
            ),
            "map_is_a_filter": (
                "False: the filter's weights are the feature map.",
                "The weights make the map; the map is what comes out.",
            ),
            "map_per_layer": (
                "False: a layer has one feature map, however many filters it has.",
                "Each filter makes a map of its own.",
            ),
        },
    ),
    Statement(
        "hard",
        "cnn-translation-invariance",
        "A convolution by itself is translation invariant: its output is the same wherever the "
        "object is.",
        "False: it is equivariant; the output shifts with the object.",
        {
            "invariant_by_sharing": (
                "True: shared weights give the same output everywhere.",
                "Shared weights give the same response at the shifted place, so the map shifts.",
            ),
            "invariant_by_padding": (
                "True, if “same” padding is used.",
                "Padding keeps the size; the map still shifts with the object.",
            ),
            "position_is_lost": (
                "False: a convolution has other weights at each position.",
                "The weights are the same at each position; that is what makes it equivariant.",
            ),
        },
    ),
    Statement(
        "easy",
        "cnn-valid-padding",
        "With valid padding the filter never leaves the input.",
        "True: the output is W − F + 1 at stride 1.",
        {
            "other_padding_rule": (
                "False: with valid padding the output is as large as the input.",
                "That is “same” padding; valid adds nothing.",
            ),
            "counted_overhang": (
                "False: the last window may hang over the end.",
                "A window that does not fit is left out: the division is rounded down.",
            ),
            "padding_of_half": (
                "False: half a filter of padding is added on each side.",
                "Valid means that no padding is added at all.",
            ),
        },
    ),
    Statement(
        "hard",
        "cnn-convolution",
        "What deep learning frameworks call a convolution flips the kernel before it slides.",
        "False: they compute a cross-correlation; the kernel is used as it stands.",
        {
            "flipped_kernel": (
                "True: a convolution is defined with a flipped kernel.",
                "In mathematics it is; frameworks leave the flip out, as the weights are learned.",
            ),
            "matrix_product": (
                "False: they take the matrix product of patch and kernel.",
                "Patch and kernel are multiplied element by element and summed.",
            ),
            "flip_by_stride": (
                "True, but only with a stride above 1.",
                "The stride has no part in it: the kernel is never flipped.",
            ),
        },
    ),
    Statement(
        "hard",
        "cnn-reduce-dimensionality",
        "A 1×1 convolution can reduce the depth of its input.",
        "True: with fewer filters than input channels the depth falls.",
        {
            "one_by_one_is_identity": (
                "False: a 1×1 filter only scales each pixel.",
                "It sums over all input channels with a weight for each: a mix, not a scale.",
            ),
            "kept_input_depth": (
                "False: the depth always stays that of the input.",
                "The depth of the output is the number of filters.",
            ),
            "one_by_one_shrinks_space": (
                "False: it reduces height and width, not depth.",
                "A 1×1 filter at stride 1 fits at every pixel: height and width stay.",
            ),
        },
    ),
)
"""In their order for ever: a question is made from a statement's place in its level."""


@dataclass(frozen=True, slots=True)
class Errata:
    """A statement to be judged with its reason; half of them stood wrongly in the deck."""

    id: str = "true-or-false"
    version: int = 1
    title: str = "True or false, and why"
    kind: Kind = "choice"
    topics: tuple[str, ...] = ("stride", "padding", "depth", "feature maps", "invariance")
    cards: tuple[str, ...] = tuple(dict.fromkeys(one.card for one in STATEMENTS))

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        statement = draw.pick([one for one in STATEMENTS if one.level == difficulty])
        codes = draw.shuffle(sorted(statement.wrong))[: 2 if difficulty == "easy" else 3]
        wrong = {code: statement.wrong[code] for code in codes}
        key, options, mistakes = make_options(draw, statement.right, wrong)
        return question(
            self,
            seed,
            difficulty,
            f"True or false, and why? {statement.text}",
            key,
            choice_hint(options),
            options=options,
            wrong=mistakes,
            card=statement.card,
        )
