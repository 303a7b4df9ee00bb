"""The pyramid: sizes under the boxes, and boxes in proportion to them."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import pytest

from service.figures import Drawing, FigureError, figure, svg
from service.figures.model import Group, Polygon, Rect

Texts = Callable[[str, str], list[str]]
LENET = [
    {"kernel_size": 5, "filters": 6, "padding": 2},
    {"op": "max_pool2d", "kernel_size": 2},
    {"kernel_size": 5, "filters": 16},
    {"op": "avg_pool2d", "kernel_size": 2},
    {"kernel_size": 5, "filters": 120},
]


def blocks(drawing: Drawing) -> list[Group]:
    return [e for e in drawing.elements if isinstance(e, Group) and e.part == "block"]


def extent(block: Group) -> tuple[float, float, float]:
    """Height, depth and slant of a box, in pixels, from its faces."""
    fronts = [face for face in block.elements if isinstance(face, Polygon)][::3]
    sides = [face for face in block.elements if isinstance(face, Polygon)][2::3]
    left = min(x for face in fronts for x, _ in face.points)
    right = max(x for face in fronts for x, _ in face.points)
    top, bottom = (pick(y for _, y in fronts[0].points) for pick in (min, max))
    slant = max(x for x, _ in sides[-1].points) - min(x for x, _ in sides[-1].points)
    return bottom - top, right - left, slant


def test_the_sizes_are_those_of_the_layers(texts: Texts) -> None:
    labels = texts(svg(figure("pyramid")), "labels")
    assert labels == [
        "256 × 256 × 3",
        "input",
        "128 × 128 × 16",
        "conv 3 × 3",
        "stride 2, same",
        "64 × 64 × 64",
        "conv 3 × 3",
        "stride 2, same",
        "32 × 32 × 256",
        "conv 3 × 3",
        "stride 2, same",
        "classifier",
        "10 classes",
    ]


def test_lenet(texts: Texts) -> None:
    drawing = figure("pyramid", {"input_shape": [28, 28, 1], "layers": LENET, "classes": 1})
    labels = texts(svg(drawing), "labels")
    assert [label for label in labels if label.count("×") == 2] == [
        "28 × 28 × 1",
        "28 × 28 × 6",
        "14 × 14 × 6",
        "10 × 10 × 16",
        "5 × 5 × 16",
        "1 × 1 × 120",
    ]
    assert {"stride 1, padding 2", "max pool 2 × 2", "average pool 2 × 2", "1 class"} <= set(labels)
    assert "depth: 1 → 6 → 6 → 16 → 16 → 120." in drawing.description


def test_edges_are_proportional_to_the_square_roots_of_the_sizes() -> None:
    shapes = [(256, 256, 3), (128, 128, 16), (64, 64, 64), (32, 32, 256)]
    drawn = [extent(block) for block in blocks(figure("pyramid"))[:4]]
    unit = drawn[0][0] / sqrt(256)
    for (height, width, depth), (down, across, slant) in zip(shapes, drawn, strict=True):
        assert down == pytest.approx(unit * sqrt(height))
        assert across == pytest.approx(unit * sqrt(depth))
        assert slant / drawn[0][2] == pytest.approx(sqrt(width / 256))
    assert "square-root scale" in figure("pyramid").description


def test_an_rgb_input_is_red_green_and_blue() -> None:
    rgb, grey = (
        blocks(figure("pyramid", {"input_shape": [8, 8, depth], "layers": [{"kernel_size": 3}]}))[0]
        for depth in (3, 1)
    )
    assert len(rgb.elements) == 9
    assert len(grey.elements) == 3


def test_what_grows_and_shrinks_is_said_only_where_it_does() -> None:
    assert "Space shrinks while depth grows" in figure("pyramid").description
    same = {"input_shape": [8, 8, 3], "layers": [{"kernel_size": 1, "filters": 3}]}
    assert "shrinks" not in figure("pyramid", same).description


@pytest.mark.parametrize(("classes", "dots"), [(1, 1), (6, 6), (7, 5), (1000, 5)])
def test_a_dot_for_every_class_as_long_as_there_is_room(classes: int, dots: int) -> None:
    last = blocks(figure("pyramid", {"classes": classes}))[-1]
    assert sum(isinstance(element, Rect) for element in last.elements) == dots


def test_without_classes_there_is_no_classifier(texts: Texts) -> None:
    drawing = figure("pyramid", {"classes": None})
    assert len(blocks(drawing)) == 4
    assert "classifier" not in texts(svg(drawing), "labels")


@pytest.mark.parametrize(
    ("parameters", "code", "pointer"),
    [
        ({"input_shape": [256, 256]}, "input_rank", "/input_shape"),
        ({"layers": []}, "out_of_range", "/layers"),
        ({"layers": [{"kernel_size": 1}] * 9}, "out_of_range", "/layers"),
        ({"layers": {"kernel_size": 1}}, "out_of_range", "/layers"),
        ({"layers": [3]}, "wrong_type", "/layers/0"),
        ({"layers": [{"op": 3}]}, "wrong_type", "/layers/0/op"),
        ({"layers": [{"kernel_size": 1}, {"op": "conv2", "kernel_size": 1}]}, None, "/layers/1/op"),
        ({"layers": [{"kernel_size": 1}, {"kernel_size": 0}]}, None, "/layers/1/kernel_size"),
        ({"layers": [{"op": "conv1d", "kernel_size": 1}]}, None, None),
        ({"classes": 0}, "out_of_range", "/classes"),
        ({"classes": 2.0}, "wrong_type", "/classes"),
        ({"clases": 2}, "unknown_parameter", "/clases"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    parameters: dict[str, object], code: str | None, pointer: str | None
) -> None:
    with pytest.raises(FigureError) as caught:
        figure("pyramid", parameters)
    assert code in (None, caught.value.code)
    assert pointer in (None, caught.value.pointer)
