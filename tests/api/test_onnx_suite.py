"""The backend tests of ONNX itself, asked over HTTP."""

from typing import Any

import numpy as np
import pytest

import onnx_suite
from contract_client import ContractClient


def test_the_list_is_whole() -> None:
    assert len(onnx_suite.NAMES) == 144
    assert sorted(onnx_suite.cases()) == onnx_suite.NAMES


@pytest.mark.parametrize("name", onnx_suite.NAMES)
def test_passes(client: ContractClient, name: str) -> None:
    def layer(body: dict[str, Any]) -> list[np.ndarray]:
        plain = {
            key: value.tolist() if isinstance(value, np.ndarray) else value
            for key, value in body.items()
        }
        answer = client.post("/v1/convolutions", json=plain)
        assert answer.status_code == 200, answer.text
        found = answer.get_json()
        outputs = [np.array(found[key]) for key in ("output", "indices") if key in found]
        assert list(outputs[0].shape) == found["output_shape"]
        return outputs

    case = onnx_suite.cases()[name]
    outputs = case.run(layer)
    assert len(outputs) == len(case.outputs)
    for output, expected in zip(outputs, case.outputs, strict=True):
        assert output.shape == expected.shape
        np.testing.assert_allclose(output, expected, rtol=case.rtol, atol=case.atol)
