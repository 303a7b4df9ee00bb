"""Comma-separated values that are safe to open: where tables become CSV, and are read from it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

__all__ = ["csv_lines", "csv_text"]

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n|%]")
_DELIMITERS: Final = ",;\t"


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a line of headings and a line for each row (RFC 4180); None is an empty cell.

    No text begins with a sign that spreadsheets take for a formula: an apostrophe comes before it,
    and before an apostrophe that stands before such a sign already. Numbers stay numbers, negative
    ones too.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
    return out.getvalue()


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def csv_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of a table with the numbers, from 1, of the lines of text where they begin.

    What stands between cells is a comma, or what the first line has more of: semicolons, tabs.
    Apostrophes that :func:`csv_text` put before a cell are taken away. ValueError if it is no CSV.
    """
    first = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count), strict=True
    )
    line = 1
    try:
        for cells in reader:
            yield line, [_meant(cell) for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {line}: {error}") from None


def _meant(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
