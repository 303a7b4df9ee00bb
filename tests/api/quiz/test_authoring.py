"""Writing decks: versions that stay, one winner of two, nothing lost of what people did."""

from collections.abc import Callable
from typing import Any

import pytest

from own_deck import CARD, SCHOOL, begin, send
from quiz_service import Quiz


def test_a_card_from_its_first_text_to_its_last(quiz: Quiz) -> None:
    card = begin(quiz, topics=["edges"])
    assert card == "/v1/cards/kernels.edge"
    read = quiz.get(f"{card}/answer")
    assert read.get_json()["back"] == CARD["back"]
    changed = send(quiz, "PATCH", card, {"back": "A step."}, read.headers["ETag"])
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"v2"')
    body = changed.get_json()
    assert (body["version"], body["front"], body["back"]) == (2, CARD["front"], "A step.")
    emptied = send(quiz, "PATCH", card, {"topics": None}, '"v2"').get_json()
    assert (emptied["version"], emptied["topics"]) == (3, [])
    same = send(quiz, "PATCH", card, {"back": "A step."}, '"v3"')
    assert (same.get_json()["version"], same.headers["ETag"]) == (3, '"v3"')
    assert quiz.get(card, **{"If-None-Match": read.headers["ETag"]}).status_code == 200
    versions = quiz.get(f"{card}/versions?limit=2").get_json()
    rest = quiz.get(f"{card}/versions?cursor={versions['next_cursor']}").get_json()
    texts = [(one["version"], one["back"], one["topics"]) for one in versions["items"]]
    assert texts == [(3, "A step.", []), (2, "A step.", ["edges"])]
    assert [one["back"] for one in rest["items"]] == [CARD["back"]]
    deck = quiz.get("/v1/decks/kernels").get_json()
    assert (deck["version"], deck["card_count"], deck["shared"]) == (4, 1, False)


@pytest.mark.parametrize("path", ["/v1/decks/kernels", "/v1/cards/kernels.edge"])
def test_whoever_changes_says_what(quiz: Quiz, path: str) -> None:
    begin(quiz)
    change = {"title": "K"} if "decks" in path else {"back": "b"}
    for method, body in (("PATCH", change), ("DELETE", None)):
        missing = send(quiz, method, path, body)
        assert (missing.status_code, missing.get_json()["code"]) == (428, "precondition_required")
        for stale in ('"v9"', '"abc"', 'W/"v9.00", "v8"'):
            refused = send(quiz, method, path, body, stale)
            current = quiz.get(path).get_json()["version"]
            assert (refused.status_code, refused.get_json()["version"]) == (412, current)
            assert refused.headers["ETag"] == f'"v{current}"' in refused.get_json()["detail"]
        for malformed in ("v1", "", '"', "*, *"):
            assert send(quiz, method, path, body, malformed).get_json()["code"] == "bad_header"
    tag = quiz.get(path, Accept="text/plain").headers["ETag"]
    assert send(quiz, "PATCH", path, change, f'"other", W/{tag}').status_code == 200
    assert send(quiz, "PATCH", path, {}, "*").status_code == 200


def test_of_two_changes_of_one_version_one_wins(
    quiz: Quiz, at_once: Callable[..., list[Any]]
) -> None:
    card = begin(quiz)
    for version in range(1, 4):

        def change(index: int, tag: str = f'"v{version}"') -> int:
            body = {"back": f"{tag} {index}"}
            status: int = send(quiz.another_client(), "PATCH", card, body, tag).status_code
            return status

        assert sorted(at_once(4, change)) == [200, 412, 412, 412]
    assert [row["version"] for row in quiz.rows("card_versions") if "edge" in row["card_id"]] == [
        *range(1, 5)
    ]


