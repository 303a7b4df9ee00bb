"""The backend tests of ONNX itself, on arrays of their own dtypes."""

from typing import Any

import numpy as np
import pytest

import onnx_suite
from service.convolution import check_budget, indices, run
from service.shapes import read_layer


def _layer(body: dict[str, Any]) -> list[np.ndarray]:
    body = dict(body)
    op, data = body.pop("op"), body.pop("input")
    weight, bias = body.pop("weight", None), body.pop("bias", None)
    wanted = body.pop("return_indices", False)
    if op.startswith("conv"):
        body.setdefault("kernel_shape", list(weight.shape[2:]))
        transposed = op.startswith("conv_transpose")
        filters = weight.shape[1] * body.get("group", 1) if transposed else weight.shape[0]
        body["out_channels"] = filters
    elif op == "gemm":
        body["out_features"] = weight.shape[0 if body.get("transB") else 1]
    layer = read_layer(body.pop("framework"), op, data.shape, body)
    check_budget(layer)
    output = run(layer, data, weight, bias)
    return [output, indices(layer, data)] if wanted else [output]


@pytest.mark.parametrize("name", onnx_suite.NAMES)
def test_passes(name):
    case = onnx_suite.cases()[name]
    for output, expected in zip(case.run(_layer), case.outputs, strict=True):
        assert (output.shape, output.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(output, expected, rtol=case.rtol, atol=case.atol)
