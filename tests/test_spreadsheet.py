"""Tables for spreadsheets, read back by Python's own reader."""

import csv
import io

from service.spreadsheet import csv_text

COMMANDS = ("=1+1", "+a", "-a", "@SUM(A1)", "%x", "|calc", "\t=1", "\r=1", "\n=1")


def test_what_is_written_is_read_back() -> None:
    rows = [("a,b", 'say "no"', 1), ("×\r\n", "", -0.25), (None, "x", True)]
    text = csv_text(("one", "two", "three"), rows)
    assert text.startswith("one,two,three\r\n")
    assert list(csv.reader(io.StringIO(text, newline="")))[1:] == [
        ["a,b", 'say "no"', "1"],
        ["×\r\n", "", "-0.25"],
        ["", "x", "True"],
    ]


def test_no_text_is_a_formula_and_numbers_stay_numbers() -> None:
    text = csv_text(("x",), [COMMANDS, range(-len(COMMANDS), 0)])
    _, *rows = csv.reader(io.StringIO(text, newline=""))
    assert rows[0] == [f"'{command}" for command in COMMANDS]
    assert [int(cell) for cell in rows[1]] == [*range(-len(COMMANDS), 0)]
