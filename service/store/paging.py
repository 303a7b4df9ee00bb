"""Pages of a list: fetched one row past the limit, continued after the last row shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Cursor = TypeVar("Cursor")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item, Cursor]):
    """Some items, and where to go on (`next`, None at the end)."""

    items: tuple[Item, ...]
    next: Cursor | None


def page(rows: Sequence[Item], limit: int, cursor: Callable[[Item], Cursor]) -> Page[Item, Cursor]:
    """A page of `rows`, which were fetched with LIMIT `limit` + 1."""
    items = tuple(rows[:limit])
    return Page(items, cursor(items[-1]) if len(rows) > limit else None)
