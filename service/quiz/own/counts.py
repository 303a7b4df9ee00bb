"""Counts of a layer, of numbers that somebody chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.quiz.own.basis import PADDING, Basis, Computed, on_layer, size, worked_out
from service.quiz.own.numbers import Number
from service.quiz.own.sizes import CHANNELS, FILTERS, KERNEL, STRIDE, WIDTH, convolution
from service.quiz.templates.base import Worked
from service.quiz.templates.convolutions import infer_setting
from service.quiz.templates.counting import (
    grey_saving,
    neurons_reason,
    neurons_wrong,
    unshared_weights,
)

if TYPE_CHECKING:
    from service.quiz.own.basis import Values

__all__ = ["BASES"]

_PARAMS: Final = (
    "forgot_bias",
    "forgot_channels",
    "forgot_filters",
    "single_bias",
    "added_bias",
    "ignored_groups",
    "kernel_one_side",
    "counted_positions",
    "gave_macs",
)
_MACS: Final = (
    "forgot_positions",
    "forgot_channels",
    "forgot_filters",
    "counted_flops",
    "used_input_positions",
    "ignored_groups",
    "counted_bias",
    "gave_params",
)
_LAYER: Final = (size(), WIDTH, CHANNELS, FILTERS, KERNEL, STRIDE, PADDING)
_GROUPS: Final = Number(
    "groups", "Groups that the channels are divided into.", most=65_536, default=1
)
_BIAS: Final = Number(
    "bias",
    "Whether each filter has a bias.",
    None,
    words={True: "with a bias for each filter", False: "without biases"},
    default=True,
)
_PARTS: Final = {
    "input": ("height", "width", "channels"),
    "kernel": ("kernel_size", "kernel_size"),
}


def _params(values: Values) -> Computed:
    invited = {"forgot_bias"} if values["bias"] else set()
    if values["channels"] > values["groups"]:
        invited.add("forgot_channels")
    return on_layer(convolution(values), "params", _PARAMS, invited)


def _macs(values: Values) -> Computed:
    invited = {"forgot_channels"} if values["channels"] > values["groups"] else set()
    return on_layer(convolution(values), "macs", _MACS, invited)


def _neurons(values: Values) -> Computed:
    request = convolution(values)
    wrong = neurons_wrong(request, infer_setting(request))
    worked = Worked(values["filters"], wrong, ())
    return worked_out(worked, request, reason=neurons_reason(request))


def _unshared(values: Values) -> Computed:
    request = convolution(values)
    inference = infer_setting(request)
    output = "×".join(map(str, inference.output_shape))
    worked = unshared_weights(request, inference, local=values["layer"] == "local")
    return worked_out(worked, request, given={"output": output})


def _saved(values: Values) -> Computed:
    kernel, filters = values["kernel_size"], values["filters"]
    request = {
        "op": "conv2d",
        "input_shape": [kernel, kernel, 2],
        "kernel_size": kernel,
        "filters": filters,
        "bias": False,
    }
    return worked_out(grey_saving(kernel, filters), request)


BASES: Final = (
    Basis("conv-parameters", "integer", (*_LAYER, _GROUPS, _BIAS), _params, _PARTS),
    Basis("conv-macs", "integer", (*_LAYER, _GROUPS), _macs, _PARTS),
    Basis("neurons-per-patch", "integer", _LAYER, _neurons, _PARTS),
    Basis(
        "dense-weights",
        "integer",
        (
            *_LAYER,
            Number(
                "layer",
                "What stands in place of the convolution.",
                None,
                words={"dense": "dense", "local": "locally connected"},
                default="dense",
            ),
        ),
        _unshared,
        _PARTS,
        given=("output",),
    ),
    Basis("grayscale-saving", "integer", (KERNEL, FILTERS), _saved, {"kernel": _PARTS["kernel"]}),
)
"""What is counted of a layer."""
