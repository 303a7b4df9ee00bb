"""Plots are to scale, and say in words what they show."""

import re

import pytest

from service.figures import Column, Drawing, Row, draw_columns, draw_rows, svg
from service.figures.model import Group, Polygon, Rect, Segments, Text, leaves


def part(drawing: Drawing, name: str) -> list[Group]:
    return [one for one in drawing.elements if isinstance(one, Group) and one.part == name]


@pytest.mark.parametrize("most", [0, 1, 3, 7, 19, 100, 101, 5000])
def test_columns_are_to_scale(most: int) -> None:
    counts = [(most, 0), (0, most), (most // 2, most - most // 2), (0, 0)]
    columns = [Column(str(index), values) for index, values in enumerate(counts)]
    drawing = draw_columns("Title", "In words", columns, ("one", "two"), "Caption")
    (scale,), (bars,) = part(drawing, "scale"), part(drawing, "columns")
    marks = {int(one.text): one.y for one, *_ in leaves(scale.elements) if isinstance(one, Text)}
    assert 2 <= len(marks) <= 6
    assert max(marks) >= most
    unit = (marks[0] - marks[max(marks)]) / max(marks)
    drawn = [one for one, *_ in leaves(bars.elements) if isinstance(one, Rect)]
    heights = [value for values in counts for value in values if value]
    assert [one.height / unit for one in drawn] == pytest.approx(heights)
    assert "<desc>In words</desc>" in svg(drawing)


def test_labels_of_columns_never_touch() -> None:
    columns = [Column(f"{day} November", (1,)) for day in range(30)]
    (labels,) = part(draw_columns("T", "D", columns, ("x",), "C"), "labels")
    texts = re.findall(r"(\d+) November", svg(draw_columns("T", "D", columns, ("x",), "C")))
    assert len(texts) == len(labels.elements) < 30  # test_svg holds them apart


def test_rows_of_shares_are_to_scale() -> None:
    rows = [Row("a", 0.25, "", (0.1, 0.5), 0.75), Row("b", None, "none")]
    first, second = part(draw_rows("T", "D", rows, "C", shares=True), "row")
    (bar,) = [one for one in first.elements if isinstance(one, Rect)]
    (line,) = [one for one in first.elements if isinstance(one, Segments)]
    (diamond,) = [one for one in first.elements if isinstance(one, Polygon)]
    whole = bar.width / 0.25
    low, _, high, _ = line.lines[0]
    assert [(x - bar.x) / whole for x in (low, high)] == pytest.approx([0.1, 0.5])
    assert (diamond.points[0][0] - bar.x) / whole == pytest.approx(0.75)
    assert all(isinstance(one, Text) for one in second.elements)
