"""Structured logs: one line an event, JSON unless a person is watching.

Lines carry what is needed to find a fault and nothing about a person: no bodies, no queries, no
user ids, no keys; an address appears as its template (``/v1/users/<user>/answers``).
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

__all__ = ["LogFormat", "access", "configure", "formatter"]

LogFormat = Literal["auto", "json", "text"]

_ROOT: Final = "convcards"
_ACCESS: Final = logging.getLogger("convcards.access")
_write: Final = json.JSONEncoder(default=str, check_circular=False).encode
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def access(**fields: object) -> None:
    """Write the one line of a request; made by hand, because logging would look for its caller."""
    if _ACCESS.isEnabledFor(logging.INFO):
        record = logging.LogRecord(_ACCESS.name, logging.INFO, "", 0, "request", None, None)
        record.fields = fields
        _ACCESS.handle(record)


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] | None = getattr(record, "fields", None)
    if fields is not None:
        return fields
    return {name: value for name, value in vars(record).items() if name not in _OWN}


class JSONLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, then the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Write ``record`` as one line; a traceback becomes one string in it."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return _write(line)


class HumanLines(logging.Formatter):
    """The same for eyes: time, level, message, and the fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        """Write ``record`` as one line, with a traceback below it."""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        extras = " ".join(f"{name}={value}" for name, value in _extras(record).items())
        line = f"{time} {record.levelname.lower():7} {record.getMessage()} {extras}".rstrip()
        if record.exc_info:
            line += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return line


def formatter(form: LogFormat, stream: TextIO) -> logging.Formatter:
    """How lines for ``stream`` are written: ``auto`` is for eyes on a terminal, else JSON."""
    human = form == "text" or (form == "auto" and stream.isatty())
    return HumanLines() if human else JSONLines()


def configure(form: LogFormat = "auto", stream: TextIO | None = None) -> None:
    """Send the service's logs to ``stream`` (default stderr), replacing what was set before."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(form, stream))
    logger = logging.getLogger(_ROOT)
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
