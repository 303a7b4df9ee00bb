"""Layers beyond plain convolutions and pools, with the frameworks' own numbers, over HTTP."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract_client import ContractClient

LINES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "oracle" / "layer_numbers.jsonl")
    .read_text("utf-8")
    .splitlines()
]


def _named(line: dict[str, Any]) -> str:
    return f"{line['body']['framework']}-{line['body']['op']}"


@pytest.mark.parametrize("line", LINES, ids=_named)
def test_agrees_with_the_framework(client: ContractClient, line: dict[str, Any]) -> None:
    answer = client.post("/v1/convolutions", json=line["body"]).get_json()
    assert "output" in answer, answer
    np.testing.assert_allclose(answer["output"], line["output"], rtol=1e-5, atol=3e-6)
