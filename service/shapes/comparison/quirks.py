"""Where programs do something else than the rules of their framework, as far as it is known.

What is told here was seen with PyTorch 2.13, Keras 3.15, TensorFlow 2.21, onnxruntime 1.32 on CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from service.shapes.errors import ShapeError

if TYPE_CHECKING:
    from service.shapes.infer import Inference

__all__ = ["Quirk", "quirks"]


class Quirk(NamedTuple):
    """What a program does in practice.

    ``refuses`` is True where it refuses what the rules allow, False where it answers what they
    refuse or something else than they say.
    """

    code: str
    detail: str
    refuses: bool


def quirks(op: str, framework: str, answer: Inference | ShapeError) -> tuple[Quirk, ...]:
    """List what is known about a framework's programs and a layer that it answers or refuses."""
    if isinstance(answer, ShapeError):
        return tuple(_refused(op, framework, answer))
    return tuple(quirk for check in _CHECKS.get(framework, ()) for quirk in check(answer) if quirk)


def _refused(op: str, framework: str, error: ShapeError) -> list[Quirk]:
    too_large = "larger" in error.code or error.code == "output_would_be_zero_or_negative"
    stem = "conv" if op.startswith("conv") else "pool" if "pool" in op else op
    code, detail = _ANSWERS.get(
        (framework, stem, "too_large" if too_large else error.code), ("", "")
    )
    return [Quirk(code, detail, refuses=False)] if code else []


_ANSWERS: Final = {
    ("tensorflow", "conv", "too_large"): (
        "tensorflow_uninitialised",
        "TensorFlow on CPU may not refuse this but return memory that nobody has written to.",
    ),
    ("tensorflow", "pool", "stride_over_window"): (
        "tensorflow_max_pool",
        "tf.nn.pool refuses this; tf.nn.max_pool2d and its like do not.",
    ),
    ("keras", "conv", "channels_not_divisible_by_groups"): (
        "keras_shape_unchecked",
        "Keras' compute_output_shape answers a shape for this layer, though it cannot be built.",
    ),
    ("keras", "pool", "too_large"): (
        "keras_jax_empty",
        "Keras on the JAX backend gives an empty output instead.",
    ),
    ("pytorch", "conv", "padding_negative"): (
        "torch_meta_crops",
        "PyTorch on the meta device does not refuse negative padding, but crops.",
    ),
}
"""What programs answer though their framework's rules refuse it: by framework, kind of layer and
code of the refusal."""


def _avg_pool3d(inference: Inference) -> list[Quirk]:
    if inference.layer.op != "avg_pool3d":
        return []
    if all(axis.kernel_size <= axis.input for axis in inference.axes):
        return []
    return [
        Quirk(
            "torch_avg_pool3d",
            "torch.nn.AvgPool3d alone compares its window with the input before padding, and "
            "refuses this; AvgPool2d does not.",
            refuses=True,
        )
    ]


def _same_with_dilation(inference: Inference) -> list[Quirk]:
    layer = inference.layer
    if layer.padding_rule not in ("same", "same_lower") or max(layer.dilation, default=1) == 1:
        return []
    if layer.kind == "conv":
        return [
            Quirk(
                "onnxruntime_same_dilation",
                "onnxruntime has no SAME padding with dilation and refuses this.",
                refuses=True,
            )
        ]
    return [
        Quirk(
            "onnxruntime_same_dilation",
            "onnxruntime pads this pool as if it were not dilated, and gives a smaller output.",
            refuses=False,
        )
    ]


def _same_negative(inference: Inference) -> list[Quirk]:
    layer = inference.layer
    if layer.kind != "max_pool" or layer.padding_rule not in ("same", "same_lower"):
        return []
    if all(
        (axis.output - 1) * axis.stride + axis.kernel_size >= axis.input for axis in inference.axes
    ):
        return []
    return [
        Quirk(
            "onnxruntime_same_negative",
            "onnxruntime computes a negative SAME padding where the stride is larger than the "
            "window, and refuses this (“padding values must be non-negative”).",
            refuses=True,
        )
    ]


def _global_lp(inference: Inference) -> list[Quirk]:
    if inference.layer.kind != "global_lp_pool":
        return []
    detail = "onnxruntime has no GlobalLpPool."
    return [Quirk("onnxruntime_not_implemented", detail, refuses=True)]


_CHECKS: Final[dict[str, tuple[Callable[[Inference], list[Quirk]], ...]]] = {
    "pytorch": (_avg_pool3d,),
    "onnx": (_same_with_dilation, _same_negative, _global_lp),
}
