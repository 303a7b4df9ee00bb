"""Decks and the fronts of their cards, against the deck's own file."""

from datetime import UTC, datetime
from typing import Any

import pytest

from quiz_service import Quiz
from service.quiz.cards import Card, Deck
from service.store import decks, tenants

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)


def load(quiz: Quiz, slug: str, *fronts: str, tenant: str | None = None) -> None:
    """Load a deck with cards `a`, `b`, ... of these fronts."""
    cards = tuple(Card(chr(97 + n), front, "back") for n, front in enumerate(fronts))
    with quiz.database.write() as session:
        if tenant:
            tenants.ensure(session, tenant, name=tenant, now=NOW)
        decks.load(session, Deck(slug, slug, f"About {slug}", cards), now=NOW, tenant_id=tenant)


def pages(quiz: Quiz, path: str, limit: int) -> list[list[dict[str, Any]]]:
    """All pages of a list."""
    found, cursor = [], ""
    while cursor is not None:
        body = quiz.get(f"{path}?limit={limit}{cursor and f'&cursor={cursor}'}").get_json()
        found.append(body["items"])
        cursor = body["next_cursor"]
    return found


def test_the_seed_deck(quiz: Quiz, written: dict[str, Any]) -> None:
    listed = quiz.get("/v1/decks").get_json()
    assert [deck["id"] for deck in listed["items"]] == ["cnn"]
    deck = quiz.get("/v1/decks/cnn").get_json()
    assert deck["title"] == written["deck"]["title"]
    assert deck["description"] == written["deck"]["description"]
    assert deck["card_count"] == 17
    assert quiz.get(deck["links"]["cards"]).status_code == 200


@pytest.mark.parametrize("limit", [1, 2, 16, 17, 18, 200])
def test_pages_hold_every_front_once_and_in_order(
    quiz: Quiz, written: dict[str, Any], limit: int
) -> None:
    found = pages(quiz, "/v1/decks/cnn/cards", limit)
    assert all(len(page) == limit for page in found[:-1])
    assert 1 <= len(found[-1]) <= limit
    items = [item for page in found for item in page]
    assert [item["front"] for item in items] == [card["front"] for card in written["cards"]]
    assert [item["id"] for item in items] == [f"cnn-{card['key']}" for card in written["cards"]]
    assert [bool(item["figure"]) for item in items] == ["figure" in c for c in written["cards"]]
    assert all("back" not in item for item in items)


def test_a_page_is_stable_while_the_deck_grows(quiz: Quiz) -> None:
    load(quiz, "mine", "one", "two", "three")
    first = quiz.get("/v1/decks/mine/cards?limit=2").get_json()
    load(quiz, "mine", "one", "two", "three", "four")
    second = quiz.get(f"/v1/decks/mine/cards?limit=2&cursor={first['next_cursor']}").get_json()
    fronts = [item["front"] for page in (first, second) for item in page["items"]]
    assert fronts == ["one", "two", "three", "four"]
    assert second["next_cursor"] is None


def test_many_decks_in_pages(quiz: Quiz) -> None:
    for number in range(5):
        load(quiz, f"deck-{number}", "front")
    found = pages(quiz, "/v1/decks", 2)
    assert [deck["id"] for page in found for deck in page] == sorted(
        ["cnn", *(f"deck-{number}" for number in range(5))]
    )


def test_a_tenants_own_deck_is_only_its_own(quiz: Quiz) -> None:
    load(quiz, "secret", "front", tenant="school")
    load(quiz, "own", "front", tenant="local")
    assert [deck["id"] for deck in quiz.get("/v1/decks").get_json()["items"]] == ["cnn", "own"]
    for path in ("/v1/decks/secret", "/v1/decks/secret/cards", "/v1/cards/secret.a"):
        assert quiz.get(path).status_code == 404
    for path in ("/v1/decks/own", "/v1/decks/own/cards", "/v1/cards/own.a"):
        assert quiz.get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "cursor_of"),
    [
        ("/v1/decks/cnn/cards", "/v1/decks/mine/cards"),
        ("/v1/decks/mine/cards", "/v1/decks/cnn/cards"),
        ("/v1/decks", "/v1/decks/cnn/cards"),
    ],
)
def test_a_cursor_opens_only_its_own_list(quiz: Quiz, path: str, cursor_of: str) -> None:
    load(quiz, "mine", "one", "two", "three")
    cursor = quiz.get(f"{cursor_of}?limit=1").get_json()["next_cursor"]
    assert quiz.get(f"{path}?cursor={cursor}").get_json()["code"] == "bad_cursor"


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "0" * 512, "%F0%9F%98%80", "=", "e30"])
def test_a_made_up_cursor_is_refused(lite: Quiz, cursor: str) -> None:
    response = lite.get(f"/v1/decks/cnn/cards?cursor={cursor}")
    assert response.status_code == 422


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "x", "", "1e1", "9" * 30])
def test_a_limit_out_of_bounds_is_refused(lite: Quiz, limit: str) -> None:
    body = lite.get(f"/v1/decks?limit={limit}").get_json()
    assert body["code"] == "validation_failed"
    assert body["errors"][0]["pointer"] == "/limit"


@pytest.mark.parametrize(
    "name", ["none", "CNN", "%00", "..", "cnn%2Fcards", "%F0%9F%98%80", "a" * 5000, "%ff", "' OR 1"]
)
def test_a_deck_that_is_not_there(quiz: Quiz, name: str) -> None:
    for path in (f"/v1/decks/{name}", f"/v1/decks/{name}/cards"):
        assert quiz.get(path).get_json()["code"] == "not_found"


@pytest.mark.parametrize("path", ["/v1/decks", "/v1/decks/cnn", "/v1/decks/cnn/cards"])
def test_what_a_caller_has_already_is_not_sent_again(quiz: Quiz, path: str) -> None:
    first = quiz.get(path)
    again = quiz.get(path, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    load(quiz, "mine", "one")
    load(quiz, "cnn", "one")  # another text of the deck
    changed = quiz.get(path, **{"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_as_text(lite: Quiz, written: dict[str, Any]) -> None:
    title = written["deck"]["title"]
    assert lite.get("/v1/decks", Accept="text/plain").text.startswith(f"cnn: {title}\n")
    assert lite.get("/v1/decks/cnn?format=text").text.startswith(f"cnn: {title} (17 cards)\n")
    lines = lite.get("/v1/decks/cnn/cards?format=text").text.splitlines()
    assert lines[3] == f"cnn-valid-padding: {written['cards'][3]['front']}"
    assert len(lines) == 17


def test_a_deck_without_anything_in_it(quiz: Quiz) -> None:
    load(quiz, "mine")
    body = quiz.get("/v1/decks/mine/cards").get_json()
    assert body == {"items": [], "next_cursor": None}
    assert quiz.get("/v1/decks/mine").get_json()["card_count"] == 0
