"""The kernel over its input, against what the convolution engine's output depends on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.convolution import run
from service.figures import Drawing, FigureError, figure, svg
from service.figures.metrics import text_box
from service.figures.model import Group, Rect, Segments, Text, leaves
from service.figures.palette import Role
from service.figures.window import draw_window
from service.shapes import ShapeError, infer, read_layer

Texts = Callable[[str, str], list[str]]
Cells = set[tuple[int, int]]


def part(drawing: Drawing, name: str) -> Group:
    (group,) = (e for e in drawing.elements if isinstance(e, Group) and e.part == name)
    return group


def cells(drawing: Drawing, name: str) -> list[Rect]:
    return [element for element in part(drawing, name).elements if isinstance(element, Rect)]


def places_of(chosen: list[Rect], before: tuple[int, int], first: Rect | None = None) -> list:
    """Row and column of some cells; the first cell of all is the first padding."""
    first = first or chosen[0]
    return [
        (
            round((rect.y - first.y) / first.width) - before[0],
            round((rect.x - first.x) / first.width) - before[1],
        )
        for rect in chosen
    ]


def places(found: list[Rect], chosen: list[Rect], before: tuple[int, int]) -> Cells:
    return set(places_of(chosen, before, found[0]))


def hatched(drawing: Drawing, before: tuple[int, int], name: str = "input") -> Cells:
    first = cells(drawing, name)[0]
    return {
        (
            int(((y1 + y2) / 2 - first.y) // first.height) - before[0],
            int(((x1 + x2) / 2 - first.x) // first.width) - before[1],
        )
        for element in part(drawing, name).elements
        if isinstance(element, Segments)
        for x1, y1, x2, y2 in element.lines
    }


@st.composite
def layers(draw: st.DrawFn) -> dict[str, object]:
    rank = draw(st.integers(1, 2))
    op = draw(st.sampled_from(["conv", "max_pool", "avg_pool"]))
    size, kernel, padding = [], [], []
    stride = [draw(st.integers(1, 4)) for _ in range(rank)]
    dilation = [draw(st.integers(1, 3)) if op == "conv" else 1 for _ in range(rank)]
    for axis in range(rank):
        kernel.append(draw(st.integers(1, 4)))
        padding.append(draw(st.integers(0, kernel[-1] // 2)))
        span = dilation[axis] * (kernel[-1] - 1) + 1
        size.append(draw(st.integers(max(1, span - 2 * padding[-1]), 12)))
    values: dict[str, object] = {"kernel_size": kernel, "stride": stride, "padding": padding}
    values |= {"dilation": dilation} if op == "conv" else {"ceil_mode": draw(st.booleans())}
    return {"op": f"{op}{rank}d", "input_shape": size, **values}


@given(layers(), st.data())
def test_shows_what_the_engine_reads(parameters: dict[str, object], data: st.DataObject) -> None:
    values = {
        name: value for name, value in parameters.items() if name not in {"op", "input_shape"}
    }
    size = parameters["input_shape"]
    assert isinstance(size, list)
    layer = read_layer("textbook", str(parameters["op"]), size, values)
    inference = infer(layer)
    step = data.draw(st.integers(0, inference.positions - 1))
    drawing = figure("window", {**parameters, "step": step})

    # Raise one cell of the input at a time: which outputs notice?
    weight = np.ones((1, 1, *layer.kernel_size)) if layer.kind == "conv" else None
    read, never = set(), set()
    for index in np.ndindex(*size):
        raised = np.zeros(size)
        raised[index] = 1
        noticed = run(layer, raised, weight, None).reshape(-1)
        place = (0, index[0]) if layer.rank == 1 else (index[0], index[1])
        if noticed[step]:
            read.add(place)
        if not noticed.any():
            never.add(place)

    before = (0 if layer.rank == 1 else layer.padding[0][0], layer.padding[-1][0])
    rows, columns = (1, *size) if layer.rank == 1 else size
    found = cells(drawing, "input")
    window_cells = [rect for rect in found if rect.fill is Role.KERNEL_TINT]
    inside = {
        (row, column)
        for row, column in places(found, window_cells, before)
        if 0 <= row < rows and 0 <= column < columns
    }
    assert inside == read
    assert hatched(drawing, before) == never
    padding = [rect for rect in found if rect.fill is Role.PADDING]
    assert all(
        not (0 <= row < rows and 0 <= column < columns)
        for row, column in places(found, padding, before)
    )
    made = cells(drawing, "output")
    assert len(made) == inference.positions
    assert [rect.fill is Role.OUTPUT_TINT for rect in made] == [
        at <= step for at in range(inference.positions)
    ]
    assert ("never read" in drawing.description) == bool(never)
    _nothing_clipped(drawing)


@st.composite
def stamps(draw: st.DrawFn) -> tuple[str, list[int], dict[str, object]]:
    rank = draw(st.integers(1, 2))
    size = [draw(st.integers(1, 4)) for _ in range(rank)]
    kernel = [draw(st.integers(1, 3)) for _ in range(rank)]
    stride = [draw(st.integers(1, 3)) for _ in range(rank)]
    dilation = [draw(st.integers(1, 2)) for _ in range(rank)]
    padding = [draw(st.integers(0, 1)) for _ in range(rank)]
    more = [draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)]
    return (
        f"conv_transpose{rank}d",
        [1, *size],
        {
            "out_channels": 1,
            "kernel_size": kernel,
            "stride": stride,
            "dilation": dilation,
            "padding": padding,
            "output_padding": more,
        },
    )


@given(stamps(), st.data())
def test_shows_where_the_engine_puts_patches(
    parameters: tuple[str, list[int], dict[str, object]], data: st.DataObject
) -> None:
    op, size, values = parameters
    try:
        inference = infer(read_layer("pytorch", op, size, values))
    except ShapeError:
        return  # nothing is left of the output
    layer, shape = inference.layer, [axis.output for axis in inference.axes]
    step = data.draw(st.integers(0, inference.positions - 1))
    drawing = draw_window(inference, step)

    # Put down one cell of the input at a time: which outputs notice, and how many times?
    weight, counts = np.ones((1, 1, *layer.kernel_size)), np.zeros(shape)
    ever = run(layer, np.ones(size), weight, None)[0]
    for index in range(step + 1):
        cell = np.zeros(inference.positions)
        cell[index] = 1
        last = run(layer, cell.reshape(size), weight, None)[0]
        counts += last
    looks = {Role.CELL: 0, Role.OUTPUT_TINT: 1, Role.ACCENT_TINT: 2}
    before = [max(0, at) for at, _ in layer.padding]
    rows, columns = [1, *shape][-2:]
    found = cells(drawing, "output")
    at = places_of(found, (0 if layer.rank == 1 else before[0], before[-1]))
    for rect, (row, column) in zip(found, at, strict=True):
        if not (0 <= row < rows and 0 <= column < columns):
            assert rect.dash, "cropped"
            continue
        assert not rect.dash
        place = (column,) if layer.rank == 1 else (row, column)
        if last[place]:
            assert rect.fill is Role.KERNEL_TINT
        else:
            assert looks[rect.fill] == min(counts[place], 2)
    never = {tuple(map(int, [0, *place][-2:])) for place in np.argwhere(ever == 0)}
    assert hatched(drawing, (0 if layer.rank == 1 else before[0], before[-1]), "output") == never
    assert ("reached by no patch" in drawing.description) == bool(never)
    _nothing_clipped(drawing)


@pytest.mark.parametrize(("size", "output"), [([7, 5], [3, 2]), ([6, 4], [3, 2]), ([3, 5], [4, 5])])
def test_adaptive_windows_are_those_of_the_engine(size: list[int], output: list[int]) -> None:
    values = {"output_size": output}
    inference = infer(read_layer("pytorch", "adaptive_max_pool2d", [1, *size], values))
    for step in range(inference.positions):
        found = cells(draw_window(inference, step), "input")
        tinted = [rect for rect in found if rect.fill is Role.KERNEL_TINT]
        read = set()
        for index in np.ndindex(*size):
            raised = np.zeros((1, *size))
            raised[0, *index] = 1
            if run(inference.layer, raised, None, None).reshape(-1)[step]:
                read.add(index)
        assert places(found, tinted, (0, 0)) == read


def test_titles_of_windows_that_vary() -> None:
    layer = read_layer("pytorch", "adaptive_avg_pool2d", [3, 8, 4], {"output_size": [3, 2]})
    drawing = draw_window(infer(layer), 2)
    assert drawing.title == "2-d adaptive average pooling, windows 3 or 4 × 2"
    assert "height: from ⌊1·8/3⌋ = 2 to ⌈2·8/3⌉ − 1 = 5" in drawing.description
    layer = read_layer("keras", "global_avg_pool1d", [2, 9, 3], {})
    drawing = draw_window(infer(layer))
    assert drawing.title == "1-d global average pooling, window 9"
    assert "over positions 0 to 8 of the input, in each of 3 channels" in drawing.description


@pytest.mark.parametrize(
    ("op", "shape", "values", "why"),
    [
        ("linear", [4], {"out_features": 2}, "each output is a sum over the whole input"),
        ("relu", [4, 4], {}, "it changes each number by itself"),
        (
            "upsampling2d",
            [1, 1, 4, 4],
            {"scale_factor": 2},
            "it copies or mixes neighbouring cells",
        ),
        ("flatten", [1, 4, 4], {}, "in one row"),
        ("zero_padding2d", [1, 4, 4], {"padding": 1}, "it adds cells around its input"),
    ],
)
def test_what_has_no_window_says_why(
    op: str, shape: list[int], values: dict[str, object], why: str
) -> None:
    with pytest.raises(FigureError) as caught:
        draw_window(infer(read_layer("pytorch", op, shape, values)))
    assert caught.value.code == "op_not_drawn"
    assert why in caught.value.detail


def _nothing_clipped(drawing: Drawing) -> None:
    for leaf, dx, dy in leaves(drawing.elements):
        if isinstance(leaf, Text):
            left, top, right, bottom = text_box(leaf)
            assert left + dx >= 4
            assert top + dy >= 4
            assert right + dx <= drawing.width - 4, leaf.text
            assert bottom + dy <= drawing.height - 4


def test_words_and_formulas(texts: Texts) -> None:
    drawing = figure(
        "window",
        {
            "input_shape": [7, 5, 3],
            "kernel_size": 3,
            "stride": [2, 1],
            "padding": [1, 0],
            "filters": 4,
            "step": 5,
        },
    )
    assert drawing.title == "2-d convolution, window 3 × 3, stride 2 × 1, padding 1 × 0"
    assert (
        "Step 6 of 12: the window lies over rows 1 to 3 and columns 2 to 4 of the input, through 3 "
        "channels, and makes the output at row 1, column 2 (counted from 0)."
    ) in drawing.description
    formulas = texts(svg(drawing), "formulas")
    assert [line.split(":")[0] for line in formulas] == ["height", "width"]
    assert [line.split(" = ")[-1] for line in formulas] == ["4", "3"]
    assert texts(svg(drawing), "legend") == [
        "in the window",
        "output so far",
        "padding (zeros)",
    ]
    assert texts(svg(drawing), "input") == ["0"] * 10


def test_a_dilated_window_names_its_cells() -> None:
    drawing = figure(
        "window", {"op": "conv1d", "input_shape": [9], "kernel_size": 3, "dilation": 2, "step": 1}
    )
    assert drawing.title == "1-d convolution, window 3, stride 1, dilation 2"
    assert "over positions 1, 3 and 5 of the input" in drawing.description
    assert "position 1 (counted from 0)" in drawing.description


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"op": "max_pool1d", "kernel_size": 2, "padding": 1}, "padding (never the maximum)"),
        (
            {"op": "avg_pool1d", "kernel_size": 2, "padding": 1, "count_include_pad": True},
            "padding (counted as 0)",
        ),
        (
            {"op": "avg_pool1d", "kernel_size": 2, "padding": 1, "count_include_pad": False},
            "padding (not counted)",
        ),
        (
            {"op": "conv1d", "kernel_size": 3, "padding": 1, "padding_mode": "circular"},
            "padding (circular)",
        ),
        (
            {"op": "max_pool1d", "kernel_size": 3, "padding": 1, "ceil_mode": True},
            "beyond the padding (ceil_mode)",
        ),
        ({"op": "max_pool1d", "kernel_size": 4, "stride": 9}, "never read"),
    ],
)
def test_the_legend_says_what_is_there(
    parameters: dict[str, object], words: str, texts: Texts
) -> None:
    drawing = figure("window", {"input_shape": [9], **parameters})
    assert words in texts(svg(drawing), "legend")


def test_a_pool_works_in_each_channel() -> None:
    drawing = figure("window", {"op": "max_pool2d", "input_shape": [4, 4, 8], "kernel_size": 2})
    assert "in each of 8 channels" in drawing.description
    grouped = figure(
        "window", {"input_shape": [4, 4, 8], "kernel_size": 2, "filters": 4, "groups": 4}
    )
    assert "through 2 channels" in grouped.description


def test_sizes_stand_in_the_words_of_the_layout() -> None:
    drawing = figure(
        "window",
        {
            "framework": "pytorch",
            "layout": "NCHW",
            "op": "conv2d",
            "input_shape": [2, 3, 8, 8],
            "out_channels": 5,
            "kernel_size": 3,
        },
    )
    words = [leaf.text for leaf, *_ in leaves(drawing.elements) if isinstance(leaf, Text)]
    assert "input 2 × 3 × 8 × 8" in words
    assert "output 2 × 5 × 6 × 6" in words


def test_from_an_inference_as_from_parameters() -> None:
    layer = read_layer("textbook", "conv2d", [6, 6], {"kernel_size": 3})
    assert draw_window(infer(layer), 4) == figure(
        "window", {"input_shape": [6, 6], "kernel_size": 3, "step": 4}
    )


@pytest.mark.parametrize(
    ("parameters", "code", "pointer"),
    [
        ({"input_shape": [25, 5]}, "picture_too_large", "/input_shape"),
        ({"input_shape": [5, 23], "padding": 1}, "picture_too_large", "/input_shape"),
        ({"input_shape": [2**31 - 1, 5]}, "picture_too_large", "/input_shape"),
        ({"op": "conv3d", "input_shape": [5, 5, 5]}, "rank_not_drawn", "/op"),
        ({"op": "conv_transpose2d", "stride": 6}, "picture_too_large", "/input_shape"),
        ({"op": "conv_transpose1d", "input_shape": [25]}, "picture_too_large", "/input_shape"),
        ({"step": 9}, "out_of_range", "/step"),
        ({"step": -1}, "out_of_range", "/step"),
        ({"step": True}, "wrong_type", "/step"),
        ({"step": "1"}, "wrong_type", "/step"),
        ({"op": "conv9d"}, None, "/op"),
        ({"op": None}, "wrong_type", "/op"),
        ({"framework": 1}, "wrong_type", "/framework"),
        ({"framework": "torch"}, None, "/framework"),
        ({"layout": 3}, "wrong_type", "/layout"),
        ({"layout": "XYZ"}, None, "/layout"),
        ({"input_shape": [5] * 6}, "wrong_type", "/input_shape"),
        ({"kernel_size": 6}, "kernel_larger_than_padded_input", None),
        ({"kernel_size": None}, None, "/kernel_size"),
        ({"kernal_size": 3}, None, "/kernal_size"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    parameters: dict[str, object], code: str | None, pointer: str | None
) -> None:
    with pytest.raises(FigureError) as caught:
        figure("window", {"input_shape": [5, 5], "kernel_size": 3, **parameters})
    error = caught.value
    assert code in (None, error.code)
    assert pointer in (None, error.pointer)
    assert error.hint
