"""What the quiz tests share: the seed deck, and requests run against the engines themselves."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from service.convolution import read_tensor, read_weight_shape, run, trace
from service.quiz.deck_file import seed_deck
from service.quiz.illustrations import illustration
from service.shapes import describe, infer, parameters, read_layer, read_shape_text, read_text

if TYPE_CHECKING:
    from service.quiz.cards import Deck, Request
    from service.quiz.deck_check import RunRequest

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def deck() -> Deck:
    return seed_deck()


@pytest.fixture(scope="session")
def seed_text() -> str:
    """The deck as it was found."""
    return (DATA / "cnn-flashcards.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def run_request() -> RunRequest:
    """Answers the resources that compute without a server: (status, JSON)."""
    return _run


def _run(request: Request) -> tuple[int, object]:
    address = urlsplit(request.path)
    if request.method == "GET" and address.path.startswith("/v1/shapes/"):
        return 200, _shape_of_query(address.path.rsplit("/", 1)[1], dict(parse_qsl(address.query)))
    if address.path.startswith("/v1/illustrations/"):
        name = address.path.rpartition("/")[2].removesuffix(".svg")
        return 200, {"facts": dict(illustration(name).facts)}
    assert request.method == "POST"
    body = dict(request.body or {})
    if request.path == "/v1/shapes":
        op, shape = body.pop("op"), body.pop("input_shape")
        layer = read_layer("textbook", op, shape, body, body.pop("layout", None))
        return 200, describe(infer(layer))
    assert request.path == "/v1/convolutions"
    return 200, _convolution(body)


def _shape_of_query(op: str, query: dict[str, str]) -> dict[str, object]:
    shape = read_shape_text(query.pop("input_shape"))
    known = {parameter.name: parameter for parameter in parameters("textbook", op)}
    values = {name: read_text(known[name], text) for name, text in query.items()}
    return describe(infer(read_layer("textbook", op, shape, values)))


def _convolution(body: dict[str, object]) -> dict[str, object]:
    op, layout = str(body.pop("op")), body.pop("layout", None)
    data, asked = read_tensor(body.pop("input")), body.pop("trace", None)
    weight = bias = None
    if "weight" in body:
        weight = read_tensor(body.pop("weight"))
        sizes = read_weight_shape("textbook", 2, weight.shape)
        body |= {"kernel_size": list(sizes.kernel_size), "filters": sizes.out_channels}
    if "bias" in body:
        bias = read_tensor(body.pop("bias"))
    layer = read_layer("textbook", op, data.shape, body, layout)  # type: ignore[arg-type]
    output = run(layer, data, weight, bias)
    answer: dict[str, object] = {"output_shape": list(output.shape), "output": output.tolist()}
    if isinstance(asked, dict):
        points = trace(layer, data, weight, bias, **asked)
        answer["trace"] = [asdict(point) for point in points]
    return answer
