"""Moving pictures: each frame shows what its still shows, and nothing is lost in between."""

from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from service.figures import (
    MAX_FRAMES,
    THEMES,
    FigureError,
    Numbers,
    animated_svg,
    draw_window,
    film,
    gif,
    level,
    svg,
)
from service.figures.film import SECONDS
from service.shapes import Inference, infer, read_layer

SVG = "{http://www.w3.org/2000/svg}"
LAYERS = {
    "conv": ("conv2d", [7, 7], {"kernel_size": 3, "stride": 2, "padding": 1}),
    "dilated": ("conv2d", [9, 8], {"kernel_size": 3, "dilation": 2}),
    "pool": ("max_pool2d", [7, 6], {"kernel_size": 3, "stride": 2, "ceil_mode": True}),
    "mean": ("avg_pool2d", [6, 6], {"kernel_size": 2, "padding": 1}),
    "norm": ("lp_pool1d", [9], {"kernel_size": 3, "norm_type": 2}),
    "row": ("conv1d", [9], {"kernel_size": 4, "padding": 2}),
    "depthwise": ("depthwise_conv2d", [5, 5, 3], {"kernel_size": 3}),
    "transposed": ("conv_transpose2d", [4, 3], {"kernel_size": 3, "stride": 2, "padding": 1}),
    "spread": ("conv_transpose1d", [5], {"kernel_size": 2, "stride": 3}),
    "adaptive": ("adaptive_avg_pool2d", [7, 5], {"output_size": [3, 2]}),
    "global": ("global_max_pool2d", [4, 3], {}),
}


def parse(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own picture


def inference(name: str) -> Inference:
    op, shape, values = LAYERS[name]
    return infer(read_layer("textbook", op, shape, values))


def numbered(found: Inference) -> Numbers:
    """A number of its own in each cell, and for each step words of their own."""
    sizes = [1, *found.layer.spatial][-2:]
    outputs = [1, *(axis.output for axis in found.axes)][-2:]
    source, made = (
        tuple(tuple(start + r * 20.0 + c for c in range(size[1])) for r in range(size[0]))
        for start, size in ((100, sizes), (600, outputs))
    )
    sums = {step: "1·2 + " * step**2 + "0" for step in range(found.positions)}
    return Numbers(source, made, sums, dict.fromkeys(range(found.positions), made))


def painted(elements: list[ET.Element]) -> dict[Any, Any]:
    """The look of each place: the last that is painted there counts."""
    look = {}
    for element in elements:
        kind = element.tag.removeprefix(SVG)
        if kind == "rect" and element.get("fill") != "none":
            place = tuple(element.get(name) for name in ("x", "y", "width", "height"))
            look[place] = element.get("fill")
        elif kind == "text":
            look["text", element.get("x"), element.get("y")] = element.text
        elif kind in ("rect", "path", "polygon"):
            look[kind, *sorted(element.attrib.items())] = True
    return look


def leaves(root: ET.Element) -> list[ET.Element]:
    drawn = ("rect", "text", "path", "polygon")
    return [one for one in root.iter() if one.tag.removeprefix(SVG) in drawn]


@pytest.mark.parametrize("numbers", [False, True], ids=["plain", "numbers"])
@pytest.mark.parametrize("name", LAYERS)
def test_each_frame_shows_what_its_still_shows(name: str, numbers: bool) -> None:
    found = inference(name)
    given = numbered(found) if numbers else None
    frames = film(found, given)
    assert len(frames) == found.positions
    assert len({(frame.width, frame.height) for frame in frames}) == 1
    root = parse(animated_svg(frames))
    groups = [one for one in root if one.get("data-frame") is not None]
    own = {id(leaf) for group in groups for leaf in leaves(group)}
    base = [leaf for leaf in leaves(root) if id(leaf) not in own]
    for step, group in enumerate(groups):
        still = parse(svg(level([draw_window(found, step, given), *frames])[0]))
        assert painted([*base, *leaves(group)]) == painted(leaves(still)), step


def test_one_frame_is_seen_at_a_time() -> None:
    frames = film(inference("conv"))
    root = parse(animated_svg(frames))
    shown = [0.0]
    for index, group in enumerate(one for one in root if one.get("data-frame")):
        move = group.find(f"{SVG}animate")
        assert move is not None
        times = [float(time) for time in move.get("keyTimes", "").split(";")]
        values = move.get("values", "").split(";")
        assert move.get("dur") == f"{len(frames) * SECONDS:.1f}s"
        assert (group.get("visibility") == "hidden") == (index > 0)
        assert group.findtext(f"{SVG}desc") == frames[index].description
        begin = times[values.index("visible")]
        assert begin == pytest.approx(index / len(frames), abs=1e-4)
        shown.append(begin)
    assert shown == sorted(shown)
    assert root.find(f"{SVG}title") is not None
    assert "16 steps" in (root.findtext(f"{SVG}desc") or "")
    assert "script" not in ET.tostring(root, encoding="unicode")


@pytest.mark.parametrize("theme", THEMES)
def test_a_gif_has_a_frame_for_each_position(theme: str) -> None:
    frames = film(inference("conv"))
    image = Image.open(BytesIO(gif(frames, THEMES[theme])))
    assert (image.n_frames, image.info["loop"]) == (16, 0)
    seen = set()
    for frame in range(16):
        image.seek(frame)
        assert image.info["duration"] == SECONDS * 1000
        seen.add(image.convert("RGB").tobytes())
    assert len(seen) == 16


def test_a_film_is_as_long_as_can_be_watched() -> None:
    layer = read_layer("textbook", "conv2d", [10, 10], {"kernel_size": 3})
    assert len(film(infer(layer))) == MAX_FRAMES
    layer = read_layer("textbook", "conv2d", [11, 10], {"kernel_size": 3})
    with pytest.raises(FigureError) as refused:
        film(infer(layer))
    assert refused.value.code == "film_too_long"
