"""The same layer, written in several frameworks, that does not come out the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.quiz.draw import Draw
from service.quiz.reading import choice_hint
from service.quiz.templates.base import make_options, question, seed_material
from service.shapes import ShapeError, infer, read_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.quiz.kinds import Difficulty, Kind
    from service.quiz.templates.base import Problem

__all__ = ["FrameworkDifference"]

NAMES: Final = {"pytorch": "PyTorch", "keras": "Keras", "flax": "Flax", "onnx": "ONNX"}
_REFUSES: Final = "it refuses the layer"


class Scenario(NamedTuple):
    """A layer in the words of some frameworks, and what else may be thought.

    ``quantity`` is "height" or "params"; ``thought`` gives for the code of a mistake the outcome
    and why it does not hold.
    """

    prompt: str
    quantity: str
    layers: Mapping[str, dict[str, Any]]
    thought: Mapping[str, tuple[int, str]]
    reason: str


def _pool_stride(draw: Draw) -> Scenario:
    kernel = draw.pick((2, 3, 4))
    size = kernel * draw.between(6, 20)
    return Scenario(
        f"A max pool with a window of {kernel}×{kernel} reads maps of {size}×{size}; its stride is "
        "left out, and so is its padding. What is the height of the output in {framework}?",
        "height",
        {
            "pytorch": _layer("max_pool2d", [1, 4, size, size], kernel_size=kernel),
            "keras": _layer("max_pool2d", [1, size, size, 4], pool_size=kernel),
            "flax": _layer("max_pool2d", [1, size, size, 4], window_shape=kernel),
            "onnx": _layer("max_pool2d", [1, 4, size, size], kernel_shape=[kernel, kernel]),
        },
        {
            "assumed_same": (size, "Without padding the window can't stand at every pixel."),
            "forgot_plus_one": (
                size - kernel,
                "The place where the window starts counts too.",
            ),
        },
        "The stride that is left out is the window in PyTorch and Keras, 1 in Flax and ONNX.",
    )


def _same_padding(draw: Draw) -> Scenario:
    kernel, stride, size = draw.pick((3, 5)), 2, draw.between(15, 64)
    return Scenario(
        f"A convolution with filters of {kernel}×{kernel}, stride {stride} and “same” padding "
        f"reads maps of {size}×{size}. What is the height of the output in {{framework}}?",
        "height",
        {
            "pytorch": _layer(
                "conv2d",
                [1, 3, size, size],
                out_channels=4,
                kernel_size=kernel,
                stride=stride,
                padding="same",
            ),
            "keras": _layer(
                "conv2d",
                [1, size, size, 3],
                filters=4,
                kernel_size=kernel,
                strides=stride,
                padding="same",
            ),
        },
        {
            "assumed_same": (size, "“Same” divides by the stride: ⌈W/S⌉."),
            "other_padding_rule": ((size - kernel) // stride + 1, "That is “valid” padding."),
        },
        "Keras pads so that ⌈W/S⌉ comes out; PyTorch has “same” with stride 1 alone.",
    )


def _transposed(draw: Draw) -> Scenario:
    size = draw.between(5, 40)
    return Scenario(
        f"A transposed convolution with kernels of 3×3 and stride 2 reads maps of {size}×{size}: "
        "in PyTorch with padding 1 and no output_padding, in Keras with padding “same”. What is "
        "the height of the output in {framework}?",
        "height",
        {
            "pytorch": _layer(
                "conv_transpose2d",
                [1, 3, size, size],
                out_channels=4,
                kernel_size=3,
                stride=2,
                padding=1,
            ),
            "keras": _layer(
                "conv_transpose2d",
                [1, size, size, 3],
                filters=4,
                kernel_size=3,
                strides=2,
                padding="same",
            ),
        },
        {
            "forgot_padding": (
                2 * size + 1,
                "Padding takes pixels away from the output of a transposed convolution.",
            ),
            "convolution_formula": (
                (size + 2 - 3) // 2 + 1,
                "That is a convolution; a transposed one makes the output larger.",
            ),
        },
        "PyTorch computes (i − 1)·s − 2p + k, Keras with “same” i·s.",
    )


def _batch_norm(draw: Draw) -> Scenario:
    channels = draw.between(3, 128)
    return Scenario(
        f"How many parameters does a batch normalisation of {channels} channels have by the count "
        "of {framework}?",
        "params",
        {
            "pytorch": _layer("batch_norm2d", [1, channels, 8, 8]),
            "keras": _layer("batch_norm2d", [1, 8, 8, channels]),
        },
        {
            "forgot_bias": (channels, "Each channel has a scale and a shift."),
            "counted_pixels": (64 * channels, "Its numbers are per channel, not per pixel."),
        },
        "A scale and a shift for each channel are learned: 2C. Keras counts the running mean and "
        "variance with them: 4C.",
    )


def _layer(op: str, input_shape: list[int], **values: Any) -> dict[str, Any]:
    return {"op": op, "input_shape": input_shape, **values}


_SCENARIOS: Final[dict[str, tuple[Callable[[Draw], Scenario], ...]]] = {
    "easy": (_batch_norm, _pool_stride),
    "medium": (_batch_norm, _pool_stride, _same_padding),
    "hard": (_same_padding, _transposed, _pool_stride),
}


@dataclass(frozen=True, slots=True)
class FrameworkDifference:
    """What one framework makes of a layer that another makes something else of."""

    id: str = "framework-difference"
    version: int = 1
    title: str = "Which framework gives what"
    kind: Kind = "choice"
    topics: tuple[str, ...] = ("padding", "stride", "output size", "parameters")
    cards: tuple[str, ...] = ("cnn-stride-and-padding", "cnn-output-formula")

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""
        draw = Draw(seed_material(self, seed, difficulty))
        while True:
            scenario = draw.pick(_SCENARIOS[difficulty])(draw)
            asked = draw.pick(sorted(scenario.layers))
            right = _outcome(asked, scenario)
            wrong = self._wrong(scenario, asked, right)
            texts = {text for text, _ in wrong.values()}
            if len(wrong) >= 2 and len(texts) == len(wrong) and right not in texts:
                break
        codes = sorted(wrong)[:1] + draw.shuffle(sorted(wrong)[1:])
        chosen = codes[: 2 if difficulty == "easy" else 3]
        key, options, mistakes = make_options(draw, right, {code: wrong[code] for code in chosen})
        return question(
            self,
            seed,
            difficulty,
            scenario.prompt.format(framework=NAMES[asked]),
            key,
            choice_hint(options),
            request={"framework": asked, **scenario.layers[asked]},
            options=options,
            wrong=mistakes,
            reason=scenario.reason,
        )

    @staticmethod
    def _wrong(scenario: Scenario, asked: str, right: str) -> dict[str, tuple[str, str]]:
        """What the others make of it, one for each outcome, and what may be thought."""
        wrong = {}
        seen = {right}
        for framework in sorted(scenario.layers):
            outcome = _outcome(framework, scenario)
            if framework != asked and outcome not in seen:
                seen.add(outcome)
                code = f"as_in_{framework}"
                wrong[code] = (outcome, f"That is what {NAMES[framework]} does.")
        for code, (value, why) in scenario.thought.items():
            if str(value) not in seen:
                seen.add(str(value))
                wrong[code] = (str(value), why)
        return wrong


def _outcome(framework: str, scenario: Scenario) -> str:
    """The number that comes out, or that the framework refuses."""
    values = dict(scenario.layers[framework])
    op, input_shape = values.pop("op"), values.pop("input_shape")
    try:
        inference = infer(read_layer(framework, op, input_shape, values))
    except ShapeError:
        return _REFUSES
    if scenario.quantity == "params":
        return str(inference.params)
    return str(inference.axes[0].output)
