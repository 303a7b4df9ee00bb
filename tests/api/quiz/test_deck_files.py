"""Decks out and in again: the same changes nothing, and what comes back is what it was."""

from typing import Any

import pytest

from own_deck import CARD, SCHOOL, begin, send
from quiz_service import Quiz

MEDIA = {"json": "application/json", "csv": "text/csv", "toml": "application/toml"}
LISTS = ("created", "changed", "moved", "restored", "removed")


def export(quiz: Quiz, kind: str, deck: str = "kernels") -> bytes:
    response = quiz.get(f"/v1/decks/{deck}/export?format={kind}")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{deck}.{kind}"'
    assert (response.mimetype, response.status_code) == (MEDIA[kind], 200)
    return response.data


def take(quiz: Quiz, data: bytes, kind: str, query: str = "", media: str | None = None) -> Any:
    return quiz.client.post(
        f"/v1/imports?format={kind}{query}",
        data=data,
        headers=quiz.headers,
        content_type=media or MEDIA[kind],
    )


def done(response: Any) -> dict[str, Any]:
    """What an import did, without what it didn't."""
    assert response.status_code == 200, response.text
    body = response.get_json()
    return {name: body[name] for name in LISTS if body[name]} | {"unchanged": body["unchanged"]}


@pytest.mark.parametrize("kind", MEDIA)
def test_what_goes_out_comes_in_as_the_same(quiz: Quiz, kind: str) -> None:
    begin(quiz, topics=["a", "b; c"], rubric={"concepts": [{"name": "n", "any_of": ["step"]}]})
    quiz.post("/v1/decks/kernels/cards", {"front": "=1+1", "back": '- 2\n"\'=3"'})
    tables = ("decks", "cards", "card_versions")
    before = {name: quiz.rows(name) for name in tables}
    data = export(quiz, kind)
    for media in {MEDIA[kind], *([] if kind == "json" else ["text/plain"])}:
        assert done(take(quiz, data, kind, "&deck=kernels", media)) == {"unchanged": 2}
    after = {name: quiz.rows(name) for name in tables}
    for name in ("cards", "card_versions"):
        assert after[name] == before[name]
    assert [row["version"] for row in after["decks"]] == [row["version"] for row in before["decks"]]
    copied = take(quiz, data, kind, "&deck=other").get_json()
    assert (copied["deck_created"], len(copied["created"])) == (True, 2)
    assert done(take(quiz, data, kind, "&deck=other")) == {"unchanged": 2}


def test_a_dry_run_says_all_and_does_nothing(quiz: Quiz) -> None:
    begin(quiz)
    for key in ("same", "gone"):
        quiz.post("/v1/decks/kernels/cards", CARD | {"key": key})
    table = (
        b"key,front,back\r\nsame,What is an edge?,A sharp change.\r\nedge,Edge?,b\r\nnew,N?,n\r\n"
    )
    expected = {
        "created": ["kernels.new"],
        "changed": ["kernels.edge"],
        "moved": ["kernels.same", "kernels.edge"],
        "removed": ["kernels.gone"],
        "unchanged": 1,
    }
    before = quiz.dump()
    dry = take(quiz, table, "csv", "&deck=kernels&dry_run=true")
    assert done(dry) == expected
    assert dry.get_json()["dry_run"]
    assert quiz.dump() == before
    kept = done(take(quiz, table, "csv", "&deck=kernels&dry_run=true&keep_missing=true"))
    assert "removed" not in kept
    assert done(take(quiz, table, "csv", "&deck=kernels")) == expected
    assert done(take(quiz, table, "csv", "&deck=kernels")) == {"unchanged": 3}


def test_a_deck_that_comes_back_has_its_ids_and_history(quiz: Quiz) -> None:
    card = begin(quiz)
    asked = quiz.ask("ann", card="kernels.edge")
    assert quiz.answer(asked, "good").status_code == 201
    data = export(quiz, "toml")
    send(quiz, "PATCH", card, {"back": "Another."}, '"v1"')
    assert send(quiz, "DELETE", "/v1/decks/kernels", tag="*").status_code == 204
    back = take(quiz, data, "toml")
    assert done(back)["restored"] == done(back)["changed"] == ["kernels.edge"]
    assert back.get_json()["deck_created"]
    versions = quiz.get(f"{card}/versions").get_json()["items"]
    assert [one["version"] for one in versions] == [3, 2, 1]
    assert quiz.get(f"{card}/answer").get_json()["back"] == CARD["back"]
    progress = quiz.get("/v1/users/ann/progress").get_json()
    assert [tally["name"] for tally in progress["cards"]] == ["kernels.edge"]
    assert quiz.get("/v1/users/ann/reviews/next?deck=kernels").status_code == 204


def test_one_fault_and_nothing_is_done(quiz: Quiz) -> None:
    begin(quiz)
    before = quiz.dump()
    table = b'key,front,back\r\nok,Fine?,f\r\nNo Slug,"a\r\nb",c\r\nz,,d\r\n'
    refused = take(quiz, table, "csv", "&deck=kernels")
    found = [(one["pointer"], one["detail"]) for one in refused.get_json()["errors"]]
    assert [pointer for pointer, _ in found] == ["/cards/1/key", "/cards/2/front"]
    assert found[0][1].startswith("line 3, card 2")
    assert found[1][1].startswith("line 5, card 3 (z): front is missing")
    for data, kind, query, media in (
        (b"x", "csv", "", None),  # into which deck?
        (b"x", "json", "&deck=kernels", "text/csv"),
        (b"{}", "csv", "&deck=kernels", "application/json"),
        (b"[deck", "toml", "", None),
    ):
        assert take(quiz, data, kind, query, media).get_json()["code"] == "validation_failed"
    assert quiz.dump() == before


def test_nobody_elses_deck_is_read_or_written(make_quiz: Any) -> None:
    school, college = make_quiz("school", SCHOOL), make_quiz("college", SCHOOL)
    begin(school)
    data = export(school, "csv")
    assert college.get("/v1/decks/kernels/export").status_code == 404
    before = school.rows("cards")
    assert take(college, data, "csv", "&deck=kernels").get_json()["code"] == "conflict"
    assert school.rows("cards") == before
    shared = take(college, export(college, "json", "cnn"), "json")
    assert (shared.status_code, shared.get_json()["code"]) == (403, "shared_deck")


@pytest.mark.parametrize(("kind", "data"), [("toml", b"deck ="), ("json", b'{"deck": {}}')])
def test_no_writer_waits_while_a_file_is_read(quiz: Quiz, kind: str, data: bytes) -> None:
    with quiz.database.write():  # what is refused without waiting for this needed no such turn
        assert take(quiz, data, kind).status_code == 422
