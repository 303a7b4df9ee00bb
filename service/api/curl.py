"""Requests as lines that can be pasted into a shell."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from flask import request

from service.api.json import dumps

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["base_address", "curl"]


def base_address() -> str:
    """Where the caller reached this service: ``http://127.0.0.1:8000``."""
    return request.host_url.rstrip("/")


def curl(base: str, wanted: Mapping[str, Any]) -> str:
    """The curl line of a request ``{method, path, body?}`` to the service at ``base``."""
    line = f"curl {shlex.quote(base + wanted['path'])}"
    if "body" not in wanted:
        return line
    body = shlex.quote(dumps(wanted["body"]))
    return f"{line} -H 'Content-Type: application/json' -d {body}"
