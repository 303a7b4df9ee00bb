"""How a command or a server says that it can't go on: one line, and an exit status."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["BAD_USAGE", "NO", "UNAVAILABLE", "UNCONFIGURED", "Failure"]

NO: Final = 1
"""The answer is no: a layer refused, a deck with faults, a contract that differs."""

BAD_USAGE: Final = 2
"""The command can't be read."""

UNAVAILABLE: Final = os.EX_UNAVAILABLE
"""69: something outside can't be had now, such as the port or the database."""

UNCONFIGURED: Final = os.EX_CONFIG
"""78: it can't start until someone changes a setting, the database or a key."""


class Failure(Exception):  # noqa: N818 - the end of a command, often no fault of the program
    """A command ends here: its text goes to stderr, ``status`` to whoever started it."""

    def __init__(self, line: str, status: int = NO) -> None:
        super().__init__(line)
        self.status = status
