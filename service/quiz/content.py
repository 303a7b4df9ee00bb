"""Contents of cards and questions: JSON types, known again by their hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["JsonObject", "content_hash"]

JsonObject = Mapping[str, Any]
"""An object of JSON types."""


def content_hash(content: JsonObject) -> str:
    """SHA-256 (hex) of ``content`` written as JSON with sorted keys."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
