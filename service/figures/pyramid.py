"""The convolution pyramid: height and width shrink, depth grows, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod, sqrt
from typing import TYPE_CHECKING

from service.figures.errors import FigureError
from service.figures.metrics import text_width
from service.figures.model import Drawing, Element, Group, Point, Polygon, Rect, Text
from service.figures.palette import Role
from service.figures.parts import (
    LABEL_SIZE,
    LINE,
    MARGIN,
    TITLE_BOTTOM,
    arrow,
    centred,
    each,
    finish,
    label,
    paddings,
    paragraph,
    plural,
    times,
)
from service.figures.reading import inferred, sizes, whole, word

if TYPE_CHECKING:
    from service.shapes import Inference, Layer

MAX_LAYERS = 8
MAX_CLASSES = 1_000_000
TALLEST = 190.0
DEEPEST = 190.0
SLANT = 0.42
GAP = 44.0
SMALL = 12.0
DOT = 18.0
DOT_PITCH = 26.0
SHOWN_CLASSES = 6
NARROWEST = 640.0
SCALE = (
    "The edges are drawn on a square-root scale: one twice as long stands for four times as many "
    "pixels or channels."
)

INPUT_SHAPE = (256, 256, 3)
LAYERS = tuple(
    {"kernel_size": 3, "stride": 2, "padding": "same", "filters": filters}
    for filters in (16, 64, 256)
)
KINDS = {"conv": "conv", "max_pool": "max pool", "avg_pool": "average pool"}
CHANNELS = (
    (Role.RED, Role.RED_TINT),
    (Role.GREEN, Role.GREEN_TINT),
    (Role.BLUE, Role.BLUE_TINT),
)


def pyramid(
    *, input_shape: object = INPUT_SHAPE, layers: object = LAYERS, classes: object = 10
) -> Drawing:
    """Draw an input and what each layer makes of it as boxes, then a classifier.

    ``input_shape`` is height, width and channels; ``layers`` are 2-d textbook layers, each an
    object of its parameters and of ``op`` (conv2d where it is left out); ``classes`` is how many
    the classifier tells apart, or None for no classifier. Every size but the input's is inferred.
    The edges of the boxes are proportional to the square roots of the sizes.

    Raises FigureError for what the shape engine refuses, an input without three axes, more than 8
    layers.
    """
    shape = sizes(input_shape, "/input_shape")
    if len(shape) != 3:
        raise FigureError(
            "input_rank",
            f"The input has a height, a width and channels; this is {times(shape)}.",
            "/input_shape",
            "[256, 256, 3]",
        )
    count = None if classes is None else whole(classes, "/classes", 1, MAX_CLASSES)
    return _draw(_infer_all(shape, layers), count)


def _infer_all(shape: tuple[int, ...], layers: object) -> list[Inference]:
    if not isinstance(layers, list | tuple) or not 1 <= len(layers) <= MAX_LAYERS:
        raise FigureError(
            "out_of_range",
            "The layers are a list of objects.",
            "/layers",
            f"From 1 to {MAX_LAYERS} layers.",
        )
    inferences: list[Inference] = []
    for index, layer in enumerate(layers):
        pointer = f"/layers/{index}"
        if not isinstance(layer, dict):
            raise FigureError(
                "wrong_type", "A layer is an object of its parameters.", pointer, '{"filters": 16}'
            )
        values = dict(layer)
        op = word(values.pop("op", "conv2d"), f"{pointer}/op")
        inference = inferred(op, shape, values, prefix=pointer)
        if inference.layer.rank != 2:
            raise FigureError(
                "unknown_op", "The pyramid is made of 2-d layers.", f"{pointer}/op", "conv2d"
            )
        shape = inference.output_shape
        inferences.append(inference)
    return inferences


@dataclass(frozen=True, slots=True)
class _Box:
    """A block of height × width × channels in oblique projection, lengths in pixels.

    The channels go right, the height down, the width back: up and to the right, foreshortened.
    """

    height: float
    back: float
    depth: float
    labels: tuple[str, ...]
    parts: int = 1

    @property
    def drawn_width(self) -> float:
        return self.depth + self.back

    @property
    def drawn_height(self) -> float:
        return self.height + self.back

    @property
    def width(self) -> float:
        """The wider of the block and its labels."""
        return max(
            self.drawn_width,
            text_width(self.labels[0], LABEL_SIZE, bold=True),
            *(text_width(text, SMALL) for text in self.labels[1:]),
        )

    def draw(self, centre: float, middle: float) -> list[Element]:
        """The block around this point; three channels as red, green and blue slices."""
        x, y = centre - self.drawn_width / 2, middle + self.drawn_height / 2
        if self.parts != len(CHANNELS):
            return self._block(x, y, self.depth, Role.OUTPUT, Role.OUTPUT_TINT)
        slice_ = self.depth / self.parts
        return [
            face
            for index, (edge, tint) in enumerate(CHANNELS)
            for face in self._block(x + index * slice_, y, slice_, edge, tint)
        ]

    def _block(self, x: float, y: float, depth: float, edge: Role, tint: Role) -> list[Element]:
        """The three faces that are seen; (x, y) is the lower left corner of the front."""
        top, right, back = y - self.height, x + depth, self.back
        faces: tuple[tuple[tuple[Point, ...], Role], ...] = (
            (((x, y), (right, y), (right, top), (x, top)), tint),
            (
                ((x, top), (right, top), (right + back, top - back), (x + back, top - back)),
                Role.CELL,
            ),
            (
                (
                    (right, y),
                    (right + back, y - back),
                    (right + back, top - back),
                    (right, top),
                ),
                tint,
            ),
        )
        return [Polygon(points, fill, edge, 1.5) for points, fill in faces]


def _boxes(inferences: list[Inference]) -> list[_Box]:
    shapes = [inferences[0].layer.input_shape, *(step.output_shape for step in inferences)]
    labels = [("input",), *(_words(step) for step in inferences)]
    unit = min(
        TALLEST / sqrt(max(max(shape[:2]) for shape in shapes)),
        DEEPEST / sqrt(max(shape[2] for shape in shapes)),
    )
    return [
        _Box(
            height=max(1.0, unit * sqrt(shape[0])),
            back=unit * sqrt(shape[1]) * SLANT,
            depth=max(1.0, unit * sqrt(shape[2])),
            labels=(times(shape), *lines),
            parts=3 if index == 0 and shape[2] == 3 else 1,
        )
        for index, (shape, lines) in enumerate(zip(shapes, labels, strict=True))
    ]


def _words(step: Inference) -> tuple[str, str]:
    """What a layer is, in two short lines."""
    layer = step.layer
    return (
        f"{KINDS[layer.kind]} {times(layer.kernel_size)}",
        f"stride {each(layer.stride)}{_padding(layer)}",
    )


def _padding(layer: Layer) -> str:
    if layer.padding_rule != "explicit":
        return f", {layer.padding_rule}"
    return f", padding {paddings(layer)}" if any(map(any, layer.padding)) else ""


@dataclass(frozen=True, slots=True)
class _Classes:
    """The classifier: a dot for every class, or the first ones and the last."""

    labels: tuple[str, ...]
    count: int

    @property
    def drawn_width(self) -> float:
        return DOT

    @property
    def drawn_height(self) -> float:
        return DOT_PITCH * min(self.count, SHOWN_CLASSES)

    @property
    def width(self) -> float:
        """As wide as its labels."""
        return max(text_width(text, LABEL_SIZE, bold=True) for text in self.labels)

    def draw(self, centre: float, middle: float) -> list[Element]:
        """The column of dots around this point."""
        shown = min(self.count, SHOWN_CLASSES)
        elements: list[Element] = []
        for row in range(shown):
            y = middle + (row + 0.5) * DOT_PITCH - self.drawn_height / 2
            if self.count > shown and row == shown - 2:
                elements.append(centred("⋮", centre, y, 20, Role.MUTED, bold=True))
            else:
                left, top = centre - DOT / 2, y - DOT / 2
                elements.append(
                    Rect(left, top, DOT, DOT, Role.ACCENT_TINT, Role.ACCENT, 1.5, DOT / 2)
                )
        return elements


def _draw(inferences: list[Inference], classes: int | None) -> Drawing:
    blocks: list[_Box | _Classes] = [*_boxes(inferences)]
    if classes:
        blocks.append(_Classes(("classifier", f"{classes} {plural('class', classes)}"), classes))
    tallest = max(block.drawn_height for block in blocks)
    middle = TITLE_BOTTOM + 44 + tallest / 2
    below = middle + tallest / 2 + 30
    elements: list[Element] = []
    x, ends = MARGIN, []
    for block in blocks:
        centre = x + block.width / 2
        ends.append((centre - block.drawn_width / 2, centre + block.drawn_width / 2))
        elements.append(Group(tuple(block.draw(centre, middle)), part="block"))
        elements.append(Group(tuple(_labels(block.labels, centre, below)), part="labels"))
        x += block.width + GAP
    for (_, start), (end, _) in pairwise(ends):
        elements += arrow((start + 10, middle), (end - 8, middle))
    width = max(x - GAP + MARGIN, NARROWEST)
    y = below + (LABEL_SIZE + 2 * SMALL) * LINE + 8
    words, y = paragraph([_sentence(inferences), SCALE], y, width, role=Role.MUTED)
    return finish(
        width,
        y + MARGIN - 8,
        "From layer to layer",
        f"{_sentence(inferences)} {SCALE}",
        [*elements, *words],
    )


def _labels(labels: tuple[str, ...], x: float, y: float) -> list[Element]:
    lines: list[Element] = [label(labels[0], x, y, bold=True)]
    for index, text in enumerate(labels[1:], 1):
        lines.append(Text(x, y + index * SMALL * LINE + 2, text, SMALL, Role.MUTED, "middle"))
    return lines


def _sentence(inferences: list[Inference]) -> str:
    shapes = [inferences[0].layer.input_shape, *(step.output_shape for step in inferences)]
    areas, depths = [prod(shape[:2]) for shape in shapes], [shape[2] for shape in shapes]
    steps = (
        f"Height × width: {' → '.join(times(shape[:2]) for shape in shapes)}; "
        f"depth: {' → '.join(str(depth) for depth in depths)}."
    )
    if areas[-1] < areas[0] and depths[-1] > depths[0]:
        return (
            f"{steps} Space shrinks while depth grows, until little is left but what describes "
            "the content of the picture."
        )
    return steps
