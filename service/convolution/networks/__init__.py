"""Whole networks on numbers: every layer's feature maps, with weights that are given or drawn.

::

    inference = infer_network(read_network(document))
    check_network_budget(inference)  # by declared sizes, before anything is allocated
    result = run_network(inference, data, seed=7)
    result.layers[0].output
"""

from service.convolution.networks.budget import (
    DEFAULT_NETWORK_BUDGET,
    NetworkBudget,
    check_network_budget,
)
from service.convolution.networks.initial import INITIALISATIONS, Initialisation
from service.convolution.networks.learned import ACTIVATED, learned, place_filters
from service.convolution.networks.running import (
    LayerRun,
    NetworkRun,
    check_weight_names,
    pointer_step,
    run_network,
    unknown_layer,
)
from service.convolution.networks.table import run_table

__all__ = [
    "ACTIVATED",
    "DEFAULT_NETWORK_BUDGET",
    "INITIALISATIONS",
    "Initialisation",
    "LayerRun",
    "NetworkBudget",
    "NetworkRun",
    "check_network_budget",
    "check_weight_names",
    "learned",
    "place_filters",
    "pointer_step",
    "run_network",
    "run_table",
    "unknown_layer",
]
