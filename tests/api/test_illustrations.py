"""Illustrations over HTTP: their requests run, and give what is shown."""

from __future__ import annotations

import io
import shlex
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from service.quiz.illustrations import ILLUSTRATIONS

if TYPE_CHECKING:
    from contract_client import ContractClient


@pytest.mark.parametrize("name", ILLUSTRATIONS)
def test_requests_run_and_pictures_are_drawn(client: ContractClient, name: str) -> None:
    found: dict[str, Any] = client.get(f"/v1/illustrations/{name}").get_json()
    assert found["illustration"] == name
    assert found["requests"]
    for one in found["requests"]:
        answer = client.post(one["request"]["path"], json=one["request"]["body"])
        assert answer.status_code == 200, answer.get_json()
        assert one["request"]["path"] in shlex.split(one["curl"])[1]
    drawn = client.get(found["links"]["svg"])
    assert drawn.mimetype == "image/svg+xml"
    dark = client.get(found["links"]["svg"] + "?theme=dark")
    assert dark.text != drawn.text
    painted = Image.open(io.BytesIO(client.get(found["links"]["png"]).data))
    assert painted.text["Description"].endswith(found["about"])


def test_what_the_requests_give_is_what_is_said(client: ContractClient) -> None:
    def outputs(name: str) -> tuple[dict[str, Any], list[Any]]:
        found = client.get(f"/v1/illustrations/{name}").get_json()
        answers = [
            client.post(one["request"]["path"], json=one["request"]["body"]).get_json()
            for one in found["requests"]
        ]
        return found["facts"], answers

    facts, maps = outputs("equivariance")
    first, second = (np.array(one["output"]) for one in maps)
    down, right = facts["shift"]
    assert (second[down:, right:] == first[:-down, :-right]).all()
    facts, pooled = outputs("invariance")
    assert [np.ravel(one["output"])[0] for one in pooled[:2]] == facts["maximum"]
    assert [np.ravel(one["output"])[0] for one in pooled[2:]] == facts["average"]
    facts, layers = outputs("shared-weights")
    assert [one["params"] for one in layers] == list(facts["parameters"].values())
    facts, (first_layer, both) = outputs("edges")
    found = np.maximum(np.array(first_layer["output"]), 0).max(axis=(0, 1))
    assert found.tolist() == facts["first_layer_maximum"]
    combined = np.array(both["layers"][-1]["output"])
    assert [combined.max()] == facts["second_layer_maximum"]
    assert [(combined > 0).sum()] == facts["second_layer_positions"]
    facts, stepped = outputs("strides")
    assert [one["output_shape"][:2] for one in stepped] == facts["output_sizes"]
    whole = np.array(stepped[0]["output"])
    assert (np.array(stepped[2]["output"]) == whole[1::3, 0::3]).all()
    facts, layers = outputs("grey-and-colour")
    assert [one["params"] for one in layers[:2]] == [1216, 416]
    assert np.size(layers[2]["output"]) == facts["numbers_per_picture"]["grey"]
    facts, (layer,) = outputs("feature-maps")
    assert layer["output_shape"][-1] == facts["maps"]


def test_the_list_and_what_is_not_in_it(client: ContractClient) -> None:
    items = client.get("/v1/illustrations").get_json()["items"]
    assert [one["illustration"] for one in items] == list(ILLUSTRATIONS)
    for path in ("/v1/illustrations/none", "/v1/illustrations/none.png"):
        assert client.get(path).get_json()["code"] == "not_found"


def test_as_text(client: ContractClient) -> None:
    text = client.get("/v1/illustrations/strides?format=text").text
    assert "output_sizes: [[48, 64], [24, 32], [16, 22]]" in text
    assert "picture: /v1/illustrations/strides.png" in text
