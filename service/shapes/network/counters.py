"""What other counters print for the same network, and why it is another number.

Every rule was checked by running the tool on a network of that kind: torchinfo 1.8, fvcore 0.1.5,
thop 0.1.1, ptflops 0.7.5 and torch 2.13. They count PyTorch modules in evaluation mode; a network
in another framework's words is counted as its PyTorch twin would be.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from service.shapes.layer import LAYOUTS

if TYPE_CHECKING:
    from service.shapes.network.inference import NetworkInference
    from service.shapes.results import Inference

__all__ = ["Count", "counters"]


class Count(NamedTuple):
    """What one counter prints: its name, what it counts, the number, and its rule in a sentence."""

    counter: str
    quantity: str
    value: int
    why: str


def counters(inference: NetworkInference) -> tuple[Count, ...]:
    """List what well-known counters print for this network.

    ``macs``, ``flops`` and ``activations`` are of the tools' own making; what each calls them
    differs, ``quantity`` is what they are.
    """
    extra = dict.fromkeys(_EXTRA, 0)
    done: dict[int, tuple[int, ...]] = {}
    activations = frozen = statistics = 0
    for layer in inference.layers:
        found = done.get(id(layer))
        if found is None:
            found = done[id(layer)] = tuple([rule(layer) for rule in _EXTRA.values()])
        for name, more in zip(_EXTRA, found, strict=True):
            extra[name] += more
        if layer.layer.kind in _WEIGHTED:
            activations += prod(layer.output_shape)
        if layer.layer.kind == "batch_norm":
            frozen += layer.layer.frozen
            statistics += 2 * layer.layer.in_channels
    macs = inference.macs
    learned = inference.params - frozen
    return (
        *[Count(name, "macs", macs + more, _WHY[name]) for name, more in extra.items()],
        Count("torch FlopCounterMode", "flops", 2 * macs, _WHY["torch FlopCounterMode"]),
        Count("fvcore activations", "activations", activations, _WHY["fvcore activations"]),
        Count("PyTorch parameters()", "params", learned, _WHY["PyTorch parameters()"]),
        Count("Keras count_params()", "params", learned + statistics, _WHY["Keras count_params()"]),
    )


_WEIGHTED: Final = frozenset(("conv", "depthwise", "separable", "conv_transpose", "linear"))
_MAX_AND_AVERAGE: Final = frozenset(
    f"{choice}{kind}_pool" for choice in ("", "adaptive_", "global_") for kind in ("max", "avg")
)
_WHOLE_AVERAGE: Final = frozenset(("adaptive_avg_pool", "global_avg_pool"))


def _output(inference: Inference) -> int:
    return prod(inference.output_shape)


def _input(inference: Inference) -> int:
    return prod(inference.layer.input_shape)


def _biases(inference: Inference) -> int:
    """Count an addition for each output of a layer with biases."""
    layer = inference.layer
    return _output(inference) if layer.bias and layer.kind in _WEIGHTED else 0


def _per_element(inference: Inference, with_scale: int, without: int) -> int:
    return _output(inference) * (with_scale if inference.layer.scale else without)


def _torchinfo(inference: Inference) -> int:
    layer = inference.layer
    if layer.kind == "batch_norm":
        return layer.batch * (inference.weights + inference.biases)
    if layer.kind == "linear":
        first = layer.input_shape[0] if len(layer.input_shape) > 1 else 1
        return first * inference.params - inference.macs
    if layer.kind in _WEIGHTED:
        at = LAYOUTS[layer.layout]
        positions = layer.batch * prod(inference.output_shape[at.start : at.start + at.rank])
        return positions * inference.params - inference.macs
    return 0


def _fvcore(inference: Inference) -> int:
    layer = inference.layer
    if layer.kind == "batch_norm":
        return _per_element(inference, 2, 1)
    if layer.rank != 2:
        return 0
    if layer.kind in _WHOLE_AVERAGE:
        return _input(inference)
    if layer.kind == "upsampling":
        return _output(inference) * {"nearest": 1, "bilinear": 4}.get(layer.interpolation, 0)
    return 0


def _thop(inference: Inference) -> int:
    layer, output = inference.layer, _output(inference)
    if layer.kind == "batch_norm":
        return _per_element(inference, 4, 2)
    if layer.kind == "conv_transpose":
        at = LAYOUTS[layer.layout]
        positions = prod(inference.output_shape[at.start : at.start + at.rank])
        return layer.batch * positions * inference.weights - inference.macs
    if layer.kind == "activation" and layer.op == "softmax":
        features = layer.input_shape[layer.axes[0]]
        return output // max(features, 1) * (3 * features - 1)
    each = 0
    if layer.kind == "avg_pool":
        each = 1
    elif layer.kind in _WHOLE_AVERAGE:
        windows = prod([axis.output for axis in inference.axes])
        return output + output * prod(layer.spatial) // max(windows, 1)
    elif layer.kind == "upsampling":
        each = _THOP_UPSAMPLING.get(layer.interpolation, 0)
    return each * output


_THOP_UPSAMPLING: Final = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}


def _ptflops(inference: Inference) -> int:
    layer = inference.layer
    if layer.kind == "batch_norm":
        return _per_element(inference, 2, 1)
    if layer.kind in _MAX_AND_AVERAGE:
        return 2 * _input(inference)
    if layer.kind == "lp_pool":
        return _input(inference) + 2 * _output(inference)
    if layer.kind == "upsampling":
        return 2 * _output(inference)
    if layer.kind == "activation":
        return _output(inference) * _PTFLOPS_ACTIVATIONS.get(layer.op, 0)
    return _biases(inference)


_PTFLOPS_ACTIVATIONS: Final = {"relu": 2, "relu6": 1, "leaky_relu": 1, "softmax": 1}

_EXTRA: Final[dict[str, Callable[[Inference], int]]] = {
    "torchinfo": _torchinfo,
    "fvcore": _fvcore,
    "thop": _thop,
    "ptflops": _ptflops,
    "ptflops (aten)": _biases,
}
"""What each counter counts of a layer besides its MACs."""

_WHY: Final = {
    "torchinfo": "MACs, and the bias as well; batch norm counts its parameters once a picture. "
    "Transposed convolutions are counted by output cells.",
    "fvcore": "MACs (it says FLOPs), 2 for each element of a batch norm, 1 for each input of an "
    "adaptive average pool, nothing for the bias.",
    "thop": "MACs, 4 for each element of a batch norm; average pools count, the bias does not. "
    "Transposed convolutions are counted by output cells.",
    "ptflops": "MACs, the bias, 2 for each element of a batch norm and of a ReLU, 2 for each input "
    "of a pool (ReLU and pools are counted as the module and again as the function it calls).",
    "ptflops (aten)": "MACs, and 1 for each output that a bias is added to.",
    "torch FlopCounterMode": "2 for each MAC of convolutions and linear layers, nothing else.",
    "fvcore activations": "Elements of the outputs of convolutions and linear layers only.",
    "PyTorch parameters()": "What is learned: of a batch norm the scale and the bias.",
    "Keras count_params()": "A batch norm has its running mean and variance among the parameters, "
    "though they are not trained.",
}
