"""Whole networks on numbers: `service.convolution.networks.run_network` beside torch, one thread.

Run it with `python bench/networks.py`. The networks are those of the catalogue on inputs as large
as a request may have, with the same weights given to both; torch runs its functional operations
layer by layer without gradients. All work is float32. The last line draws the weights of ResNet-18
from a seed, beside torch's own initialisation of as many numbers.
"""

# The number of threads is read when these are imported.
# ruff: noqa: E402

from __future__ import annotations

import os

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
from alternate import alternate, heading, installed, row

from service.convolution.networks import INITIALISATIONS, learned, run_network
from service.convolution.networks.initial import draw_weight
from service.shapes.catalogue import entry
from service.shapes.network import NetworkInference, infer_network, read_network

RUNS = 21
WARM_UP = 8
SIZES = {
    "lenet5": 32,
    "resnet18": 64,
    "mobilenet_v2": 128,
    "squeezenet1_1": 160,
    "inception_3a": 28,
    "dcgan_discriminator": 64,
}
RNG = np.random.default_rng(1)
Weights = dict[str, dict[str, Any]]


def network(name: str) -> NetworkInference:
    document: dict[str, Any] = entry(name).document()
    document["input_shape"][2:] = [SIZES[name]] * 2
    return infer_network(read_network(document))


def weights_of(inference: NetworkInference) -> Weights:
    """Drawn weights; normalisations with a mean, a variance, a scale and a bias."""
    rule, dtype = INITIALISATIONS["he_uniform"], np.dtype(np.float32)
    weights: Weights = {}
    for node, one in zip(inference.network.nodes, inference.layers, strict=True):
        shapes = learned(one.layer)
        if one.layer.kind == "batch_norm":
            weights[node.name] = {
                name: RNG.uniform(0.5, 1.5, shape).astype(np.float32)
                for name, shape in shapes.items()
            }
        elif shapes:
            weights[node.name] = {
                "weight": draw_weight(one.layer, "weight", 1, node.name, rule, dtype)
            }
            if "bias" in shapes:
                weights[node.name]["bias"] = np.zeros(shapes["bias"], np.float32)
    return weights


def in_torch(inference: NetworkInference, data: Any, weights: Weights) -> Callable[[], Any]:
    """The same network of torch's functions; returns the outputs of its last layer."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    tensors = {
        name: {one: torch.from_numpy(array) for one, array in given.items()}
        for name, given in weights.items()
    }

    def layer(node: Any, made: Any, x: list[Any]) -> Any:
        given, params = tensors.get(node.name, {}), dict(node.params)
        window = {name: params[name] for name in ("stride", "padding") if name in params}
        known: dict[str, Callable[[], Any]] = {
            "conv": lambda: functional.conv2d(
                x[0], given["weight"], given.get("bias"), groups=made.groups, **window
            ),
            "batch_norm": lambda: functional.batch_norm(
                x[0], *[given[name] for name in ("mean", "variance", "weight", "bias")]
            ),
            "linear": lambda: functional.linear(x[0], given["weight"], given.get("bias")),
            "add": lambda: x[0] + x[1],
            "concat": lambda: torch.cat(x, 1),
            "flatten": lambda: torch.flatten(x[0], 1),
            "dropout": lambda: x[0],
        }
        if made.kind in known:
            return known[made.kind]()
        function = getattr(functional, node.op, None) or getattr(torch, node.op)
        return function(x[0], **params)

    x = torch.from_numpy(data)

    def run() -> Any:
        with torch.inference_mode():
            outputs = {-1: x}
            for index in inference.network.order:
                node = inference.network.nodes[index]
                read = [outputs[source] for source in node.sources]
                outputs[index] = layer(node, inference.layers[index].layer, read)
            return outputs[inference.network.order[-1]]

    return run


def main() -> None:
    if not installed("torch"):
        return
    import torch

    print(heading("network, weights given", "ours", "torch"))
    for name, size in SIZES.items():
        inference = network(name)
        weights = weights_of(inference)
        data = RNG.standard_normal(inference.network.input_shape).astype(np.float32)
        last = inference.network.nodes[inference.network.order[-1]].name

        def ours() -> Any:
            return run_network(inference, data, weights, keep={last}).layers  # noqa: B023 - run now

        theirs = in_torch(inference, data, weights)
        for _ in range(WARM_UP):
            found = [one.output for one in ours() if one.output is not None]
        np.testing.assert_allclose(found[0], theirs().numpy(), rtol=1e-3, atol=1e-3)
        print(row(f"{name} on {size}×{size}", alternate(ours, theirs, RUNS)))

    count = network("resnet18").params
    layers = [
        one.layer for one in network("resnet18").layers if one.layer.kind in ("conv", "linear")
    ]
    rule, dtype = INITIALISATIONS["he_uniform"], np.dtype(np.float32)

    def draw() -> None:
        for index, layer in enumerate(layers):
            draw_weight(layer, "weight", 1, str(index), rule, dtype)

    drawn = alternate(draw, lambda: torch.empty(count).uniform_(-sqrt(6), sqrt(6)), RUNS)
    print(row(f"{count:,} weights from a seed", drawn))


if __name__ == "__main__":
    main()
