"""What the list of filters answers."""

from __future__ import annotations

from service.api.fields import Anything, ListOf, Number, ObjectOf, Text
from service.api.schemas.base import Result

__all__ = ["FiltersSchema"]


class FilterParameterSchema(Result):
    """A number that a filter takes."""

    name = Text(32, required=True)
    default = Number(required=True)
    minimum = Number(required=True)
    maximum = Number(required=True)
    about = Text(200, required=True)


class FilterSchema(Result):
    """A kernel with a name, for a cross-correlation: laid over the picture as it stands."""

    filter = Text(64, required=True, description="Its name: weight = {filter: name, ...}.")
    about = Text(300, required=True, description="What it does.")
    source = Text(300, required=True, description="Who gave it, or where it is written down.")
    parameters = ListOf(ObjectOf(FilterParameterSchema), 16, required=True)
    kernel = Anything(required=True, description="Rows of numbers, with the defaults.")
    sum = Number(required=True, description="Of the weights: 1 keeps brightness, 0 finds edges.")


class FiltersSchema(Result):
    """Filters by name."""

    items = ListOf(ObjectOf(FilterSchema), 100, required=True)
    next_cursor = Text(1, allow_none=True, required=True, description="Null: these are all.")
