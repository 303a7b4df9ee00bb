"""How far long work has come: whoever does it tells, after each step, whoever wants to know.

Who is told may end the work by raising an exception of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Tell", "tell_nobody"]

Tell: TypeAlias = Callable[[int, int], None]
"""Called with how many things are done, and how many there are in all."""


def tell_nobody(done: int, total: int) -> None:
    """Do nothing: the default of whatever takes a :data:`Tell`."""
