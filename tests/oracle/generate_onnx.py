"""Write ``onnx_pools.jsonl``: pools whose window is larger than the padded input.

Run by hand where onnx is installed, from this folder: ``python generate_onnx.py``. The answers are
those of the shape inference of onnx 1.23.2; negative sizes, which onnxruntime 1.32.0 refuses, are
left out. onnxruntime itself makes an empty tensor of some that have size 1 here.
"""

import itertools
import json
from pathlib import Path

from onnx import TensorProto, helper, shape_inference

CLASSES = {"max_pool1d": "MaxPool", "avg_pool1d": "AveragePool", "lp_pool1d": "LpPool"}


def inferred(op: str, size: int, params: dict[str, object]) -> int:
    graph = helper.make_graph(
        [helper.make_node(CLASSES[op], ["x"], ["y"], **params)],
        "pool",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])
    [output] = shape_inference.infer_shapes(model, strict_mode=True).graph.output
    return output.type.tensor_type.shape.dim[2].dim_value


with (Path(__file__).parent / "onnx_pools.jsonl").open("w", encoding="utf-8") as file:
    for op, ceil_mode, size, kernel, stride in itertools.product(
        CLASSES, (0, 1), (1, 3), range(4, 9), range(1, 6)
    ):
        if kernel - size >= 2 * stride:
            continue
        params = {"kernel_shape": [kernel], "strides": [stride], "ceil_mode": ceil_mode}
        line = {
            "op": op,
            "input_shape": [1, 2, size],
            "params": params,
            "expected": {"output_shape": [1, 2, inferred(op, size, params)], "params": 0},
        }
        file.write(json.dumps(line) + "\n")