def test_cards_added_at_once_have_places_of_their_own(
    quiz: Quiz, at_once: Callable[..., list[Any]]
) -> None:
    begin(quiz)

    def add(index: int) -> int:
        card = CARD | {"key": "same" if index % 2 else f"card-{index}"}
        return quiz.another_client().post("/v1/decks/kernels/cards", card).status_code

    assert sorted(at_once(6, add)) == [201, 201, 201, 201, 409, 409]
    cards = [row for row in quiz.rows("cards") if row["deck_id"] == "kernels"]
    assert sorted(row["position"] for row in cards) == [*range(5)]
    assert quiz.get("/v1/decks/kernels").get_json()["version"] == 6


def test_a_deleted_card_ends_what_it_was_part_of(quiz: Quiz) -> None:
    card = begin(quiz)
    asked = quiz.ask("ann", card="kernels.edge")
    due = quiz.get("/v1/users/ann/reviews/next?deck=kernels").get_json()
    quiz.ask("ben", card="kernels.edge")
    assert send(quiz, "DELETE", card, tag='"v1"').status_code == 204
    for path in (card, f"{card}/answer", f"{card}/figure.svg"):
        assert quiz.get(path).get_json()["code"] == "gone"
    assert send(quiz, "PATCH", card, {"back": "b"}, "*").status_code == 410
    assert len(quiz.get(f"{card}/versions").get_json()["items"]) == 1
    assert quiz.get(asked["links"]["self"]).get_json()["prompt"] == CARD["front"]
    answered = quiz.answer(asked, "good", next=True)
    assert (answered.status_code, answered.get_json()["expected"]) == (201, CARD["back"])
    rated = quiz.post(
        "/v1/users/ann/reviews", {"review_token": due["review_token"], "rating": "easy"}
    )
    assert rated.get_json()["code"] == "review_token_used"
    assert quiz.get("/v1/users/ann/reviews/next?deck=kernels").status_code == 204
    refused = quiz.post("/v1/users/ann/questions", {"card": "kernels.edge"})
    assert refused.get_json()["errors"][0]["pointer"] == "/card"
    again = quiz.post("/v1/decks/kernels/cards", CARD)
    assert (again.status_code, again.get_json()["code"]) == (409, "conflict")


def test_a_deleted_deck_keeps_history_and_its_id(quiz: Quiz) -> None:
    begin(quiz)
    asked = quiz.ask("ann", deck="kernels")
    assert send(quiz, "DELETE", "/v1/decks/kernels", tag='"v2"').status_code == 204
    for path in (
        "decks/kernels",
        "decks/kernels/cards",
        "decks/kernels/report",
        "cards/kernels.edge",
    ):
        assert quiz.get(f"/v1/{path}").status_code == 410
    assert quiz.get("/v1/users/ann/reviews/next?deck=kernels").status_code == 410
    assert [deck["id"] for deck in quiz.get("/v1/decks").get_json()["items"]] == ["cnn"]
    assert quiz.answer(asked, "good").status_code == 201
    assert quiz.post("/v1/users/ann/questions", {"deck": "kernels"}).status_code == 422
    assert quiz.post("/v1/decks", {"id": "kernels", "title": "K"}).status_code == 409
    assert send(quiz, "DELETE", "/v1/decks/kernels", tag="*").status_code == 410


def test_everyones_deck_is_copied_not_changed(quiz: Quiz) -> None:
    for method, path, body in (
        ("PATCH", "/v1/decks/cnn", {"title": "Mine"}),
        ("DELETE", "/v1/decks/cnn", None),
        ("POST", "/v1/decks/cnn/cards", CARD),
        ("PATCH", "/v1/cards/cnn-pyramid", {"back": "b"}),
        ("DELETE", "/v1/cards/cnn-pyramid", None),
    ):
        refused = send(quiz, method, path, body, "*")
        assert (refused.status_code, refused.get_json()["code"]) == (403, "shared_deck")
        assert '{"copy_of": "cnn"}' in refused.get_json()["detail"]
    made = quiz.post("/v1/decks", {"copy_of": "cnn"}).get_json()
    seed = quiz.get("/v1/decks/cnn").get_json()
    assert (made["title"], made["card_count"]) == (seed["title"], seed["card_count"])
    assert made["id"].startswith("convolutional-neural-networks-")
    copy = f"/v1/cards/{made['id']}.pyramid"
    assert send(quiz, "PATCH", copy, {"back": "b"}, '"v1"').status_code == 200
    backs = [
        quiz.get(f"{card}/answer").get_json()["back"] for card in (copy, "/v1/cards/cnn-pyramid")
    ]
    assert backs[0] == "b" != backs[1]


