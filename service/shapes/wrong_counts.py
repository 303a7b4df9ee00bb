"""Wrong ways to count parameters and multiplications, each by its name."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from service.shapes.infer import Inference

__all__ = ["MACS", "PARAMS", "QUANTITIES", "WrongCount", "right_count", "wrong_counts"]

PARAMS: Final = "params"
MACS: Final = "macs"
QUANTITIES: Final = (PARAMS, MACS)

_CONVOLUTIONS: Final = ("conv", "conv_transpose", "depthwise")


class WrongCount(NamedTuple):
    """A wrong way to count, why it is wrong, and the number that it gives."""

    code: str
    explanation: str
    value: int


def right_count(inference: Inference, quantity: str) -> int:
    """Return the right number of parameters or of multiplications."""
    return inference.params if quantity == PARAMS else inference.macs


def wrong_counts(inference: Inference, quantity: str) -> tuple[WrongCount, ...]:
    """List what each wrong way of counting gives, where that is not the right number."""
    rules = _params if quantity == PARAMS else _macs
    right = right_count(inference, quantity)
    return tuple(wrong for wrong in rules(inference) if wrong.value != right)


def _params(inference: Inference) -> Iterator[WrongCount]:
    yield from _biases(inference)
    kind = inference.layer.kind
    if kind in _CONVOLUTIONS or kind == "separable":
        yield from _shared_weights(inference)
    elif kind == "batch_norm":
        yield from _normalisation(inference)
    elif kind.endswith("pool"):
        yield from _pool(inference)


def _biases(inference: Inference) -> Iterator[WrongCount]:
    weights, biases, frozen = inference.weights, inference.biases, inference.layer.frozen
    if biases:
        yield WrongCount(
            "forgot_bias",
            f"The biases were left out: {weights:,} weights and {biases:,} biases.",
            weights + frozen,
        )
        if inference.neurons_per_patch is not None:
            yield WrongCount(
                "single_bias",
                f"One bias was counted for all; there is one for each filter: {biases:,}.",
                weights + 1,
            )
    elif inference.layer.out_channels is not None:
        filters = inference.layer.out_channels
        yield WrongCount(
            "added_bias",
            "The layer has no biases, its weights are all it learns.",
            weights + filters,
        )


def _shared_weights(inference: Inference) -> Iterator[WrongCount]:
    layer, biases = inference.layer, inference.biases
    weights, taps = inference.weights, prod(layer.kernel_size)
    filters = layer.out_channels or 1
    if layer.kind in _CONVOLUTIONS:
        depth = layer.in_channels // layer.groups
        yield WrongCount(
            "forgot_channels",
            f"A filter has {taps} weights for each of the {depth} channels that it reads, not "
            f"{taps} in all.",
            taps * filters + biases,
        )
        yield WrongCount(
            "forgot_filters",
            f"{taps * depth:,} weights are those of one filter; there are {filters}.",
            taps * depth + (1 if biases else 0),
        )
        yield WrongCount(
            "ignored_groups",
            f"With {layer.groups} groups a filter reads {depth} channels, not {layer.in_channels}.",
            layer.in_channels * filters * taps + biases,
        )
    else:
        yield WrongCount(
            "ordinary_convolution",
            "That is an ordinary convolution, where every filter has a kernel for each channel.",
            layer.in_channels * filters * taps + biases,
        )
    if layer.kind in _CONVOLUTIONS and layer.rank > 1 and len(set(layer.kernel_size)) == 1:
        side = layer.kernel_size[0]
        yield WrongCount(
            "kernel_one_side",
            f"A kernel has {'·'.join([str(side)] * layer.rank)} = {taps} weights for each channel, "
            f"not {side}.",
            weights // taps * side + biases,
        )
    yield WrongCount(
        "counted_positions",
        f"The weights are the same at all {inference.positions:,} positions: they are counted "
        "once.",
        (weights + biases) * inference.positions,
    )
    yield WrongCount(
        "gave_macs",
        "That is how often is multiplied (MACs). Parameters are the numbers that are learned.",
        inference.macs,
    )


def _normalisation(inference: Inference) -> Iterator[WrongCount]:
    layer = inference.layer
    channels = layer.in_channels
    if layer.frozen:
        yield WrongCount(
            "forgot_statistics",
            f"{layer.framework} counts the moving mean and variance too, {layer.frozen:,} numbers "
            "that are not learned.",
            inference.weights + inference.biases,
        )
    elif layer.buffers:
        yield WrongCount(
            "counted_statistics",
            "The running mean and variance are no parameters: nothing learns them.",
            inference.params + 2 * channels,
        )
    yield WrongCount(
        "counted_pixels",
        "There is one scale and one offset for each channel, not for each number.",
        (inference.params // channels if channels else 0) * prod(layer.input_shape[-3:]),
    )


def _pool(inference: Inference) -> Iterator[WrongCount]:
    taps, channels = prod(inference.layer.kernel_size), inference.layer.in_channels
    for value in dict.fromkeys((taps, taps * channels)):
        yield WrongCount("pool_has_weights", "A pool learns nothing: it has no weights.", value)


def _macs(inference: Inference) -> Iterator[WrongCount]:
    layer, macs = inference.layer, inference.macs
    yield WrongCount(
        "counted_flops",
        "A multiplication and the addition after it are one MAC, though two FLOPs.",
        2 * macs,
    )
    if layer.kind in _CONVOLUTIONS and macs:
        yield from _convolved(inference)
    elif layer.kind.endswith("pool"):
        yield WrongCount(
            "pool_has_weights",
            "A pool multiplies by no weight: it compares or adds.",
            prod(inference.output_shape) * prod(layer.kernel_size),
        )
    yield WrongCount("gave_params", "That is the number of parameters.", inference.params)


def _convolved(inference: Inference) -> Iterator[WrongCount]:
    layer, macs, weights = inference.layer, inference.macs, inference.weights
    filters, depth = layer.out_channels or 1, layer.in_channels // layer.groups
    yield WrongCount(
        "forgot_positions",
        f"{weights:,} is the work at one position; there are {inference.positions:,}.",
        layer.batch * weights,
    )
    yield WrongCount(
        "forgot_channels",
        f"Every filter multiplies over all {depth} channels that it reads.",
        macs // depth,
    )
    yield WrongCount("forgot_filters", f"There are {filters} filters.", macs // filters)
    transposed = layer.kind == "conv_transpose"
    other = prod(axis.output for axis in inference.axes) if transposed else prod(layer.spatial)
    right, wrong = ("input", "output") if transposed else ("output", "input")
    yield WrongCount(
        f"used_{wrong}_positions",
        f"The filters are applied once for every {right} position, {inference.positions:,} times, "
        f"not for the {other:,} of the {wrong}.",
        layer.batch * other * weights,
    )
    yield WrongCount(
        "ignored_groups",
        f"With {layer.groups} groups a filter reads {depth} channels, not {layer.in_channels}.",
        macs * layer.groups,
    )
    yield WrongCount(
        "counted_bias",
        "Adding the bias is no multiplication.",
        macs + layer.batch * prod(axis.output for axis in inference.axes) * inference.biases,
    )
    if layer.batch > 1:
        yield WrongCount(
            "forgot_batch",
            f"That is the work for one input; the batch has {layer.batch}.",
            macs // layer.batch,
        )
