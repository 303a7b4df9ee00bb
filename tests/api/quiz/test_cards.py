"""Cards: front, back, claims that are run, pictures."""

import io
import json
import re
import shlex
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from quiz_service import Quiz
from seed_deck import KEYS
from service.quiz.cards import Card, Deck
from service.store import decks

DRAWN = ("cnn-convolution", "cnn-rgb-to-k-maps", "cnn-pyramid")


def holds(expected: Any, actual: Any) -> bool:
    """Whether an answer has everything that is expected of it."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            name in actual and holds(value, actual[name]) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(actual, list)
            and len(expected) == len(actual)
            and all(map(holds, expected, actual))
        )
    return bool(expected == actual) and isinstance(expected, bool) == isinstance(actual, bool)


def run(quiz: Quiz, line: str) -> TestResponse:
    """Send what a curl line would send."""
    program, address, *options = shlex.split(line)
    assert program == "curl"
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("http", "localhost")
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if not options:
        return quiz.get(path)
    assert options[:3] == ["-H", "Content-Type: application/json", "-d"]
    return quiz.post(path, json.loads(options[3]))


@pytest.mark.parametrize("number", range(17), ids=KEYS)
def test_a_card_and_all_that_it_claims(quiz: Quiz, written: dict[str, Any], number: int) -> None:
    wanted = written["cards"][number]
    assert wanted["key"] == KEYS[number]
    address = f"/v1/cards/cnn-{wanted['key']}"
    response = quiz.get(address)
    front = response.get_json()
    assert (front["front"], front["topics"]) == (wanted["front"], wanted.get("topics", []))
    assert front["deck"] == "cnn"
    assert json.dumps(wanted["back"])[1:-1] not in response.text
    back = quiz.get(front["links"]["answer"]).get_json()
    for name in ("front", "back"):
        assert back[name] == wanted[name].strip()
    for name in ("source_front", "source_text", "erratum"):
        assert back[name] == (wanted[name].strip() if name in wanted else None)
    assert front["figure"] == back["figure"]
    assert bool(front["figure"]) == ("figure" in wanted)
    assert len(back["claims"]) == len(wanted["claims"]) > 0
    for claim, declared in zip(back["claims"], wanted["claims"], strict=True):
        assert (claim["text"], claim["result"]) == (declared["text"], declared["result"])
        assert claim["request"] == declared["request"]
        computed = run(quiz, claim["curl"])
        assert computed.status_code == 200, claim["text"]
        assert holds(claim["result"], computed.get_json()), claim["text"]
    assert len(front["tries"]) == len(wanted["tries"]) > 0
    for one, declared in zip(front["tries"], wanted["tries"], strict=True):
        assert (one["title"], one["request"]) == (declared["title"], declared["request"])
        assert one.get("picture") == declared.get("picture")
        assert run(quiz, one["curl"]).status_code == 200


def test_a_claim_is_written_so_that_a_shell_changes_nothing_in_it(lite: Quiz) -> None:
    deck = Deck("odd", "Odd", "Odd", (Card("a", "front", "back", figure=None),))
    body = {"op": 'it\'s $(touch x) `y` \\ "z" ×\n'}
    content = deck.cards[0].content()
    content["tries"] = [
        {"title": "odd", "request": {"method": "POST", "path": "/v1/shapes", "body": body}}
    ]
    odd = type("Odd", (Card,), {"content": lambda _: content, "content_hash": "x"})("a", "f", "b")
    with lite.database.write() as session:
        decks.load(session, Deck("odd", "Odd", "Odd", (odd,)), now=datetime.now(UTC))
    line = lite.get("/v1/cards/odd-a").get_json()["tries"][0]["curl"]
    assert json.loads(shlex.split(line)[-1]) == body


@pytest.mark.parametrize(
    "name", ["none", "cnn", "%00", "%2e%2e", "cnn-valid-padding%2Fanswer", "%F0%9F%98%80", "%ff"]
)
@pytest.mark.parametrize("rest", ["", "/answer", "/figure.svg", "/figure.png"])
def test_a_card_that_is_not_there(lite: Quiz, name: str, rest: str) -> None:
    assert lite.get(f"/v1/cards/{name}{rest}").get_json()["code"] == "not_found"


def test_as_text(lite: Quiz, written: dict[str, Any]) -> None:
    wanted = written["cards"][7]
    front = lite.get("/v1/cards/cnn-stride-and-padding", Accept="text/plain").text
    assert front.startswith(wanted["front"])
    assert "\n  curl 'http://localhost/v1/shapes/conv2d?" in front
    assert front.endswith("\nanswer: /v1/cards/cnn-stride-and-padding/answer?format=text\n")
    back = lite.get("/v1/cards/cnn-stride-and-padding/answer?format=text").text
    assert wanted["back"].strip() in back
    assert f"erratum: {wanted['erratum'].strip()}" in back
    assert all(f"\n  {claim['text']}" in back for claim in wanted["claims"])
    drawn = lite.get("/v1/cards/cnn-pyramid?format=text").text
    assert "picture: /v1/cards/cnn-pyramid/figure.png" in drawn
    assert "figure.png" in lite.get("/v1/cards/cnn-pyramid/answer?format=text").text


def test_a_plain_card_as_text(lite: Quiz) -> None:
    deck = Deck("plain", "Plain", "Plain", (Card("a", "front", "back"),))
    with lite.database.write() as session:
        decks.load(session, deck, now=datetime.now(UTC))
    assert lite.get("/v1/cards/plain-a/answer?format=text").text == "front\n\nback\n"
    answer = "answer: /v1/cards/plain-a/answer?format=text"
    assert lite.get("/v1/cards/plain-a?format=text").text == f"front\n{answer}\n"


@pytest.mark.parametrize("rest", ["", "/answer", "/figure.svg", "/figure.png"])
def test_what_a_caller_has_already_is_not_sent_again(quiz: Quiz, rest: str) -> None:
    address = f"/v1/cards/cnn-pyramid{rest}"
    first = quiz.get(address)
    assert first.status_code == 200
    tag = first.headers["ETag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = quiz.get(address, **{"If-None-Match": known})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert quiz.get(address, **{"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize("card", DRAWN)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_as_svg_and_as_png(lite: Quiz, card: str, theme: str) -> None:
    links = lite.get(f"/v1/cards/{card}").get_json()["figure"]
    drawn = lite.get(f"{links['svg']}?theme={theme}")
    assert drawn.mimetype == "image/svg+xml"
    root = ET.fromstring(drawn.data)  # noqa: S314 - what we made ourselves
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert {"svg", "title", "desc", "text"} <= names
    assert not names & {"script", "foreignObject", "image", "a", "use"}
    painted = lite.get(f"{links['png']}?theme={theme}")
    assert painted.mimetype == "image/png"
    image = Image.open(io.BytesIO(painted.data))
    image.load()
    width, height = (float(root.attrib[name]) for name in ("width", "height"))
    assert image.size == (round(2 * width), round(2 * height))
    assert len(image.convert("RGBA").getcolors(1 << 24) or ()) > 10
    for response in (drawn, painted):
        assert re.fullmatch(r"public, max-age=\d+", response.headers["Cache-Control"])


def test_the_themes_differ(lite: Quiz) -> None:
    address = "/v1/cards/cnn-pyramid/figure.svg"
    assert lite.get(address).data == lite.get(f"{address}?theme=light").data
    assert lite.get(address).data != lite.get(f"{address}?theme=dark").data
    refused = lite.get(f"{address}?theme=drak").get_json()
    assert refused["errors"][0]["hint"] == "did you mean `dark`?"


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_card_without_a_picture_says_where_there_are_some(lite: Quiz, kind: str) -> None:
    body = lite.get(f"/v1/cards/cnn-valid-padding/figure.{kind}").get_json()
    assert body["code"] == "not_found"
    assert "/v1/decks/cnn/cards" in body["detail"]


@pytest.mark.parametrize(
    "figure", [{"kind": "none"}, {"kind": "pyramid", "nonsense": 1}, {"kind": "patch", "input": 3}]
)
def test_a_picture_that_cant_be_drawn_is_no_fault_of_the_service(
    lite: Quiz, figure: dict[str, Any]
) -> None:
    deck = Deck("odd", "Odd", "Odd", (Card("a", "front", "back", figure=figure),))
    with lite.database.write() as session:
        decks.load(session, deck, now=datetime.now(UTC))
    body = lite.get("/v1/cards/odd-a/figure.svg").get_json()
    assert body["code"] == "not_found"
    assert "can't be drawn" in body["detail"]


def test_a_new_text_is_a_new_version_under_the_same_address(quiz: Quiz) -> None:
    for number, back in enumerate(("first", "second"), 1):
        deck = Deck("mine", "Mine", "Mine", (Card("a", "front", back),))
        with quiz.database.write() as session:
            decks.load(session, deck, now=datetime.now(UTC))
        answer = quiz.get("/v1/cards/mine-a/answer").get_json()
        assert (answer["version"], answer["back"]) == (number, back)


def test_a_page_of_another_site_may_show_the_picture_and_nothing_else(lite: Quiz) -> None:
    for path, policy in [
        ("/v1/cards/cnn-pyramid/figure.svg", "cross-origin"),
        ("/v1/cards/cnn-pyramid/figure.png", "cross-origin"),
        ("/v1/cards/cnn-pyramid", "same-origin"),
    ]:
        assert lite.get(path).headers["Cross-Origin-Resource-Policy"] == policy