def test_nobody_elses_deck_can_be_touched(make_quiz: Any) -> None:
    school, college = make_quiz("school", SCHOOL), make_quiz("college", SCHOOL)
    card = begin(school)
    before = {name: school.rows(name) for name in ("decks", "cards", "card_versions")}
    for method, path, body in (
        ("PATCH", "/v1/decks/kernels", {"title": "Mine"}),
        ("DELETE", "/v1/decks/kernels", None),
        ("POST", "/v1/decks/kernels/cards", CARD),
        ("PATCH", card, {"back": "b"}),
        ("DELETE", card, None),
        ("GET", f"{card}/versions", None),
        ("POST", "/v1/decks", {"copy_of": "kernels", "id": "mine"}),
    ):
        refused = send(college, method, path, body, "*")
        assert (refused.status_code, refused.get_json()["code"]) == (404, "not_found")
    assert {name: school.rows(name) for name in before} == before
    reader = make_quiz("school", ("cards:read", "quiz:take", "act:users"))
    assert send(reader, "PATCH", card, {"back": "b"}, "*").get_json()["code"] == "missing_scope"
    reader.headers = {}
    assert send(reader, "DELETE", card, tag="*").status_code == 401


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"version": 7}, "/version"),
        ({"id": "cnn-pyramid"}, "/id"),
        ({"deck_id": "cnn"}, "/deck_id"),
        ({"tenant_id": None}, "/tenant_id"),
        ({"key": "other"}, "/key"),
        ({"front": None}, "/front"),
        ({"back": " \n"}, "/back"),
        ({"back": "x" * 10_001}, "/back"),
        ({"back": "a\0b"}, "/back"),
        ({"back": "a\u202eb"}, "/back"),
        ({"topics": ["x"] * 101}, "/topics"),
        ({"topics": [7]}, "/topics"),
        ({"figure": {"kind": "nothing"}}, "/figure"),
        ({"tries": [{"title": "t", "request": {"method": "PUT", "path": "/v1/"}}]},
         "/tries/0/request/method"),
        ({"tries": [{"title": "t", "request": {"method": "GET", "path": "//evil"}}]},
         "/tries/0/request/path"),
        ({"claims": [{"text": "t", "request": {}, "result": {}}]}, "/claims/0/request/method"),
        ({"rubric": {"concepts": []}}, "/rubric/concepts"),
        ({"rubric": {"concepts": [{"name": "n", "any_of": ["(a+)+$"]}]}},
         "/rubric/concepts/0/any_of"),
    ],
)  # fmt: skip
def test_what_is_no_card_is_refused(lite: Quiz, change: dict[str, Any], pointer: str) -> None:
    card = begin(lite)
    refused = send(lite, "PATCH", card, change, '"v1"')
    assert refused.get_json()["code"] == "validation_failed"
    assert refused.get_json()["errors"][0]["pointer"] == pointer
    assert lite.get(card).get_json()["version"] == 1


def test_what_is_no_deck_is_refused(lite: Quiz) -> None:
    for body, pointer in (
        ({}, "/title"),
        ({"title": "T", "tenant_id": "x"}, "/tenant_id"),
        ({"title": "T", "id": "No Slug"}, "/id"),
        ({"title": "T", "shared": True}, "/shared"),
        ({"title": 7}, "/title"),
    ):
        refused = lite.post("/v1/decks", body).get_json()
        assert (refused["code"], refused["errors"][0]["pointer"]) == ("validation_failed", pointer)
    assert lite.post("/v1/decks", {"copy_of": "none"}).status_code == 404
    ids = {lite.post("/v1/decks", {"title": "Größe & Form"}).get_json()["id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(name.startswith("groe-form-") for name in ids)
