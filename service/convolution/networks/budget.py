"""What one run of a network may ask for, summed over its layers from the declared sizes alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Final

from service.convolution.budget import Budget, Cost, check_budget
from service.convolution.errors import OverBudget
from service.convolution.networks.learned import learned
from service.convolution.operands import sizes

if TYPE_CHECKING:
    from service.shapes.network import NetworkInference

__all__ = ["DEFAULT_NETWORK_BUDGET", "NetworkBudget", "check_network_budget"]


@dataclass(frozen=True, slots=True)
class NetworkBudget:
    """Limits of one run of a network; all in numbers (elements), but for layers and MACs.

    ``max_macs`` bounds the multiply-accumulates of all layers and the reads of pools together,
    ``max_params`` all that is learned, ``max_activations`` the outputs of all layers. ``layer`` is
    what each layer may ask for by itself.

    The defaults let through ResNet-18 on 64×64 and MobileNet v2 on 128×128.
    """

    max_layers: int = 1_000
    max_macs: int = 200_000_000
    max_params: int = 12_000_000
    max_activations: int = 8_000_000
    layer: Budget = field(default_factory=lambda: Budget(max_weight=2_500_000))


DRAWN_SECONDS: Final = 5e-9
"""How long drawing one weight from a seed takes, on the core that costs are told for."""

DEFAULT_NETWORK_BUDGET: Final = NetworkBudget()
"""The limits unless the caller brings their own."""


def check_network_budget(
    inference: NetworkInference, budget: NetworkBudget = DEFAULT_NETWORK_BUDGET
) -> Cost:
    """Return what a network costs, or raise OverBudget naming the first limit that it passes.

    Of the cost, ``macs``, ``weight``, ``output`` and ``seconds`` are sums over the layers,
    ``workspace`` is the largest of one. ``seconds`` has all weights drawn from a seed.
    """
    network = inference.network
    given = prod(network.input_shape)
    _check("layers", "layers", len(network.nodes), budget.max_layers, "/layers", "fewer layers")
    _check("input", "numbers in the input", given, budget.layer.max_input, "/input", "fewer pixels")
    macs = weight = workspace = 0
    time = 0.0
    known: dict[int, Cost] = {}
    for index, layer in enumerate(inference.layers):
        asked = known.get(id(layer))
        if asked is None:
            try:
                asked = known[id(layer)] = check_budget(layer.layer, budget.layer)
            except OverBudget as error:
                name = network.nodes[index].name[:64]
                raise OverBudget(
                    error.quantity,
                    f"{error.unit} of layer `{name}` ({sizes(layer.output_shape)})",
                    error.asked,
                    error.limit,
                    pointer=f"/layers/{index}",
                    hint=error.hint,
                ) from None
        macs += asked.macs
        time += asked.seconds
        weight += sum(map(prod, learned(layer.layer).values()))
        workspace = max(workspace, asked.workspace)
    time += weight * DRAWN_SECONDS
    total = Cost(macs, given, weight, inference.activation_elements, workspace, time)
    smaller = "a smaller input, or fewer layers or filters"
    for quantity, unit, amount, limit in (
        ("macs", "multiply-accumulates and reads of all layers", macs, budget.max_macs),
        (
            "milliseconds",
            "milliseconds of one core for all layers",
            total.milliseconds,
            budget.layer.max_milliseconds,
        ),
        ("weight", "learned numbers in all layers", weight, budget.max_params),
        ("output", "numbers in the outputs of all layers", total.output, budget.max_activations),
    ):
        _check(quantity, unit, amount, limit, "", smaller)
    return total


def _check(quantity: str, unit: str, asked: int, limit: int, pointer: str, what: str) -> None:
    if asked > limit:
        hint = f"Make it at least {-(-asked // limit)} times smaller: {what}."
        raise OverBudget(quantity, unit, asked, limit, pointer=pointer, hint=hint)
