"""What illustrations answer."""

from __future__ import annotations

from service.api.fields import Anything, ListOf, ObjectOf, Text
from service.api.schemas.base import Result
from service.api.schemas.decks import TrySchema, links_field

__all__ = ["IllustrationSchema", "IllustrationsSchema"]


class IllustrationSummarySchema(Result):
    """An illustration in a list of them."""

    illustration = Text(64, required=True, description="Its name in addresses.")
    title = Text(200, required=True)
    links = links_field()


class IllustrationSchema(IllustrationSummarySchema):
    """A claim, the numbers that bear it out, and the requests that compute what is shown."""

    about = Text(2000, required=True, description="What there is to see, in words.")
    facts = Anything(required=True, description="The numbers, computed by the engines.")
    requests = ListOf(ObjectOf(TrySchema), 100, required=True)


class IllustrationsSchema(Result):
    """All illustrations."""

    items = ListOf(ObjectOf(IllustrationSummarySchema), 100, required=True)
    next_cursor = Text(1, allow_none=True, required=True, description="Null: these are all.")
