"""Counting: multiply-accumulates, neurons, and what sharing and structure save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from service.quiz.draw import Draw
from service.quiz.reading import integer_hint
from service.quiz.templates.base import (
    Worked,
    WrongAnswer,
    line,
    question,
    seed_material,
    telling,
)
from service.quiz.templates.convolutions import infer_setting
from service.shapes.mistakes import mistakes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.templates.base import Problem
    from service.shapes import Inference

__all__ = [
    "ConvMacs",
    "DenseWeights",
    "GrayscaleSaving",
    "NeuronsPerPatch",
    "grey_saving",
    "neurons_reason",
    "neurons_wrong",
    "unshared_weights",
]

_KERNELS: Final = (2, 3, 3, 5, 5, 7)


def _layer(draw: Draw, largest: int) -> dict[str, Any]:
    """A convolution on a square input, in the words of a shapes request."""
    size = draw.between(8, largest)
    return {
        "op": "conv2d",
        "input_shape": [size, size, draw.pick((2, 3, 4, 5, 6, 8))],
        "kernel_size": draw.pick(_KERNELS),
        "stride": draw.pick((1, 2)),
        "padding": "valid",
        "filters": draw.pick((4, 7, 9, 10, 12, 16, 20, 24)),
    }


def _words(request: dict[str, Any]) -> str:
    height, width, depth = request["input_shape"]
    kernel = request["kernel_size"]
    return (
        f"A convolution slides {request['filters']} filters of {kernel}×{kernel} over an input of "
        f"{height}×{width}×{depth} (height × width × channels), stride {request['stride']}, "
        "no padding"
    )


@dataclass(frozen=True, slots=True)
class ConvMacs:
    """Multiply-accumulates of a convolution: output positions times weights."""

    id: str = "conv-macs"
    version: int = 1
    title: str = "Multiply-accumulates of a convolution"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("parameters", "stride", "filters")
    cards: tuple[str, ...] = ("cnn-strides", "cnn-convolution")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        largest = {"easy": 12, "medium": 32, "hard": 64}[difficulty]
        while True:
            request = _layer(draw, largest)
            if difficulty == "hard":
                request["padding"] = draw.pick((1, 2))
            inference = infer_setting(request)
            given = [one.would_give for one in mistakes(inference, "macs")]
            if len(set(given)) == len(given) and inference.macs not in given:
                break
        pads = request["padding"]
        words = _words(request)
        if pads != "valid":
            words = words.replace("no padding", f"padding {pads} on each side")
        return question(
            self,
            seed,
            difficulty,
            f"{words}. How many multiply-accumulates (MACs) does it take?",
            inference.macs,
            integer_hint(),
            request=request,
            inference=inference,
            quantity="macs",
        )


@dataclass(frozen=True, slots=True)
class NeuronsPerPatch:
    """With how many neurons each patch is connected: one for each filter."""

    id: str = "neurons-per-patch"
    version: int = 1
    title: str = "Neurons that look at one patch"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("depth", "filters", "feature maps")
    cards: tuple[str, ...] = (
        "cnn-filter-depth",
        "cnn-many-filters",
        "cnn-rgb-to-k-maps",
        "cnn-feature-maps",
    )

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        largest = {"easy": 16, "medium": 48, "hard": 128}[difficulty]
        while True:
            request = _layer(draw, largest)
            inference = infer_setting(request)
            wrong = telling(neurons_wrong(request, inference), request["filters"], 4)
            if wrong:
                break
        return question(
            self,
            seed,
            difficulty,
            f"{_words(request)}. How many neurons of the output look at one and the same patch?",
            request["filters"],
            integer_hint(),
            request=request,
            wrong=wrong,
            reason=neurons_reason(request),
        )


def neurons_reason(request: Mapping[str, Any]) -> str:
    """Why as many neurons look at a patch as there are filters."""
    return (
        f"Each of the {request['filters']} filters has one neuron there, which makes one number of "
        "its feature map."
    )


def neurons_wrong(request: Mapping[str, Any], inference: Inference) -> list[WrongAnswer]:
    """What mistakes make of the neurons that look at one patch, one for each filter."""
    filters, depth = request["filters"], request["input_shape"][2]
    return [
        WrongAnswer(
            "kept_input_depth",
            "Each neuron reads all channels of the patch; there is one for each filter.",
            depth,
        ),
        WrongAnswer(
            "multiplied_filters",
            "A filter reads all channels at once: it is not one neuron a channel.",
            filters * depth,
        ),
        WrongAnswer(
            "counted_positions",
            "That is how often each filter is set down.",
            inference.positions,
        ),
        WrongAnswer(
            "counted_pixels",
            "That is how many numbers a patch holds.",
            request["kernel_size"] ** 2 * depth,
        ),
    ]


@dataclass(frozen=True, slots=True)
class DenseWeights:
    """What a convolution saves: the weights of a dense or a locally connected layer instead."""

    id: str = "dense-weights"
    version: int = 1
    title: str = "Weights without sharing"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("parameters", "convolution")
    cards: tuple[str, ...] = ("cnn-convnets",)

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        largest = {"easy": 10, "medium": 20, "hard": 40}[difficulty]
        while True:
            request = _layer(draw, largest)
            inference = infer_setting(request)
            local = difficulty == "hard" and draw.below(2) == 1
            worked = unshared_weights(request, inference, local=local)
            wrong = telling(worked.wrong, worked.key, 4)
            if wrong:
                break
        output = "×".join(map(str, inference.output_shape))
        kind = "locally connected layer (the same patches, weights of its own at each position)"
        return question(
            self,
            seed,
            difficulty,
            f"{_words(request)}: the output is {output}. How many weights, without biases, would "
            f"a {kind if local else 'dense layer'} with the same input and output have?",
            worked.key,
            integer_hint(),
            request=request,
            wrong=wrong,
            steps=worked.steps,
        )


def unshared_weights(request: Mapping[str, Any], inference: Inference, *, local: bool) -> Worked:
    """The weights of a dense layer in place of a convolution, or of a locally connected one."""
    height, width, depth = request["input_shape"]
    cells, filters = inference.positions, request["filters"]
    patch = request["kernel_size"] ** 2 * depth
    dense_weights, local_weights = height * width * depth * cells * filters, cells * filters * patch
    key, other = (local_weights, dense_weights) if local else (dense_weights, local_weights)
    wrong = [
        WrongAnswer(
            "shared_weights",
            "That is the convolution, which uses the same weights at each position.",
            patch * filters,
        ),
        WrongAnswer(
            "dense_for_local" if local else "local_for_dense",
            "That is a dense layer: every output sees the whole input."
            if local
            else "That is a locally connected layer: every output sees one patch.",
            other,
        ),
        WrongAnswer(
            "forgot_filters",
            f"Each position has {filters} outputs, one for each filter.",
            key // filters,
        ),
        WrongAnswer(
            "forgot_channels",
            f"Each weight is there for each of the {depth} channels.",
            key // depth,
        ),
    ]
    seen = f"{patch}" if local else f"{height}·{width}·{depth}"
    step = line(
        "weights",
        "A weight for each number that each output sees.",
        "outputs·numbers seen by each",
        f"{cells}·{filters}·{seen}",
        key,
    )
    return Worked(key, wrong, (step,))


@dataclass(frozen=True, slots=True)
class GrayscaleSaving:
    """What is known need not be learned: the weights that a grey picture saves."""

    id: str = "grayscale-saving"
    version: int = 1
    title: str = "Weights that a grey picture saves"
    kind: Kind = "integer"
    topics: tuple[str, ...] = ("parameters",)
    cards: tuple[str, ...] = ("cnn-structure",)

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        size, kernel = draw.between(16, 128), draw.pick((3, 5, 7, 9))
        filters = draw.between(4, {"easy": 16, "medium": 48, "hard": 128}[difficulty])
        worked = grey_saving(kernel, filters)
        return question(
            self,
            seed,
            difficulty,
            f"The first layer of a network has {filters} filters of {kernel}×{kernel}, with a bias "
            f"each, on RGB images of {size}×{size}. Colour does not matter, so the images are "
            "turned to grey. How many parameters does that save in this layer?",
            worked.key,
            integer_hint(),
            request={
                "op": "conv2d",
                "input_shape": [size, size, 2],
                "kernel_size": kernel,
                "filters": filters,
                "bias": False,
            },
            wrong=telling(worked.wrong, worked.key),
            steps=worked.steps,
        )


def grey_saving(kernel: int, filters: int) -> Worked:
    """The weights that a first layer saves if its pictures are grey instead of RGB."""
    key = 2 * kernel * kernel * filters
    wrong = [
        WrongAnswer(
            "gave_params",
            "Those are the weights that are left with one channel.",
            kernel * kernel * filters,
        ),
        WrongAnswer(
            "forgot_subtraction",
            "Those are the weights with three channels; those with one are still needed.",
            3 * kernel * kernel * filters,
        ),
        WrongAnswer(
            "forgot_filters",
            f"Each of the {filters} filters saves as much.",
            2 * kernel * kernel,
        ),
        WrongAnswer(
            "counted_bias",
            "The biases stay: one for each filter, however many channels there are.",
            key + filters,
        ),
    ]
    step = line(
        "weights",
        "Two of three channels go, and their weights with them.",
        "(3 − 1)·kernel·kernel·filters",
        f"(3 − 1)·{kernel}·{kernel}·{filters}",
        key,
    )
    return Worked(key, wrong, (step,))
