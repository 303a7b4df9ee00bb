"""A typed answer to a card: told what is in it, never what it is worth."""

from quiz_service import Quiz

TYPED = "Stride is how far the filter moves; stride 2 reduces the parameters"


def test_what_is_typed_is_looked_at_and_then_rated(quiz: Quiz) -> None:
    asked = quiz.ask("ann", card="cnn-strides")
    assert asked["attempts_left"] == 2
    typed = quiz.answer(asked, TYPED, key="k").get_json()
    assert typed["rubric"]["provisional"] is True
    assert [one["name"] for one in typed["rubric"]["found"]] == ["how far the filter moves"]
    assert typed["rubric"]["missing"] == ["a larger stride makes a smaller output"]
    assert [one["words"] for one in typed["rubric"]["forbidden"]] == ["reduces the parameters"]
    assert (typed["correct"], typed["score"], typed["rating"]) == (None, None, None)
    assert typed["expected"].startswith("The stride is how many pixels")
    assert typed["attempts_left"] == 1
    assert quiz.rows("reviews") == []
    assert quiz.answer(asked, TYPED, key="k").get_json() == typed
    again = quiz.answer(asked, TYPED)
    assert (again.status_code, again.get_json()["code"]) == (422, "unreadable_response")
    rated = quiz.answer(asked, "hard").get_json()
    assert (rated["rating"], rated["attempts_left"]) == ("hard", 0)
    assert "rubric" not in rated
    assert [row["rating"] for row in quiz.rows("reviews")] == ["hard"]
    assert quiz.get("/v1/users/ann/progress").get_json()["correct"] == 0
    quiz.client.delete("/v1/users/ann")
    assert [row["outcome"] for row in quiz.rows("erased_answers")] == ["hard"]


def test_a_rating_at_once_closes_the_question(lite: Quiz) -> None:
    asked = lite.ask("ann", card="cnn-strides")
    assert lite.answer(asked, "good").get_json()["attempts_left"] == 0
    assert lite.answer(asked, TYPED).get_json()["code"] == "question_closed"
    assert [row["rating"] for row in lite.rows("reviews")] == ["good"]
    text = lite.post(
        lite.ask("ann", card="cnn-strides")["links"]["answers"],
        {"response": TYPED},
        Accept="text/plain",
    ).text
    assert text.startswith(
        "Provisional, and no grade:\n  found: how far the filter moves (moves)\n"
    )


def test_cards_without_a_rubric_take_a_rating_only(lite: Quiz) -> None:
    asked = lite.ask("ann", card="cnn-pyramid")
    refused = lite.answer(asked, "wide and shallow, then small and deep").get_json()
    assert (refused["code"], refused["attempts_left"]) == ("unreadable_response", 1)
    assert lite.answer(lite.ask("ann", card="cnn-strides"), "perfect").status_code == 422


def test_an_exam_tells_nothing_of_it(lite: Quiz) -> None:
    body = {"mode": "review", "length": 17, "deck": "cnn"}
    assert lite.post("/v1/users/ben/quizzes", body).status_code == 201
    asked = lite.ask("ann", card="cnn-strides")
    with lite.database.write() as session:
        from sqlalchemy import text

        quiz_id = session.execute(text("SELECT id FROM quizzes")).scalar_one()
        session.execute(text("UPDATE quizzes SET mode = 'exam'"))
        session.execute(
            text("UPDATE questions SET quiz_id = :quiz, position = 99 WHERE quiz_id IS NULL"),
            {"quiz": quiz_id},
        )
    sealed = lite.answer(asked, TYPED).get_json()
    assert not {"rubric", "expected", "explanation"} & sealed.keys()
