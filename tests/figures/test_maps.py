"""RGB in, K maps out: counts and sizes in the picture, against the numbers of the layer."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from service.figures import Drawing, FigureError, figure, svg
from service.figures.model import Group, Rect, Text, leaves

Texts = Callable[[str, str], list[str]]
SVG = "{http://www.w3.org/2000/svg}"


def words(drawing: Drawing) -> list[str]:
    return [leaf.text for leaf, *_ in leaves(drawing.elements) if isinstance(leaf, Text)]


def planes(drawing: Drawing, part: str) -> list[Rect]:
    """The large rectangles of a part: its planes, without the patch or cell marked in them."""
    (group,) = (e for e in drawing.elements if isinstance(e, Group) and e.part == part)
    found = [element for element in group.elements if isinstance(element, Rect)]
    return found[::2]


@pytest.mark.parametrize(
    ("parameters", "output", "weights"),
    [
        ({}, (28, 28, 8), 75),
        ({"kernel_size": 8, "filters": 20, "stride": 2, "padding": 1}, (14, 14, 20), 192),
        ({"kernel_size": 3, "filters": 4, "padding": "same", "stride": 2}, (16, 16, 4), 27),
        ({"kernel_size": [1, 32], "filters": 1}, (32, 1, 1), 96),
    ],
)
def test_sizes_and_counts(
    parameters: dict[str, object], output: tuple[int, int, int], weights: int, texts: Texts
) -> None:
    drawing = figure("rgb-to-k-maps", parameters)
    height, width, depth = output
    said = words(drawing)
    assert "input 32 × 32 × 3" in said
    assert f"output {height} × {width} × {depth}" in said
    assert f"K = {depth} filters" in said or depth == 1
    assert any(f"= {weights} weights + 1 bias" in line for line in said)
    formulas = texts(svg(drawing), "formulas")
    assert [line.split(" = ")[-1] for line in formulas] == [str(size) for size in output]
    assert f"{height} × {width} = {height * width} positions" in drawing.description


def test_k_is_the_number_of_filters_not_of_positions() -> None:
    description = figure("rgb-to-k-maps", {"filters": 8}).description
    assert "K is the number of filters, 8." in description
    assert "784 positions" in description
    assert "connected to 8 neurons" in description


@pytest.mark.parametrize(("filters", "shown"), [(1, 1), (5, 5), (12, 12), (13, 12), (500, 12)])
def test_a_map_for_every_filter_as_long_as_there_is_room(filters: int, shown: int) -> None:
    drawing = figure("rgb-to-k-maps", {"filters": filters})
    assert len(planes(drawing, "maps")) == shown
    assert any(f"({shown} drawn)" in line for line in words(drawing)) == (shown < filters)


@pytest.mark.parametrize(
    ("filters", "named"), [(1, "1"), (4, "1234"), (5, "12345"), (6, "123⋮6"), (2**31 - 1, "123⋮")]
)
def test_the_first_filters_and_the_last_are_named(filters: int, named: str, texts: Texts) -> None:
    names = "".join(texts(svg(figure("rgb-to-k-maps", {"filters": filters})), "filters"))
    assert names.startswith(named)
    assert names.endswith(str(filters))


def test_input_and_maps_are_drawn_to_one_scale() -> None:
    drawing = figure("rgb-to-k-maps", {"input_shape": [40, 20, 3], "kernel_size": 11})
    source, maps = planes(drawing, "input"), planes(drawing, "maps")
    assert len(source) == 3
    assert source[0].height / source[0].width == pytest.approx(2)
    assert maps[0].height / source[0].height == pytest.approx(30 / 40)
    assert maps[0].width / source[0].width == pytest.approx(10 / 20)


def test_planes_are_red_green_and_blue(texts: Texts) -> None:
    assert texts(svg(figure("rgb-to-k-maps")), "input") == ["B", "G", "R"]


def test_the_marked_cell_is_in_every_map() -> None:
    root = ElementTree.fromstring(svg(figure("rgb-to-k-maps")))  # noqa: S314 - our own
    (maps,) = (group for group in root.iter(f"{SVG}g") if group.get("data-part") == "maps")
    fills = [rect.get("fill") for rect in maps.iter(f"{SVG}rect")]
    (mark,) = {fill for fill in fills if fills.count(fill) == 8}
    assert mark is not None
    assert re.fullmatch("#[0-9a-f]{6}", mark)


@pytest.mark.parametrize(
    ("parameters", "code", "pointer"),
    [
        ({"input_shape": [32, 32, 1]}, "input_channels_mismatch", "/input_shape"),
        ({"input_shape": [32, 32]}, "input_channels_mismatch", "/input_shape"),
        ({"input_shape": "32x32x3"}, "wrong_type", "/input_shape"),
        ({"input_shape": [32, 32.0, 3]}, "wrong_type", "/input_shape/1"),
        ({"input_shape": []}, "wrong_type", "/input_shape"),
        ({"groups": 3, "filters": 3}, "unknown_parameter", "/groups"),
        ({"kernel_size": 33}, "kernel_larger_than_padded_input", None),
        ({"filters": 0}, None, "/filters"),
        ({"colour": 1}, "unknown_parameter", "/colour"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    parameters: dict[str, object], code: str | None, pointer: str | None
) -> None:
    with pytest.raises(FigureError) as caught:
        figure("rgb-to-k-maps", parameters)
    assert code in (None, caught.value.code)
    assert pointer in (None, caught.value.pointer)
