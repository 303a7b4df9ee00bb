"""The backend tests that the onnx wheel ships, as requests to run a layer."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx.backend.test.loader import load_model_tests

OPS = {
    "Conv": "conv",
    "ConvTranspose": "conv_transpose",
    "MaxPool": "max_pool",
    "AveragePool": "avg_pool",
    "LpPool": "lp_pool",
    "GlobalAveragePool": "global_avg_pool",
    "GlobalMaxPool": "global_max_pool",
    "Pad": "pad",
    "Col2Im": "col2im",
    "Gemm": "gemm",
}
"""Operators of the suite, and what they are called here (Conv is conv1d, conv2d or conv3d)."""

NAMES = (Path(__file__).parents[1] / "oracle" / "onnx_backend_cases.txt").read_text("utf-8").split()
"""What the suite holds; a test compares."""

WHOLE = ("pad", "col2im", "gemm")
SUITES = ("node", "pytorch-converted", "pytorch-operator")


@dataclass(frozen=True)
class Case:
    """One case: a chain of operators, what is fed and what must come out."""

    nodes: tuple[onnx.NodeProto, ...]
    inputs: dict[str, np.ndarray]
    outputs: list[np.ndarray]
    rtol: float
    atol: float

    def run(self, layer: Any) -> list[np.ndarray]:
        """Give every operator to ``layer(body)``, which returns its output and indices."""
        values, found = dict(self.inputs), []
        for node in self.nodes:
            tensors = [values[name] if name else None for name in node.input]
            if node.op_type == "Constant":
                values[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t)
            elif node.op_type in ("Unsqueeze", "Squeeze"):
                reshape = getattr(np, "expand_dims" if node.op_type == "Unsqueeze" else "squeeze")
                values[node.output[0]] = reshape(tensors[0], tuple(_attributes(node)["axes"]))
            else:
                found = layer(_body(node, tensors))
                values |= dict(zip(node.output, found, strict=False))
        return [values[name] for name in self.nodes[-1].output]


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    values = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    return {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in values.items()
    }


def _body(node: onnx.NodeProto, tensors: list[Any]) -> dict[str, Any]:
    """The request: attributes by their names, inputs by what they are."""
    op = OPS[node.op_type]
    data, *others = tensors
    body = {"framework": "onnx", "op": op, "input": data, **_attributes(node)}
    if op not in WHOLE:
        body["op"] = f"{op}{data.ndim - 2}d"
    body.pop("broadcast", None)  # of Gemm's first version, which later ones always do
    if op in ("conv", "conv_transpose", "gemm"):
        body |= dict(zip(("weight", "bias"), others, strict=False))
    elif op == "col2im":
        body |= {"image_shape": others[0].tolist(), "block_shape": others[1].tolist()}
    elif op == "pad":
        names = ("pads", "constant_value", "axes")
        given = zip(names, others, strict=False)
        body |= {name: value.tolist() for name, value in given if value is not None}
        if "value" in body:  # of Pad's first version
            body["constant_value"] = body.pop("value")
    if op == "max_pool":
        body["return_indices"] = len(node.output) == 2
    return body


@cache
def cases() -> dict[str, Case]:
    """All cases that hold nothing but these operators and what gives them their inputs."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of casts, in the cases of other operators
        for suite in SUITES:
            for test in load_model_tests(kind=suite):
                for case in _cases(test):
                    found[test.name] = case
    return found


def _cases(test: Any) -> Iterator[Case]:
    model = test.model or onnx.load(Path(test.model_dir) / "model.onnx")
    kinds = [node.op_type for node in model.graph.node]
    around = {"Constant", "Unsqueeze", "Squeeze"}
    if not set(kinds) & set(OPS) or set(kinds) - set(OPS) - around or len(kinds) > 3:
        return
    inputs = {i.name: onnx.numpy_helper.to_array(i) for i in model.graph.initializer}
    names = [value.name for value in model.graph.input if value.name not in inputs]
    if test.data_sets:
        given, wanted = test.data_sets[0]
    else:
        folder = Path(test.model_dir) / "test_data_set_0"
        given = [_tensor(folder / f"input_{at}.pb") for at in range(len(names))]
        wanted = [_tensor(folder / f"output_{at}.pb") for at in range(len(model.graph.output))]
    inputs |= dict(zip(names, given, strict=True))
    yield Case(tuple(model.graph.node), inputs, list(wanted), test.rtol, test.atol)


def _tensor(path: Path) -> np.ndarray:
    return onnx.numpy_helper.to_array(onnx.load_tensor(path))
