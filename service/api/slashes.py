"""Slashes inside a name: ``/v1/users/staff%2Fann/answers`` is about the person ``staff/ann``.

WSGI servers decode the path before anybody has split it, so that an encoded slash looks like one
between names. :class:`EncodedSlashes` decodes it again from the address as it was sent, with
:data:`SLASH` in place of slashes inside a name; a field that takes such names turns it back. Where
the sender wrote that character itself, it becomes one that is no character (U+FFFD), so that no two
addresses ever name the same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import unquote_to_bytes

__all__ = ["SLASH", "EncodedSlashes"]

SLASH: Final = "\ue000"
"""What stands for a slash inside a name between routing and reading: a private character."""

_MARK: Final = SLASH.encode()
_MARK_IN_WSGI: Final = _MARK.decode("latin-1")
_NO_CHARACTER: Final = b"\xff"

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]


class EncodedSlashes:
    """A WSGI application in front of another, which gets paths whose names are kept whole."""

    def __init__(self, inner: WSGI) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Decode the path anew if it has such a slash, then answer."""
        raw: str = environ.get("RAW_URI", "")
        if "%2F" in raw or "%2f" in raw or _MARK_IN_WSGI in environ.get("PATH_INFO", ""):
            path = raw.partition("?")[0]
            if path.startswith("/") and not environ.get("SCRIPT_NAME"):
                environ["PATH_INFO"] = _decoded(path)
        return self._inner(environ, start_response)


def _decoded(path: str) -> str:
    names = (unquote_to_bytes(name.encode("latin-1")) for name in path.split("/"))
    whole = (name.replace(_MARK, _NO_CHARACTER).replace(b"/", _MARK) for name in names)
    return b"/".join(whole).decode("latin-1")
