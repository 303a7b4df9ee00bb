"""Which media type an answer has: ``?format=`` first, then the Accept header."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from service.api.problems import Problem

__all__ = ["CSV", "FORMATS", "HTML", "JSON", "PNG", "SVG", "TEXT", "choose"]

JSON: Final = "application/json"
TEXT: Final = "text/plain"
HTML: Final = "text/html"
CSV: Final = "text/csv"
SVG: Final = "image/svg+xml"
PNG: Final = "image/png"

FORMATS: Final = {"json": JSON, "text": TEXT, "csv": CSV, "svg": SVG, "png": PNG}
"""What ``?format=`` may say, where an address offers it."""


def choose(accept: str | None, offered: tuple[str, ...]) -> str:
    """The media type of ``offered`` (best first) that an Accept header likes most.

    Raises ``not_acceptable`` if there is none. Empty where nothing is offered (204).
    """
    if not offered:
        return ""
    if not accept or accept == "*/*":
        return offered[0]
    media = _choose(accept, offered) if len(accept) <= 512 else None
    if media is None:
        raise Problem("not_acceptable", f"This address can give {', '.join(offered)}.")
    return media


@lru_cache(maxsize=256)
def _choose(accept: str, offered: tuple[str, ...]) -> str | None:
    liked = parse_accept_header(accept, MIMEAccept)
    best = max(offered, key=lambda media: liked[media])
    return best if liked[best] > 0 else None
