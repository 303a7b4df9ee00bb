"""What stands between the convolutions of a network, in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.shapes.layer import LAYOUTS
from service.shapes.snippets.pytorch.parts import single

if TYPE_CHECKING:
    from service.shapes.results import Inference

__all__ = ["activation", "batch_norm", "dropout", "flatten", "joined", "linear"]

_ACTIVATIONS: Final = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leaky_relu": "LeakyReLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
}


def linear(inference: Inference) -> list[str]:
    """Write Linear."""
    layer = inference.layer
    bias = "" if layer.bias else ", bias=False"
    return single(f"nn.Linear({layer.input_shape[-1]}, {layer.out_channels}{bias})")


def flatten(inference: Inference) -> list[str]:
    """Write Flatten."""
    layer = inference.layer
    first, last = layer.axes
    end = "" if last == len(layer.input_shape) - 1 else f", {last}"
    start = "" if first == 1 and not end else f"{first}"
    return single(f"nn.Flatten({start}{end})")


def batch_norm(inference: Inference) -> list[str] | None:
    """Write BatchNorm as it is used after training; torch wants a batch for it."""
    layer = inference.layer
    if layer.scale != layer.bias:
        return None
    options = [str(layer.in_channels)]
    options += [] if layer.scale else ["affine=False"]
    options += [] if layer.buffers or layer.frozen else ["track_running_stats=False"]
    at = LAYOUTS[layer.layout]
    made = f"nn.BatchNorm{at.rank or 1}d({', '.join(options)}).eval()"
    if at.batch is not None:
        return single(made)
    return [
        *single("")[:-1],
        f"module = {made}",
        "",
        "",
        "def layer(x):  # of one input: torch wants a batch",
        "    return module(x[None])[0]",
        "",
        "",
    ]


def activation(inference: Inference) -> list[str] | None:
    """Write an activation by its name."""
    layer = inference.layer
    if layer.op == "softmax":
        return single(f"nn.Softmax(dim={layer.axes[0]})")
    name = _ACTIVATIONS.get(layer.op)
    return None if name is None else single(f"nn.{name}()")


def dropout(inference: Inference) -> list[str]:
    """Write Dropout."""
    return single(f"nn.Dropout({inference.layer.rate:g})")


def joined(inference: Inference) -> list[str]:
    """Write a sum or a concatenation of the input and the others."""
    layer = inference.layer
    result = "sum(others, x)"
    if layer.kind == "concat":
        result = f"torch.cat([x, *others], dim={layer.axes[0]})"
    shapes = [", ".join(map(str, shape)) for shape in layer.other_shapes]
    return [
        "import torch",
        "",
        "others = [",
        *(f"    torch.randn({shape})," for shape in shapes),
        "]",
        "",
        "",
        "def layer(x):",
        f"    return {result}",
        "",
        "",
    ]
