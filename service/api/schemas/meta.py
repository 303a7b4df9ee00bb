"""What the service says about itself."""

from __future__ import annotations

from service.api.fields import Choice, MapOf, Text
from service.api.schemas.base import Result

__all__ = ["AliveSchema", "HomeSchema", "ReadySchema"]


class HomeSchema(Result):
    """Where to start."""

    service = Text(64, required=True)
    about = Text(500, required=True)
    version = Text(32, required=True, description="Of the contract.")
    links = MapOf(Text(200), required=True)
    try_it = Text(500, required=True, description="A first command.")


class AliveSchema(Result):
    """The process answers."""

    status = Choice(("alive",), required=True)


class ReadySchema(Result):
    """The service can do its work."""

    status = Choice(("ready",), required=True)
    database = Choice(("sqlite", "postgresql"), required=True)
