"""What stride and shift do, and what a stack makes of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.quiz.draw import Draw
from service.quiz.reading import choice_hint, integer_hint, shape_hint
from service.quiz.templates.base import (
    WrongAnswer,
    line,
    make_options,
    question,
    seed_material,
    telling,
)
from service.shapes import ShapeError
from service.shapes.network import infer_network, read_network

if TYPE_CHECKING:
    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.templates.base import Problem

__all__ = ["Equivariance", "PyramidShape", "StrideOneAndTwo"]


@dataclass(frozen=True, slots=True)
class Equivariance:
    """By how much a feature map shifts when the object does: the shift over the strides."""

    id: str = "equivariance"
    version: int = 1
    title: str = "Where a shifted object shows"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("invariance", "convolution", "stride")
    cards: tuple[str, ...] = ("cnn-statistical-invariance", "cnn-translation-invariance")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        layers = {"easy": 1, "medium": 2, "hard": 3}[difficulty]
        while True:
            strides = [draw.pick((1, 2, 3)) for _ in range(layers)]
            jump = 1
            for stride in strides:
                jump *= stride
            key = draw.between(1, 9)
            shift = key * jump
            wrong = telling(
                [
                    WrongAnswer(
                        "taken_for_invariant",
                        "A convolution's output moves with the object; only a pool over all of "
                        "it makes the result the same.",
                        0,
                    ),
                    *self._of_strides(shift, strides, jump),
                ],
                key,
                1 if jump == 1 else 2,
            )
            if wrong and (jump > 1 or difficulty == "easy"):
                break
        side, words = draw.pick(("right", "down")), ", then ".join(f"stride {s}" for s in strides)
        pixels = "pixel" if shift == 1 else "pixels"
        several = (
            "Convolutions follow one another" if layers > 1 else "A convolution reads an image"
        )
        return question(
            self,
            seed,
            difficulty,
            f"{several} ({words}). The object in the image moves {shift} {pixels} {side}, away "
            f"from the borders. By how many pixels {side} does it move in the last feature map?",
            key,
            integer_hint(),
            wrong=wrong,
            steps=(
                line(
                    "shift",
                    "Each stride divides a shift by as much: the output is equivariant.",
                    "shift / product of the strides",
                    f"{shift} / ({'·'.join(map(str, strides))})"
                    if layers > 1
                    else f"{shift} / {jump}",
                    key,
                ),
            ),
        )

    @staticmethod
    def _of_strides(shift: int, strides: list[int], jump: int) -> list[WrongAnswer]:
        if jump == 1:
            return []
        found = [
            WrongAnswer(
                "ignored_stride",
                "Neighbouring outputs lie a stride apart in the input.",
                shift,
            ),
            WrongAnswer(
                "multiplied_by_stride",
                "A stride makes the map smaller, and the shift in it with it.",
                shift * jump,
            ),
        ]
        if 1 < strides[-1] < jump:
            found.append(
                WrongAnswer(
                    "last_layer_only",
                    "The strides of all layers count, not the last one's alone.",
                    shift // strides[-1],
                )
            )
        return found


@dataclass(frozen=True, slots=True)
class StrideOneAndTwo:
    """The same filter at stride 1 and at stride 2: which two sizes come out?"""

    id: str = "stride-1-and-2"
    version: int = 1
    title: str = "Stride 1 against stride 2"
    kind: Kind = "choice"
    topics: tuple[str, ...] = ("stride", "padding", "output size")
    cards: tuple[str, ...] = ("cnn-stride-1-and-2", "cnn-strides")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        second = 2 if difficulty != "hard" else draw.pick((3, 4))
        while True:
            size, kernel = draw.between(12, 96), draw.pick((3, 5, 7))
            same = draw.below(2) == 1
            valid = [(size - kernel) // stride + 1 for stride in (1, second)]
            padded = [size, -(-size // second)]
            right, other = (padded, valid) if same else (valid, padded)
            wrong = {
                "other_padding_rule": (other, f"That is “{'valid' if same else 'same'}” padding."),
                "ignored_stride": (
                    [right[0], right[0]],
                    "The stride makes the output smaller.",
                ),
                "stride_once_too_often": (
                    [right[0], -(-right[1] // second)],
                    f"Stride {second} takes every position that is a multiple of {second}, once.",
                ),
                "forgot_plus_one": (
                    [right[0], right[1] - 1],
                    "The place where the filter starts counts too.",
                ),
            }
            given = [tuple(right), *(tuple(sizes) for sizes, _ in wrong.values())]
            if len(set(given)) == len(given):
                break
        codes = draw.shuffle(sorted(wrong))[: 2 if difficulty == "easy" else 3]
        texts = {code: (_pair(wrong[code][0]), wrong[code][1]) for code in codes}
        key, options, mistakes = make_options(draw, _pair(right), texts)
        rule = "“same”" if same else "“valid”"
        request = {
            "op": "conv2d",
            "input_shape": [size, size],
            "kernel_size": kernel,
            "stride": second,
            "padding": "same" if same else "valid",
        }
        return question(
            self,
            seed,
            difficulty,
            f"A filter of {kernel}×{kernel} slides over an image of {size}×{size} with {rule} "
            f"padding, first with stride 1, then with stride {second}. Which are the sizes of the "
            "two outputs?",
            key,
            choice_hint(options),
            request=request,
            options=options,
            wrong=mistakes,
        )


def _pair(sizes: list[int]) -> str:
    return " and ".join(f"{size}×{size}" for size in sizes)


@dataclass(frozen=True, slots=True)
class PyramidShape:
    """What a stack of strided convolutions and pools makes of a picture."""

    id: str = "pyramid-shape"
    version: int = 1
    title: str = "Shape at the end of a pyramid"
    kind: Kind = "shape"
    topics: tuple[str, ...] = ("depth", "stride", "output size")
    cards: tuple[str, ...] = ("cnn-pyramid", "cnn-reduce-dimensionality")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        count = {"easy": 2, "medium": 3, "hard": 4}[difficulty]
        while True:
            size, depth = draw.between(48, 256), draw.pick((1, 3))
            layers = [self._layer(draw, index, difficulty) for index in range(count)]
            body = {"input_shape": [size, size, depth], "layers": layers}
            try:
                shapes = [one.output_shape for one in infer_network(read_network(body)).layers]
            except ShapeError:  # a filter larger than what is left
                continue
            key = shapes[-1]
            wrong = telling(self._wrong(shapes, layers, size), key)
            if wrong and key[0] > 2 and key[2] != key[0]:
                break
        return question(
            self,
            seed,
            difficulty,
            f"An image of {size}×{size}×{depth} (height × width × channels) goes through: "
            f"{'; '.join(map(_in_words, layers))}. What is the shape of the output?",
            key,
            shape_hint("HWC"),
            request=body,
            layout="HWC",
            path="/v1/networks",
            wrong=wrong,
            reason="From layer to layer: "
            + " → ".join("×".join(map(str, shape)) for shape in shapes)
            + ".",
        )

    @staticmethod
    def _layer(draw: Draw, index: int, difficulty: Difficulty) -> dict[str, Any]:
        if index and draw.below(3) == 0:
            return {"op": "max_pool2d", "params": {"kernel_size": 2, "stride": 2}}
        padding = "same" if difficulty == "easy" else draw.pick(("same", "valid"))
        return {
            "op": "conv2d",
            "params": {
                "kernel_size": draw.pick((3, 5)),
                "stride": draw.pick((1, 2, 2)),
                "padding": padding,
                "filters": 2 ** (index + 3) + draw.pick((0, 4)),
            },
        }

    @staticmethod
    def _wrong(
        shapes: list[tuple[int, ...]], layers: list[dict[str, Any]], size: int
    ) -> list[WrongAnswer]:
        height, width, depth = shapes[-1]
        filters = [layer["params"].get("filters", 0) for layer in layers]
        return [
            WrongAnswer(
                "summed_channels",
                "A layer's depth is its own number of filters; those before it are not added.",
                (height, width, sum(filters)),
            ),
            WrongAnswer(
                "ignored_stride",
                "Strides and pools make height and width smaller.",
                (size, size, depth),
            ),
            WrongAnswer("axis_order", "The channels come last here.", (depth, height, width)),
        ]


def _in_words(layer: dict[str, Any]) -> str:
    params = layer["params"]
    kernel = params["kernel_size"]
    if layer["op"] == "max_pool2d":
        return f"max pool {kernel}×{kernel}, stride {params['stride']}"
    return (
        f"{params['filters']} filters of {kernel}×{kernel}, stride {params['stride']}, "
        f"“{params['padding']}” padding"
    )
