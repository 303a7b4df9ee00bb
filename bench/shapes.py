"""The shapes of ResNet-50: `service.shapes` beside ONNX's shape inference and torch's meta device.

Run it with `python bench/shapes.py`; the peers come with the dependency group `bench`, and what is
not installed is left out. All know the same network, layer by layer the one of the catalogue, and
hold it in the form that they work on: a graph that has been read, a ModelProto without weights, a
module on the meta device. Ours counts parameters and MACs besides; ONNX counts nothing, and torch
is timed both bare and with its own FLOP counter.

The engine remembers layers that it has worked out, so there are three lines of ours: "known" asks
for the same network again, "new" for one of which it has seen no layer, and "read" starts from the
JSON document. A ratio of 0.2 means that we take a fifth of the peer's time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from alternate import alternate, heading, installed, row

from service.shapes.catalogue import network
from service.shapes.network import Network, NetworkInference, infer_network, read_network
from service.shapes.network import inference as engine

RUNS = 41
PARAMS, MACS = 25_557_032, 4_089_184_256

Document = Mapping[str, Any]


def forgetful(net: Network) -> Callable[[], NetworkInference]:
    """Infer as a process does that has seen none of the layers."""

    def run() -> NetworkInference:
        engine._remembered.clear()
        return infer_network(net)

    return run


def onnx_model(document: Document) -> Any:
    """Build the network as a ModelProto whose weights have shapes but no numbers."""
    from onnx import TensorProto, helper

    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, document["input_shape"])]
    nodes = []
    channels = {"input": document["input_shape"][1]}

    def weight(name: str, *shape: int) -> str:
        inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    for layer in document["layers"]:
        name, op, sources, params = (layer[key] for key in ("name", "op", "inputs", "params"))
        depth = channels[name] = channels[sources[0]]
        attributes: dict[str, Any] = {}
        incoming = list(sources)
        if op == "conv2d":
            kernel, pad = params["kernel_size"], params.get("padding", 0)
            channels[name] = params["out_channels"]
            incoming.append(weight(f"{name}.w", channels[name], depth, kernel, kernel))
            attributes = {"strides": [params.get("stride", 1)] * 2, "pads": [pad] * 4}
        elif op == "batch_norm2d":
            incoming += [weight(f"{name}.{part}", depth) for part in ("scale", "b", "mean", "var")]
        elif op == "max_pool2d":
            attributes = {
                "kernel_shape": [params["kernel_size"]] * 2,
                "strides": [params["stride"]] * 2,
                "pads": [params["padding"]] * 4,
            }
        elif op == "linear":
            channels[name] = params["out_features"]
            incoming += [
                weight(f"{name}.w", channels[name], depth),
                weight(f"{name}.b", channels[name]),
            ]
            attributes = {"transB": 1}
        nodes.append(helper.make_node(ONNX_NAMES[op], incoming, [name], name, **attributes))
    last = helper.make_tensor_value_info(document["layers"][-1]["name"], TensorProto.FLOAT, None)
    return helper.make_model(helper.make_graph(nodes, "resnet50", inputs, [last]))


ONNX_NAMES = {
    "conv2d": "Conv",
    "batch_norm2d": "BatchNormalization",
    "relu": "Relu",
    "max_pool2d": "MaxPool",
    "add": "Add",
    "adaptive_avg_pool2d": "GlobalAveragePool",
    "flatten": "Flatten",
    "linear": "Gemm",
}


def torch_module(document: Document) -> Any:
    """Build the network as a torch module on the meta device, in evaluation mode."""
    import torch
    from torch import nn

    makers: dict[str, Callable[..., nn.Module]] = {
        "conv2d": nn.Conv2d,
        "batch_norm2d": nn.BatchNorm2d,
        "relu": nn.ReLU,
        "max_pool2d": nn.MaxPool2d,
        "adaptive_avg_pool2d": nn.AdaptiveAvgPool2d,
        "flatten": nn.Flatten,
        "linear": nn.Linear,
    }
    channels = {"input": document["input_shape"][1]}

    class Graph(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = []
            self.parts = nn.ModuleList()
            for layer in document["layers"]:
                params = dict(layer["params"])
                depth = channels[layer["inputs"][0]]
                channels[layer["name"]] = params.get(
                    "out_channels", params.get("out_features", depth)
                )
                if layer["op"] in ("conv2d", "linear"):
                    params["in_channels" if layer["op"] == "conv2d" else "in_features"] = depth
                part = None if layer["op"] == "add" else makers[layer["op"]](**params)
                self.steps.append((layer["name"], tuple(layer["inputs"]), part))
                if part is not None:
                    self.parts.append(part)

        def forward(self, picture: torch.Tensor) -> torch.Tensor:
            values = {"input": picture}
            for name, sources, part in self.steps:
                first = values[sources[0]]
                values[name] = first + values[sources[1]] if part is None else part(first)
            return values[self.steps[-1][0]]

    with torch.device("meta"):
        return Graph().eval()


def against_onnx(document: Document, ours: Mapping[str, Callable[[], object]]) -> None:
    import onnx

    model = onnx_model(document)

    def theirs() -> Any:
        return onnx.shape_inference.infer_shapes(model, strict_mode=True)

    shape = theirs().graph.output[0].type.tensor_type.shape
    if [size.dim_value for size in shape.dim] != [1, 1000]:
        raise SystemExit("onnx infers another shape.")
    print(heading(f"onnx.shape_inference {onnx.__version__}", "ours", "theirs"))
    for name, run in ours.items():
        print(row(f"  {name}", alternate(run, theirs, RUNS, repeats=3), "goal 0.22"))


def against_torch(document: Document, ours: Mapping[str, Callable[[], object]]) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    torch.set_num_threads(1)
    module = torch_module(document)
    picture = torch.empty(document["input_shape"], device="meta")

    def bare() -> torch.Tensor:
        with torch.no_grad():
            return module(picture)

    def counted() -> tuple[int, int]:
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            module(picture)
        return sum(p.numel() for p in module.parameters()), counter.get_total_flops()

    if tuple(bare().shape) != (1, 1000) or counted() != (PARAMS, 2 * MACS):
        raise SystemExit("torch infers another shape, or counts otherwise.")
    title = f"torch {torch.__version__}, meta device"
    for peer, theirs in ((title, bare), (f"{title}, FlopCounterMode", counted)):
        print(heading(peer, "ours", "theirs"))
        for name, run in ours.items():
            print(row(f"  {name}", alternate(run, theirs, RUNS // 2, repeats=9), "goal 0.002"))


def main() -> int:
    document = network("resnet50")
    net = read_network(document)
    found = infer_network(net)
    if (found.params, found.macs, found.layers[-1].output_shape) != (PARAMS, MACS, (1, 1000)):
        print("The engine counts otherwise.", file=sys.stderr)
        return 1
    ours = {
        "known: inferred before, in this process": lambda: infer_network(net),
        "new: no layer was seen before": forgetful(net),
        "read: known, from the JSON document": lambda: infer_network(read_network(document)),
    }
    print(f"ResNet-50, {len(net.nodes)} layers: shapes, parameters, MACs")
    if installed("onnx"):
        against_onnx(document, ours)
    if installed("torch"):
        against_torch(document, ours)
    return 0


if __name__ == "__main__":
    sys.exit(main())
