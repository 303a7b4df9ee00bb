"""The convolution pyramid: height and width shrink, depth grows, layer by layer."""

from __future__ import annotations

from itertools import pairwise
from math import prod, sqrt
from typing import TYPE_CHECKING

from service.figures.blocks import (
    DEEPEST,
    SCALE,
    SLANT,
    SMALL,
    TALLEST,
    Box,
    Classes,
    labels_below,
)
from service.figures.errors import FigureError
from service.figures.model import Drawing, Element, Group
from service.figures.palette import Role
from service.figures.parts import (
    LABEL_SIZE,
    LINE,
    MARGIN,
    TITLE_BOTTOM,
    arrow,
    each,
    finish,
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
GAP = 44.0
NARROWEST = 640.0
INPUT_SHAPE = (256, 256, 3)
LAYERS = tuple(
    {"kernel_size": 3, "stride": 2, "padding": "same", "filters": filters}
    for filters in (16, 64, 256)
)
KINDS = {"conv": "conv", "max_pool": "max pool", "avg_pool": "average pool"}


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


def _boxes(inferences: list[Inference]) -> list[Box]:
    shapes = [inferences[0].layer.input_shape, *(step.output_shape for step in inferences)]
    labels = [("input",), *(_words(step) for step in inferences)]
    unit = min(
        TALLEST / sqrt(max(max(shape[:2]) for shape in shapes)),
        DEEPEST / sqrt(max(shape[2] for shape in shapes)),
    )
    return [
        Box(
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


def _draw(inferences: list[Inference], classes: int | None) -> Drawing:
    blocks: list[Box | Classes] = [*_boxes(inferences)]
    if classes:
        blocks.append(Classes(("classifier", f"{classes} {plural('class', classes)}"), classes))
    tallest = max(block.drawn_height for block in blocks)
    middle = TITLE_BOTTOM + 44 + tallest / 2
    below = middle + tallest / 2 + 30
    elements: list[Element] = []
    x, ends = MARGIN, []
    for block in blocks:
        centre = x + block.width / 2
        ends.append((centre - block.drawn_width / 2, centre + block.drawn_width / 2))
        elements.append(Group(tuple(block.draw(centre, middle)), part="block"))
        elements.append(Group(tuple(labels_below(block.labels, centre, below)), part="labels"))
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
