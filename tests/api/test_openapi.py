"""The contract: committed, valid, complete, and executed."""

import re
from typing import Any

import pytest
import yaml
from flask import Flask
from openapi_spec_validator import validate

from contract_client import OPERATIONS, ContractClient, contract
from service.api.blueprints import RESOURCES
from service.api.openapi import as_yaml
from service.api.operation import Example, Operation
from service.resources import openapi_file

PURE = [one for one in OPERATIONS.values() if one.id in ("computeShape", "computeConvolution")]
SHOWN = (
    "shapes",
    "networks",
    "solutions",
    "diagnoses",
    "comparisons",
    "convolutions",
    "errors",
    "meta",
    "decks",
    "cards",
)
EXAMPLES = [
    pytest.param(operation, example, id=f"{operation.id}: {example.summary}")
    for resource in RESOURCES
    if resource.name in SHOWN
    for operation in resource.operations
    for example in operation.examples
]


def send(client: ContractClient, operation: Operation, example: Example) -> Any:
    path = operation.route.format(**example.path)
    options: dict[str, Any] = {
        "query_string": dict(example.query),
        "headers": dict(example.headers),
    }
    if operation.request is not None:
        options["json"] = example.body
    return client.open(path, method=operation.method, **options)


def test_the_committed_file_is_up_to_date() -> None:
    committed = openapi_file().read_text("utf-8")
    assert committed == as_yaml(), "run: convcards openapi"


def test_the_file_is_the_document() -> None:
    assert yaml.load(openapi_file().read_bytes(), yaml.CSafeLoader) == contract()


def test_is_a_valid_openapi_document() -> None:
    assert contract()["openapi"] == "3.1.0"
    validate(contract())


def test_holds_every_route(app: Flask) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    documented = {
        (path, method.upper()) for path, item in contract()["paths"].items() for method in item
    }
    assert documented == routes


def described() -> list[dict[str, Any]]:
    return [operation for item in contract()["paths"].values() for operation in item.values()]


def test_names_every_operation_once() -> None:
    ids = [operation["operationId"] for operation in described()]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z][A-Za-z]+", one) for one in ids)


def test_says_what_everything_is() -> None:
    tags = {tag["name"] for tag in contract()["tags"]}
    for operation in described():
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= tags
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (operation["operationId"], parameter["name"])
        for status, response in operation["responses"].items():
            assert "$ref" in response or response["description"], status


def test_shows_an_example_of_everything() -> None:
    for operation in OPERATIONS.values():
        assert operation.examples, operation.id
    for operation in described():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert content["examples"]
        for response in operation["responses"].values():
            answer = response.get("content", {}).get("application/json", {})
            if "$ref" in answer.get("schema", {}):
                assert answer["examples"], operation["operationId"]


@pytest.mark.parametrize(("operation", "example"), EXAMPLES)
def test_every_example_answers_what_is_documented(
    client: ContractClient, operation: Operation, example: Example
) -> None:
    response = send(client, operation, example)
    assert response.status_code == (example.status or next(iter(operation.answers)))
    if example.code is not None:
        assert response.get_json()["code"] == example.code


@pytest.mark.parametrize("operation", PURE, ids=lambda operation: operation.id)
def test_the_example_answer_is_the_answer_to_the_first_example(
    client: ContractClient, operation: Operation
) -> None:
    response = send(client, operation, operation.examples[0])
    item = contract()["paths"][operation.route][operation.method.lower()]
    documented = item["responses"]["200"]["content"]["application/json"]["examples"]["example"]
    assert response.get_json() == documented["value"]


def test_example_answers_have_the_members_of_real_ones(client: ContractClient) -> None:
    for operation in OPERATIONS.values():
        answer = operation.answers.get(200)
        if operation.method != "GET" or answer is None or answer.schema is None:
            continue
        if (
            not operation.route.startswith(
                ("/v1/shapes", "/errors", "/livez", "/readyz", "/v1/decks", "/v1/cards")
            )
            and operation.route != "/"
        ):
            continue
        example = answer.example() if callable(answer.example) else answer.example
        real = send(client, operation, operation.examples[0]).get_json()
        assert isinstance(example, dict)
        assert set(example) == set(real), operation.id


def test_says_which_statuses_can_occur() -> None:
    shape = contract()["paths"]["/v1/shapes"]["post"]["responses"]
    assert set(shape) == {"200", "400", "401", "403", "406", "413", "415", "422", "429", "503"}
    listed = contract()["paths"]["/v1/shapes"]["get"]["responses"]
    assert set(listed) == {"200", "304", "401", "403", "406", "422", "429", "503"}
    alive = contract()["paths"]["/livez"]["get"]["responses"]
    assert set(alive) == {"200", "403", "406"}


def test_says_who_may_call() -> None:
    paths = contract()["paths"]
    assert paths["/livez"]["get"]["security"] == [{}]
    assert paths["/v1/shapes"]["post"]["security"] == [{}, {"apiKey": ["compute"]}]


def test_requests_refuse_and_answers_leave_out_what_is_unknown() -> None:
    schemas = contract()["components"]["schemas"]
    assert schemas["TextbookConv"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Shape"]
    assert schemas["Shape"]["description"].startswith("What a layer makes of its input")


def test_parameters_come_from_the_dialects() -> None:
    conv = contract()["components"]["schemas"]["PytorchConv"]
    assert conv["required"] == ["framework", "input_shape", "kernel_size", "op", "out_channels"]
    assert conv["properties"]["op"]["enum"] == ["conv1d", "conv2d", "conv3d"]
    assert conv["properties"]["stride"]["default"] == 1
    assert conv["properties"]["padding"]["oneOf"][0] == {
        "type": "string",
        "enum": ["valid", "same"],
    }
    names = [
        entry["$ref"].rsplit("/", 1)[1]
        for entry in contract()["paths"]["/v1/shapes"]["post"]["requestBody"]["content"][
            "application/json"
        ]["schema"]["oneOf"]
    ]
    assert len(names) == len(set(names))
