"""Progress over HTTP: in all its forms, beside what was sent."""

import csv
import io
from collections import Counter
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import prompts
from quiz_service import Quiz

ANN = "=ann"  # what a spreadsheet would compute
ADDRESS = f"/v1/users/{quote(ANN)}/progress"


def practise(quiz: Quiz) -> None:
    """Three questions, one of them wrong; two cards; a review of a card that was no question."""
    for off in (0, 0, -1):
        question = quiz.ask(ANN, template="conv-output-size", difficulty="easy")
        right = prompts.read(question["prompt"]).answer()
        assert isinstance(right, int)
        quiz.answer(question, right + off)
    quiz.answer(quiz.ask(ANN, card="cnn-strides"), "easy")
    quiz.answer(quiz.ask(ANN, card="cnn-feature-maps"), "again")
    token = quiz.get(f"/v1/users/{quote(ANN)}/reviews/next?deck=cnn").get_json()["review_token"]
    reviewed = quiz.post(
        f"/v1/users/{quote(ANN)}/reviews", {"review_token": token, "rating": "good"}
    )
    assert reviewed.status_code == 201


def table(quiz: Quiz, **headers: str) -> list[dict[str, str]]:
    response = quiz.get(ADDRESS, Accept="text/csv", **headers)
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.data == quiz.get(f"{ADDRESS}?format=csv").data
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


def test_progress_in_json_and_in_a_table(quiz: Quiz, written: dict[str, Any]) -> None:
    practise(quiz)
    body = quiz.get(ADDRESS).get_json()
    topics = Counter(
        topic
        for card in written["cards"]
        if card["key"] in ("strides", "feature-maps")
        for topic in card["topics"]
    )
    topics.update(dict.fromkeys(("output size", "padding", "stride"), 3))
    assert {topic["name"]: topic["asked"] for topic in body["topics"]} == topics
    assert (body["timezone"], body["day_start_hour"]) == ("UTC", 4)
    assert body["streak"] == {"current": 1, "longest": 1, "practised_today": True}
    assert body["days"] == [{"date": "2026-11-23", "answers": 5, "reviews": 1}]
    forecast = body["forecast"]
    assert (forecast["overdue"], len(forecast["days"])) == (0, 30)
    assert forecast["days"][0]["date"] == "2026-11-23"
    assert sum(day["due"] for day in forecast["days"]) == len(quiz.rows("memories"))
    nothing = {"reviews": 0, "recalled": 0, "true_retention": None, "predicted_retention": None}
    assert body["retention"] == dict.fromkeys(
        ("young", "mature", "all"), nothing | {"interval": None}
    )

    rows = table(quiz)
    by_name = {(row["about"], row["name"]): row for row in rows}
    assert len(by_name) == len(rows)
    size = by_name["template", "conv-output-size"]
    assert (size["asked"], size["answers"], size["correct"]) == ("3", "3", "2")
    assert by_name["card", "cnn-strides"]["easy"] == "1"
    assert by_name["day", "2026-11-23"]["reviews"] == "1"
    assert [row["due"] for row in rows if row["about"] == "forecast"] == [
        str(number) for number in (0, *(day["due"] for day in forecast["days"]))
    ]
    assert {row["name"] for row in rows if row["about"] == "topic"} == set(topics)
    text = quiz.get(f"{ADDRESS}?format=text").text
    assert "\nstreak: 1 day, the longest 1 day\ndue: 0 overdue, " in text


def test_days_are_those_of_the_learner(lite: Quiz) -> None:
    """It is noon in UTC: past midnight in Auckland, where the day that begins at four goes on."""
    practise(lite)
    person = f"/v1/users/{quote(ANN)}"
    for zone, hour, day in (
        ("Pacific/Auckland", 4, "2026-11-23"),
        ("Pacific/Auckland", 0, "2026-11-24"),
        ("Pacific/Pago_Pago", 4, "2026-11-22"),
    ):
        body = {"timezone": zone, "day_start_hour": hour}
        assert lite.client.patch(person, json=body).status_code == 200
        found = lite.get(ADDRESS).get_json()
        assert [one["date"] for one in found["days"]] == [day], zone
        assert found["forecast"]["days"][0]["date"] == day
        assert found["streak"]["current"] == 1


def test_plots_say_in_words_what_they_show(lite: Quiz) -> None:
    practise(lite)
    body = lite.get(ADDRESS).get_json()
    due = [day for day in body["forecast"]["days"] if day["due"]]
    plot = ADDRESS.replace("/progress", "/progress.svg")
    for query, title, words in (
        ("", "Due in the next 30 days", ", ".join(f"{day['date']}: {day['due']}" for day in due)),
        ("?plot=days", "What was done in the last 30 days", "2026-11-23: 6."),
        ("?plot=retention", "True against predicted retention", "young: 0 of 0. mature: 0 of 0."),
        ("?plot=mistakes&theme=dark", "Mistakes", "forgot_plus_one 1 times."),
    ):
        drawn = lite.get(plot + query)
        assert drawn.mimetype == "image/svg+xml"
        root = ElementTree.fromstring(drawn.text)  # noqa: S314 - written by the code under test
        assert root[0].text == title
        assert words in (root[1].text or "")
        assert ("#12181f" in drawn.text) == ("dark" in query)
    assert lite.get(ADDRESS, Accept="image/svg+xml").data == lite.get(plot).data
    assert lite.get(f"{plot}?plot=pie").get_json()["errors"][0]["pointer"] == "/plot"
