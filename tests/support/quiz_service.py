"""A running service to ask and answer questions with, and a look into its database."""

from typing import Any
from urllib.parse import quote

from flask import Flask
from sqlalchemy import MetaData, select
from werkzeug.test import TestResponse

from service.api.context import EXTENSION
from service.store import Database


class Quiz:
    """A running service: `client` checks answers against the contract, the rest is shorthand."""

    def __init__(self, app: Flask, key: str | None = None) -> None:
        self.app = app
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.client = app.test_client()

    @property
    def database(self) -> Database:
        database: Database = self.app.extensions[EXTENSION].database
        return database

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self.headers | headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {"json": body} if body is not None else {}
        return self.client.post(path, headers=self.headers | headers, **sent)

    def ask(self, user: str = "ann", **wish: Any) -> dict[str, Any]:
        """A new question, as its answer showed it."""
        response = self.post(f"/v1/users/{quote(user, safe='')}/questions", wish)
        assert response.status_code == 201, response.text
        question: dict[str, Any] = response.get_json()
        return question

    def answer(
        self, question: dict[str, Any], response: Any, key: str | None = None, **more: Any
    ) -> TestResponse:
        """Answer a question; with `key` under that Idempotency-Key."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.post(question["links"]["answers"], {"response": response, **more}, **headers)

    def another_client(self) -> "Quiz":
        """The same service for another thread."""
        twin = Quiz(self.app)
        twin.headers = self.headers
        return twin

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Everything in a table, past the service."""
        return self.dump()[table]

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Everything in the database, by table, past the service."""
        engine = self.database.engine
        metadata = MetaData()
        metadata.reflect(engine)
        with engine.connect() as connection:
            return {
                name: [dict(row) for row in connection.execute(select(table)).mappings()]
                for name, table in metadata.tables.items()
            }
