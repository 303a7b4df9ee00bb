"""The contract, fuzzed: what it allows is answered as it says, what it forbids is refused."""

from collections.abc import Iterator

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from contract_client import contract

pytestmark = pytest.mark.no_cover  # thousands of rounds through lines that others measure

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
FUZZ = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


ROUTES = [(path, method) for path, item in contract()["paths"].items() for method in item]
TAKING = [
    (path, method)
    for path, method in ROUTES
    if {"parameters", "requestBody"} & contract()["paths"][path][method].keys()
]


@pytest.fixture(scope="module")
def fuzzed(shared_app: Flask) -> Iterator[schemathesis.BaseSchema]:
    """The contract, with the application that answers it."""
    usual = shared_app.test_client_class
    del shared_app.test_client_class
    made = schemathesis.openapi.from_dict(contract())
    made.app = shared_app
    yield made
    shared_app.test_client_class = usual


def fuzz(fuzzed: schemathesis.BaseSchema, path: str, method: str, mode: GenerationMode) -> None:
    operation = fuzzed[path][method]

    @FUZZ
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS, headers={"Host": "localhost"})

    check()


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_what_it_allows_is_answered_as_it_says(
    fuzzed: schemathesis.BaseSchema, path: str, method: str
) -> None:
    fuzz(fuzzed, path, method, GenerationMode.POSITIVE)


@pytest.mark.parametrize(("path", "method"), TAKING)
def test_what_it_forbids_is_refused(
    fuzzed: schemathesis.BaseSchema, path: str, method: str
) -> None:
    fuzz(fuzzed, path, method, GenerationMode.NEGATIVE)
