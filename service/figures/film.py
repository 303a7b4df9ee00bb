"""Pictures that move: the kernel over its input, position after position, as SVG or GIF.

A film is a list of drawings of one size. What they share is written once; over it each frame lays
only what is its own, so that a film of 64 frames stays small. SVG moves by SMIL and needs no
script; where nothing moves it shows the first frame.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from service.figures.errors import FigureError
from service.figures.model import Drawing, Leaf, Rect, Text, leaves
from service.figures.palette import LIGHT, Role, Theme
from service.figures.parts import panel
from service.figures.png import painter
from service.figures.svg import element, opening, written
from service.figures.window import draw_window, unfit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.figures.scene import Numbers
    from service.shapes import Inference

__all__ = ["MAX_FRAMES", "SECONDS", "animated_svg", "film", "gif", "level"]

MAX_FRAMES: Final = 64
SECONDS: Final = 0.8
"""How long each frame stands."""


def film(inference: Inference, numbers: Numbers | None = None) -> list[Drawing]:
    """The window at each output position, row after row; or the patch of each input cell.

    Raises what `draw_window` does, and FigureError ``film_too_long`` for more than 64 positions.
    """
    error = unfit(inference)
    if error:
        raise error
    positions = inference.positions
    if positions > MAX_FRAMES:
        stepped = "input" if inference.layer.kind == "conv_transpose" else "output"
        raise FigureError(
            "film_too_long",
            f"The {stepped} has {positions} positions; a film has at most {MAX_FRAMES} frames.",
            "/input_shape",
            "Draw a smaller input or a larger stride, or one step: step=0.",
        )
    return level([draw_window(inference, step, numbers) for step in range(positions)])


def level(frames: Sequence[Drawing]) -> list[Drawing]:
    """The frames, all as high as the highest: some have words of a line more than others."""
    height = max(frame.height for frame in frames)
    return [
        replace(
            frame,
            height=height,
            elements=(panel(frame.width, height), *frame.elements[1:]),
        )
        for frame in frames
    ]


def animated_svg(frames: Sequence[Drawing], theme: Theme = LIGHT) -> str:
    """The frames as one SVG document that moves by itself, over and over."""
    base, own = _shared(frames)
    first = frames[0]
    words = f"{first.title}. {len(frames)} steps, one after the other, each with its own words."
    lines = [*opening(first), f"<desc>{written(words)}</desc>"]
    lines += [element(leaf, theme) for leaf in base]
    for index, (frame, overlay) in enumerate(zip(frames, own, strict=True)):
        lines.append(f'<g data-frame="{index}"{_hidden(index)}>{_moves(index, len(frames))}')
        lines.append(f"<desc>{written(frame.description)}</desc>")
        lines += [element(leaf, theme) for leaf in overlay]
        lines.append("</g>")
    return "\n".join([*lines, "</svg>"]) + "\n"


def gif(frames: Sequence[Drawing], theme: Theme = LIGHT) -> bytes:
    """The frames as a GIF that plays over and over."""
    from PIL import Image

    base, own = _shared(frames)
    first = frames[0]
    size = (round(first.width), round(first.height))
    ground = Image.new("RGB", size, theme[Role.PANEL])
    painter(ground, 1.0, theme).paint_all(base)
    images: list[Any] = []
    for overlay in own:
        frame = ground.copy()
        painter(frame, 1.0, theme).paint_all(overlay)
        # The colours of the first frame are those of all: the same roles, and their blends.
        palette = images[0] if images else None
        images.append(frame.quantize(128, palette=palette, dither=Image.Dither.NONE))
    buffer = BytesIO()
    images[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=round(SECONDS * 1000),
        loop=0,
        comment=first.title.encode("ascii", "replace"),
    )
    return buffer.getvalue()


def _hidden(index: int) -> str:
    return "" if index == 0 else ' visibility="hidden"'


def _moves(index: int, count: int) -> str:
    """Shown during its own part of the film."""
    if count == 1:
        return ""
    start, end = index / count, (index + 1) / count
    values, times = ["hidden", "visible", "hidden"], [0.0, start, end]
    if index == 0:
        values, times = values[1:], [0.0, end]
    if index == count - 1:
        values, times = values[:-1], times[:-1]
    return (
        f'<animate attributeName="visibility" calcMode="discrete" values="{";".join(values)}" '
        f'keyTimes="{";".join(f"{time:.5f}" for time in times)}" dur="{count * SECONDS:.1f}s" '
        'repeatCount="indefinite"/>'
    )


def _shared(frames: Sequence[Drawing]) -> tuple[list[Leaf], list[list[Leaf]]]:
    """What all frames show, and what each lays over it.

    Of cells that change, the look that most frames have is shared. A frame's own cell covers what
    is written in it, so that is written again.
    """
    flat = [[leaf for leaf, _, _ in leaves(frame.elements)] for frame in frames]
    everywhere = Counter(leaf for leaflets in flat for leaf in set(leaflets))
    looks: dict[tuple[float, ...], Rect] = {}
    for leaf, count in everywhere.items():
        if isinstance(leaf, Rect) and leaf.fill is not None:
            place = _place(leaf)
            if place not in looks or everywhere[looks[place]] < count:
                looks[place] = leaf
    shared = {leaf for leaf, count in everywhere.items() if count == len(frames)}
    shared |= set(looks.values())
    order = dict.fromkeys(leaf for leaflets in flat for leaf in leaflets if leaf in shared)
    base = sorted(order, key=lambda leaf: not isinstance(leaf, Rect))
    return base, [_own(leaflets, shared) for leaflets in flat]


def _own(leaflets: list[Leaf], shared: set[Leaf]) -> list[Leaf]:
    covering = [leaf for leaf in leaflets if isinstance(leaf, Rect) and leaf not in shared]
    filled = [leaf for leaf in covering if leaf.fill is not None]
    return [
        leaf
        for leaf in leaflets
        if leaf not in shared or (isinstance(leaf, Text) and any(_holds(r, leaf) for r in filled))
    ]


def _place(rect: Rect) -> tuple[float, ...]:
    return rect.x, rect.y, rect.width, rect.height


def _holds(rect: Rect, text: Text) -> bool:
    within = rect.x <= text.x <= rect.x + rect.width
    return within and rect.y <= text.y <= rect.y + rect.height
