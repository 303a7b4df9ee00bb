"""Cursors that callers make up: the checksum is no secret, and what they name is not trusted."""

import base64
import hashlib

import pytest

from quiz_service import Quiz

PLACES = [
    "[]",
    "5",
    "null",
    "{}",
    '["x"]',
    '["\\u0000"]',
    "[true]",
    "[1.5]",
    f"[{10**30}]",
    "[[]]",
    "[1,2]",
]


def forged(listing: str, place: str) -> str:
    check = hashlib.sha256(f"{listing}\0{place}".encode()).digest()[:8]
    return base64.urlsafe_b64encode(check + place.encode()).decode().rstrip("=")


@pytest.mark.parametrize("place", PLACES)
def test_they_are_followed_or_refused(quiz: Quiz, place: str) -> None:
    for path, listing in (
        ("/v1/decks", "decks"),
        ("/v1/decks/cnn/cards", "decks/cnn"),
        ("/v1/cards/cnn-valid-padding/versions", "versions/cnn-valid-padding"),
        ("/v1/jobs", "jobs/local/None"),
        ("/v1/keys", "keys/local"),
        ("/v1/audit", "audit/local"),
    ):
        query = {"cursor": forged(listing, place)}
        answer = quiz.client.get(path, query_string=query)
        assert answer.status_code in (200, 422), (path, answer.text)
