"""Comma-separated values that are safe to open: the one place where tables become CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["csv_text"]

_FORMULA: Final = frozenset("=+-@\t\r\n|%")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a line of headings and a line for each row (RFC 4180); None is an empty cell.

    No text begins with a sign that spreadsheets take for a formula: an apostrophe comes before it.
    Numbers stay numbers, negative ones too.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
    return out.getvalue()


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in _FORMULA else cell
