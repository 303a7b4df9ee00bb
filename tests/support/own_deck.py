"""A deck of one's own, and how it is changed over HTTP."""

from typing import Any

from quiz_service import Quiz

CARD = {"key": "edge", "front": "What is an edge?", "back": "A sharp change."}
SCHOOL = ("cards:read", "cards:write", "quiz:take", "act:users")


def send(quiz: Quiz, method: str, path: str, body: Any = None, tag: str | None = None) -> Any:
    """Send a request, with `tag` in If-Match."""
    headers = quiz.headers | ({} if tag is None else {"If-Match": tag})
    sent = {} if body is None else {"json": body}
    return quiz.client.open(path, method=method, headers=headers, **sent)


def begin(quiz: Quiz, **more: Any) -> str:
    """A deck with one card; gives the card's address."""
    assert quiz.post("/v1/decks", {"id": "kernels", "title": "Kernels"}).status_code == 201
    made = quiz.post("/v1/decks/kernels/cards", CARD | more)
    assert made.status_code == 201, made.text
    location: str = made.headers["Location"]
    return location
