"""What holds for every SVG: well-formed, self-contained, described, nothing clipped or overlaid."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest

from service.figures import DARK, LIGHT, Drawing, svg
from service.figures.metrics import text_box
from service.figures.model import Group, Polygon, Raster, Rect, Segments, Text, leaves
from service.figures.palette import Role

SVG = "{http://www.w3.org/2000/svg}"


def parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - written by the code under test


def boxes(drawing: Drawing) -> list[tuple[float, float, float, float, str]]:
    found = []
    for leaf, dx, dy in leaves(drawing.elements):
        if isinstance(leaf, Text):
            left, top, right, bottom = text_box(leaf)
            found.append((left + dx, top + dy, right + dx, bottom + dy, leaf.text))
    return found


def test_is_xml_with_title_and_description_first(drawing: Drawing) -> None:
    root = parse(svg(drawing))
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text == drawing.title
    assert root[1].text == drawing.description
    assert len(drawing.title) > 10
    assert len(drawing.description) > len(drawing.title)


def test_view_box_is_the_size(drawing: Drawing) -> None:
    root = parse(svg(drawing))
    left, top, width, height = map(float, root.get("viewBox", "").split())
    assert (left, top) == (0, 0)
    assert width == pytest.approx(drawing.width, abs=0.01)
    assert height == pytest.approx(drawing.height, abs=0.01)
    assert (root.get("width"), root.get("height")) == tuple(root.get("viewBox", "").split()[2:])


def test_refers_to_nothing_and_runs_nothing(drawing: Drawing) -> None:
    text = svg(drawing)
    allowed = {"svg", "title", "desc", "g", "rect", "polygon", "path", "text"}
    for element in parse(text).iter():
        assert element.tag.removeprefix(SVG) in allowed
        for name in element.attrib:
            assert "href" not in name
            assert not name.startswith("on")
            assert name not in {"style", "class", "id"}
    assert "url(" not in text
    assert text.count("://") == 1  # the namespace


def test_same_drawing_same_bytes(drawing: Drawing) -> None:
    assert svg(drawing) == svg(drawing)


def test_every_text_is_inside_the_panel(drawing: Drawing) -> None:
    for left, top, right, bottom, text in boxes(drawing):
        assert left >= 4, text
        assert top >= 4, text
        assert right <= drawing.width - 4, text
        assert bottom <= drawing.height - 4, text


def test_no_text_lies_on_another(drawing: Drawing) -> None:
    for one, other in combinations(boxes(drawing), 2):
        across = min(one[2], other[2]) - max(one[0], other[0])
        # Cap height to baseline: digits have no descenders, and a box reserves room for them.
        down = min(one[3], other[3]) - max(one[1], other[1]) - 0.24 * (one[3] - one[1])
        assert across <= 0.5 or down <= 0.5, (one, other)


def test_everything_is_inside_the_picture(drawing: Drawing) -> None:
    for leaf, dx, dy in leaves(drawing.elements):
        match leaf:
            case Rect() | Raster():
                xs = [leaf.x, leaf.x + leaf.width]
                ys = [leaf.y, leaf.y + leaf.height]
            case Polygon():
                xs, ys = ([point[axis] for point in leaf.points] for axis in (0, 1))
            case Segments():
                xs = [x for line in leaf.lines for x in line[::2]]
                ys = [y for line in leaf.lines for y in line[1::2]]
            case Text():
                continue
        assert min(xs) + dx >= 0
        assert max(xs) + dx <= drawing.width
        assert min(ys) + dy >= 0
        assert max(ys) + dy <= drawing.height


def test_a_theme_changes_colours_and_nothing_else(drawing: Drawing) -> None:
    light, dark = svg(drawing, LIGHT), svg(drawing, DARK)
    assert light != dark
    colour = re.compile("#[0-9a-f]{6}")
    assert colour.sub("#", light) == colour.sub("#", dark)
    rasters = [leaf for leaf, *_ in leaves(drawing.elements) if isinstance(leaf, Raster)]
    own = {
        f"#{one.pixels[at : at + 3].hex()}"
        for one in rasters
        for at in range(0, len(one.pixels), 3)
    }
    assert set(colour.findall(dark)) - own <= set(DARK.values())


def test_the_first_thing_painted_is_the_panel(drawing: Drawing) -> None:
    panel = drawing.elements[0]
    assert isinstance(panel, Rect)
    assert panel.fill is Role.PANEL
    assert panel.width == drawing.width - 1
    assert panel.height == drawing.height - 1


HOSTILE = (
    "</text><script>alert(1)</script>",
    "]]>&lt;&#x3c;&copy;\"'",
    "nul \x00 bell \x07 escape \x1b",
    "lone \ud800 surrogate \udfff",
    "not a character \ufffe \uffff",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'> &x;",
    "bidi \u202e override, 日本語, 😀",
)


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(hostile: str) -> None:
    drawing = Drawing(
        100, 50, hostile, hostile, (Group((Text(1, 2, hostile),), dx=1, part=hostile),)
    )
    text = svg(drawing)
    text.encode("utf-8")
    root = parse(text)
    assert [element.tag.removeprefix(SVG) for element in root.iter()] == [
        "svg",
        "title",
        "desc",
        "g",
        "text",
    ]
    expected = "".join(
        sign
        if sign == "\t"
        or 0x20 <= ord(sign) < 0xD800
        or 0xE000 <= ord(sign) < 0xFFFE
        or ord(sign) > 0xFFFF
        else "\N{REPLACEMENT CHARACTER}"
        for sign in hostile
    )
    assert root[0].text == root[1].text == root[2][0].text == root[2].get("data-part") == expected


def test_numbers_are_short_and_plain() -> None:
    rect = Rect(-0.001, 1 / 3, 1e-9, 1e6, Role.CELL, dash=(2.50, 1.0), radius=1.5)
    drawing = Drawing(10, 10, "t", "d", (rect, Group((), dx=-0.004, dy=1.25)))
    text = svg(drawing)
    assert '<rect x="0" y="0.33" width="0" height="1000000" rx="1.5"' in text
    assert 'stroke-dasharray="2.5 1"' in text
    assert 'transform="translate(0 1.25)"' in text
    assert "<g " in text
