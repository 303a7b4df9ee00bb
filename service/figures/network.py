"""A whole network as a pyramid: a box for each stage, arcs for the connections that skip some."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from math import log, prod, sqrt
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
from service.figures.model import Drawing, Element, Group, Segments
from service.figures.palette import Role
from service.figures.parts import (
    LABEL_SIZE,
    LINE,
    MARGIN,
    TITLE_BOTTOM,
    arrow,
    finish,
    paragraph,
    plural,
    times,
)

if TYPE_CHECKING:
    from service.shapes.network import Network, NetworkInference

__all__ = ["draw_network"]

MOST_STAGES = 14
MOST_ARCS = 12
GAP = 40.0
LEVEL = 16.0
NARROWEST = 640.0
STEPS = (1.0, 1.6, 3.0, 9.0)
"""By which factor the pixels along an axis may change before another stage begins."""


@dataclass(slots=True)
class _Stage:
    """Layers in a row whose outputs have about the same size, and the size of what leaves."""

    spatial: tuple[int, ...]
    channels: int
    first: tuple[int, ...]
    ops: Counter[str] = field(default_factory=Counter)
    params: int = 0


def draw_network(inference: NetworkInference, title: str = "From layer to layer") -> Drawing:
    """Draw a network: what each stage makes of the one before it, and what skips some of them.

    Layers in a row whose outputs have the same height and width are one box, as deep as the
    channels of what leaves it; where that makes too many boxes, sizes that are about the same
    count as the same. An output without positions is a column of dots. The batch is left out.
    """
    for step in STEPS:
        stages, stage_of = _stages(inference, step)
        if len(stages) <= MOST_STAGES:
            break
    else:
        stages, stage_of = _fewer(stages, stage_of)
    return _draw(stages, _arcs(inference, stage_of), title, len(inference.layers))


def _size(shape: tuple[int, ...], layout: str | None) -> tuple[tuple[int, ...], int]:
    """The spatial sizes and the channels of a tensor; no spatial sizes where it has none."""
    letters = layout if layout and len(layout) == len(shape) else "N" + "C" * (len(shape) - 1)
    spatial = tuple(size for size, letter in zip(shape, letters, strict=True) if letter not in "NC")
    return spatial, prod(size for size, at in zip(shape, letters, strict=True) if at == "C")


def _stages(inference: NetworkInference, step: float) -> tuple[list[_Stage], dict[int, int]]:
    """The stages, the input first, and the stage of every layer (of the input, −1)."""
    network = inference.network
    sizes: dict[int, tuple[tuple[int, ...], int]] = {}
    layout = network.layout or inference.layers[network.order[0]].layer.layout
    spatial, channels = _size(network.input_shape, layout)
    stages = [_Stage(spatial, channels, spatial)]
    stage_of = {-1: 0}
    for index in network.order:
        layer = inference.layers[index]
        op = network.nodes[index].op
        spatial, channels = _size(layer.output_shape, layer.output_layout)
        last = stages[-1]
        if len(stages) == 1 or not _together(last, spatial, op, step):
            last = _Stage(spatial, channels, spatial)
            stages.append(last)
        last.spatial, last.channels = spatial, channels
        last.ops[_word(op)] += 1
        last.params += layer.params
        stage_of[index] = len(stages) - 1
        sizes[index] = spatial, channels
    _show_what_leaves(stages, stage_of, sizes, network)
    return stages, stage_of


def _show_what_leaves(
    stages: list[_Stage],
    stage_of: dict[int, int],
    sizes: dict[int, tuple[tuple[int, ...], int]],
    network: Network,
) -> None:
    """Give each stage the size of the deepest output that a later one reads."""
    left: dict[int, int] = {}
    for index in network.order:
        for source in network.nodes[index].sources:
            at = stage_of[source]
            deeper = source >= 0 and sizes[source][1] >= left.get(at, 0)
            if at < stage_of[index] and deeper:
                stages[at].spatial, stages[at].channels = sizes[source]
                left[at] = sizes[source][1]


def _together(stage: _Stage, spatial: tuple[int, ...], op: str, step: float) -> bool:
    if not spatial and not stage.spatial:
        return op != "linear" or not stage.ops["linear"]
    if len(spatial) != len(stage.first):
        return False
    pairs = zip(spatial, stage.first, strict=True)
    return all(abs(log(max(new, 1) / max(old, 1))) <= log(step) for new, old in pairs)


def _fewer(stages: list[_Stage], stage_of: dict[int, int]) -> tuple[list[_Stage], dict[int, int]]:
    """Put neighbours together until few enough are left; the input and the output stay."""
    share = (len(stages) - 2) / (MOST_STAGES - 2)
    places = [0, *(1 + int(at / share) for at in range(len(stages) - 2)), MOST_STAGES - 1]
    merged: list[_Stage] = []
    for place, stage in zip(places, stages, strict=True):
        if place == len(merged):
            merged.append(stage)
            continue
        kept = merged[-1]
        kept.spatial, kept.channels = stage.spatial, stage.channels
        kept.ops += stage.ops
        kept.params += stage.params
    return merged, {index: places[stage] for index, stage in stage_of.items()}


def _word(op: str) -> str:
    """The operation without its rank: conv, max pool, linear."""
    return (op[:-2] if op[-2:] in ("1d", "2d", "3d") else op).replace("_", " ")


def _arcs(inference: NetworkInference, stage_of: dict[int, int]) -> list[tuple[int, int]]:
    """The connections that skip a stage, the longest last; no more than can be told apart."""
    found = {
        (stage_of[source], stage_of[index])
        for index, node in enumerate(inference.network.nodes)
        for source in node.sources
        if stage_of[index] - stage_of[source] > 1
    }
    return sorted(found, key=lambda arc: (arc[1] - arc[0], arc))[:MOST_ARCS]


def _blocks(stages: list[_Stage]) -> list[Box | Classes]:
    boxes = [stage for stage in stages if stage.spatial]
    unit = min(
        TALLEST / sqrt(max((max(stage.spatial) for stage in boxes), default=1) or 1),
        DEEPEST / sqrt(max((stage.channels for stage in boxes), default=1) or 1),
    )
    blocks: list[Box | Classes] = []
    for index, stage in enumerate(stages):
        labels = (times((*stage.spatial, stage.channels)), *_about(stage))
        if not stage.spatial:
            blocks.append(Classes(labels, max(stage.channels, 1)))
            continue
        height = stage.spatial[-2] if len(stage.spatial) > 1 else 1
        blocks.append(
            Box(
                height=max(1.0, unit * sqrt(height)),
                back=max(1.0, unit * sqrt(stage.spatial[-1]) * SLANT),
                depth=max(1.0, unit * sqrt(stage.channels)),
                labels=labels,
                parts=3 if index == 0 and stage.channels == 3 else 1,
            )
        )
    return blocks


def _about(stage: _Stage) -> tuple[str, ...]:
    """What happens in a stage, in two short lines: its operations that count, its parameters."""
    if not stage.ops:
        return ("input", "")
    quiet = ("relu", "relu6", "batch norm", "dropout", "flatten")
    ops = [(op, count) for op, count in stage.ops.most_common() if op not in quiet]
    chosen = (ops or stage.ops.most_common())[:2]
    words = " · ".join(op if count == 1 else f"{count} {op}" for op, count in chosen)
    return (words, f"{_amount(stage.params)} params" if stage.params else "")


def _amount(count: int) -> str:
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return (
                f"{count / size:.3g} {letter}"
                if count < 1000 * size
                else f"{count // size} {letter}"
            )
    return str(count)


def _draw(stages: list[_Stage], arcs: list[tuple[int, int]], title: str, layers: int) -> Drawing:
    blocks = _blocks(stages)
    tallest = max(block.drawn_height for block in blocks)
    levels = _levels(arcs)
    top = TITLE_BOTTOM + 40 + LEVEL * (max(levels.values(), default=0) + bool(arcs))
    middle = top + tallest / 2
    below = top + tallest + 30
    elements: list[Element] = []
    x, ends, centres = MARGIN, [], []
    for block in blocks:
        centre = x + block.width / 2
        centres.append(centre)
        ends.append((centre - block.drawn_width / 2, centre + block.drawn_width / 2))
        elements.append(Group(tuple(block.draw(centre, middle)), part="block"))
        elements.append(Group(tuple(labels_below(block.labels, centre, below)), part="labels"))
        x += block.width + GAP
    for (_, start), (end, _) in pairwise(ends):
        elements += arrow((start + 8, middle), (end - 6, middle))
    for arc in arcs:
        elements += _arc(arc, blocks, centres, middle, top - 20 - LEVEL * levels[arc])
    width = max(x - GAP + MARGIN, NARROWEST)
    sentence = _sentence(stages, layers, len(arcs))
    y = below + (LABEL_SIZE + 2 * SMALL) * LINE + 8
    words, y = paragraph([sentence, SCALE], y, width, role=Role.MUTED)
    return finish(width, y + MARGIN - 8, title, f"{sentence} {SCALE}", [*elements, *words])


def _levels(arcs: list[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """How high each arc runs: above all shorter ones that it would touch."""
    levels: dict[tuple[int, int], int] = {}
    for arc in arcs:
        touched = [
            level for other, level in levels.items() if other[0] <= arc[1] and arc[0] <= other[1]
        ]
        levels[arc] = max(touched, default=-1) + 1
    return levels


def _arc(
    arc: tuple[int, int],
    blocks: list[Box | Classes],
    centres: list[float],
    middle: float,
    y: float,
) -> list[Element]:
    """From the top of one block up, across, and down to the top of another."""
    (x1, x2), (first, second) = ((centres[at] for at in arc), (blocks[at] for at in arc))
    start = middle - first.drawn_height / 2 - 4
    end = middle - second.drawn_height / 2 - 4
    strokes = ((x1 + 5, start, x1 + 5, y), (x1 + 5, y, x2 - 5, y))
    skip: list[Element] = [
        Segments(strokes, Role.ACCENT, 2.0),
        *arrow((x2 - 5, y), (x2 - 5, end), Role.ACCENT),
    ]
    return [Group(tuple(skip), part="skip")]


def _sentence(stages: list[_Stage], layers: int, arcs: int) -> str:
    sizes = " → ".join(times((*stage.spatial, stage.channels)) for stage in stages)
    skips = (
        f" {arcs} {plural('connection', arcs)} {'skip' if arcs > 1 else 'skips'} stages."
        if arcs
        else ""
    )
    count = len(stages) - 1
    return (
        f"{layers} {plural('layer', layers)} in {count} {plural('stage', count)}: {sizes}.{skips}"
    )
