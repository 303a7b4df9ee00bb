"""RGB in, K maps out: what a convolution does to the depth of its input, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from service.figures.errors import FigureError
from service.figures.metrics import text_width
from service.figures.model import Drawing, Element, Group, Text
from service.figures.palette import Role, series
from service.figures.parts import (
    LABEL_SIZE,
    LINE,
    MARGIN,
    TITLE_BOTTOM,
    arrow,
    centred,
    finish,
    label,
    paragraph,
    plural,
    times,
)
from service.figures.reading import inferred, sizes
from service.figures.stack import Stack
from service.shapes import Inference, derive

GAP = 72.0
FACE = 176.0
STEP = 30.0
SMALLEST_FACE = 52.0
FILTER_FACE = 30.0
FILTER_STEP = 7.0
FILTER_PITCH = 58.0
# The patch shown lies at the right edge, where it is seen on every plane, this far down.
ROW = 0.3
SHOWN_FILTERS = 5
SHOWN_MAPS = 12
MAPS_REACH = 132.0
PLANES = (
    ("R", Role.RED, Role.RED_TINT),
    ("G", Role.GREEN, Role.GREEN_TINT),
    ("B", Role.BLUE, Role.BLUE_TINT),
)


def rgb_to_maps(
    *,
    input_shape: object = (32, 32, 3),
    kernel_size: object = 5,
    filters: object = 8,
    **layer: object,
) -> Drawing:
    """Draw an RGB picture, the K filters of a convolution and the K maps that they make.

    ``input_shape`` is height, width and the 3 channels; the rest are textbook parameters of conv2d.
    Input and output are drawn to one scale, as long as the maps are not too small to see. At most 5
    filters and 12 maps are drawn; the numbers beside them count all.

    Raises FigureError for what the shape engine refuses, for an input without 3 channels and for
    groups.
    """
    shape = sizes(input_shape, "/input_shape")
    if len(shape) != 3 or shape[2] != len(PLANES):
        raise FigureError(
            "input_channels_mismatch",
            f"An RGB picture has a height, a width and 3 channels; this is {times(shape)}.",
            "/input_shape",
            "[32, 32, 3]",
        )
    if layer.get("groups") not in (None, 1):
        raise FigureError(
            "unknown_parameter",
            "In this picture every filter sees all three channels.",
            "/groups",
            "Leave groups out.",
        )
    values = {**layer, "kernel_size": kernel_size, "filters": filters}
    return _draw(inferred("conv2d", shape, values))


def _draw(inference: Inference) -> Drawing:
    columns = (_source(inference), _filters(inference), _maps(inference))
    block = max(column.height for column in columns)
    middle = TITLE_BOTTOM + 44 + block / 2
    elements: list[Element] = []
    x, arrows = MARGIN, []
    for column in columns:
        centre = x + column.width / 2
        arrows.append((centre - column.drawn / 2, centre + column.drawn / 2))
        elements += column.draw(centre, middle)
        elements += _labels(column.labels, centre, middle + block / 2 + 30)
        x += column.width + GAP
    for (_, start), (end, _) in pairwise(arrows):
        elements += arrow((start + 14, middle), (end - 14, middle))
    width = x - GAP + MARGIN
    y = middle + block / 2 + 30 + 2.6 * LABEL_SIZE * LINE
    formulas, y = paragraph(_formulas(inference), y, width, mono=True)
    words, y = paragraph([_sentence(inference)], y + 6, width, role=Role.MUTED)
    return finish(
        width,
        y + MARGIN - 8,
        "Convolution: RGB in, K maps out",
        " ".join([_sentence(inference), *_formulas(inference)]),
        [*elements, Group(tuple(formulas), part="formulas"), *words],
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """One of the three things side by side; ``draw`` takes its centre and its middle."""

    drawn: float
    height: float
    labels: tuple[tuple[str, Role], ...]
    draw: Callable[[float, float], list[Element]]

    @property
    def width(self) -> float:
        """The wider of the picture and its labels."""
        widths = [text_width(text, LABEL_SIZE, bold=True) for text, _ in self.labels]
        return max(self.drawn, *widths)


def _labels(labels: tuple[tuple[str, Role], ...], x: float, y: float) -> list[Element]:
    return [
        label(text, x, y + index * LABEL_SIZE * LINE, role, bold=index == 0)
        for index, (text, role) in enumerate(labels)
    ]


def _source(inference: Inference) -> _Column:
    """The three planes of the input, a patch through all of them."""
    height, width = inference.layer.spatial
    scale = FACE / max(height, width)
    stack = Stack(max(width * scale, 12), max(height * scale, 12), len(PLANES), STEP)
    spans = inference.receptive_field
    size = (min(1.0, spans[1] / width), min(1.0, spans[0] / height))
    place = (1 - size[0], ROW * (1 - size[1]))

    def draw(centre: float, middle: float) -> list[Element]:
        at = stack.at(centre, middle)
        elements: list[Element] = []
        for index, (name, edge, tint) in reversed(list(enumerate(PLANES))):
            x, y = at.corner(index)
            elements += [
                at.plane(index, tint, edge),
                at.spot(index, place, size, Role.CELL, Role.KERNEL),
                centred(name, x + 14, y + 15, LABEL_SIZE, edge, bold=True),
            ]
        return [Group((*elements, at.through(place, size)), part="input")]

    labels = (
        (f"input {times(inference.layer.input_shape)}", Role.INK),
        (f"one patch: {times((*spans, len(PLANES)))}", Role.MUTED),
    )
    return _Column(stack.drawn_width, stack.drawn_height, labels, draw)


def _filters(inference: Inference) -> _Column:
    """The filters under one another; where there are many, the first ones and the last."""
    count = inference.neurons_per_patch or 0
    shown = list(range(1, min(count, SHOWN_FILTERS) + 1))
    if count > SHOWN_FILTERS:
        shown[-2:] = [0, count]
    stack = Stack(FILTER_FACE, FILTER_FACE, len(PLANES), FILTER_STEP)
    height = FILTER_PITCH * len(shown)

    def draw(centre: float, middle: float) -> list[Element]:
        elements: list[Element] = []
        for row, index in enumerate(shown):
            y = middle + (row + 0.5) * FILTER_PITCH - height / 2
            if not index:
                elements.append(centred("⋮", centre, y, 24, Role.MUTED, bold=True))
                continue
            at = stack.at(centre, y)
            edge, tint = series(index - 1)
            elements += [at.plane(plane, tint, edge) for plane in (2, 1, 0)]
            x, top = at.corner(0)
            elements.append(
                centred(str(index), x + FILTER_FACE / 2, top + FILTER_FACE / 2, 12, edge, bold=True)
            )
        return [Group(tuple(elements), part="filters")]

    weights = inference.weights // count
    bias = " + 1 bias" if inference.biases else ""
    labels = (
        (f"K = {count} {plural('filter', count)}", Role.KERNEL),
        (
            f"{times((*inference.layer.kernel_size, len(PLANES)))} = {weights} weights{bias}",
            Role.MUTED,
        ),
    )
    return _Column(stack.drawn_width, height, labels, draw)


def _maps(inference: Inference) -> _Column:
    """The maps, one of each filter, with one position through all of them."""
    count = inference.neurons_per_patch or 0
    shown = min(count, SHOWN_MAPS)
    height, width = (axis.output for axis in inference.axes)
    scale = max(FACE / max(inference.layer.spatial), SMALLEST_FACE / max(height, width))
    step = min(STEP, MAPS_REACH / max(1, shown - 1))
    stack = Stack(max(width * scale, 12), max(height * scale, 12), shown, step)
    size = (max(1 / width, 9 / stack.width), max(1 / height, 9 / stack.height))
    place = (1 - size[0], ROW * (1 - size[1]))

    def draw(centre: float, middle: float) -> list[Element]:
        at = stack.at(centre, middle)
        elements: list[Element] = []
        for index in reversed(range(shown)):
            last = index == shown - 1
            name = count if last else index + 1
            edge, tint = series(name - 1)
            elements += [
                at.plane(index, tint, edge),
                at.spot(index, place, size, Role.ACCENT, Role.ACCENT),
            ]
            if step >= LABEL_SIZE + 2 or index == 0 or last:
                x, y = at.corner(index)
                elements.append(Text(x + 5, y + min(13, step - 2), str(name), 11, edge, bold=True))
        return [Group((*elements, at.through(place, size)), part="maps")]

    part = "" if shown == count else f" ({shown} drawn)"
    labels = (
        (f"K = {count} {plural('map', count)}{part}", Role.OUTPUT),
        (f"output {times(inference.output_shape)}", Role.MUTED),
    )
    return _Column(stack.drawn_width, stack.drawn_height, labels, draw)


def _formulas(inference: Inference) -> list[str]:
    lines = [
        f"{step.axis}: {step.substitution} = {step.value}"
        for step in derive(inference)
        if step.quantity == "output" and step.axis in inference.layer.axis_names
    ]
    return [*lines, f"depth: K = {inference.neurons_per_patch}"]


def _sentence(inference: Inference) -> str:
    height, width = (axis.output for axis in inference.axes)
    count = inference.neurons_per_patch
    return (
        f"K is the number of filters, {count}. Each filter spans all 3 channels and lies on "
        f"{height} × {width} = {inference.positions} positions, one after the other; their results "
        f"are one map. So the positions make height and width, the filters make the depth: one "
        f"patch of the input is connected to {count} neurons, marked in the maps."
    )
