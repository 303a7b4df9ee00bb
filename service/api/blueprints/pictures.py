"""``/v1/pictures``: a layer's window over its input, drawn from its parameters alone."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.api.auth import anonymous
from service.api.blueprints.shapes import SHAPE_CODES, body_of_address
from service.api.codes import pictures as codes
from service.api.conditional import fixed
from service.api.fields import Text
from service.api.heavy import take_turn
from service.api.negotiation import PNG, SVG
from service.api.operation import Answer, Example, Reply, Resource
from service.api.schemas.layers import LayerReader
from service.api.schemas.pictures import PictureQuery
from service.figures import THEMES, animated_svg, draw_input, draw_window, film, gif, png, svg
from service.shapes import infer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.shapes import Inference, Layer

__all__ = ["GIF", "PNG", "SVG", "resource"]

resource = Resource(
    "pictures",
    tag="Pictures",
    about="The kernel over its input, drawn from a layer's parameters in an address, so that a "
    "chat or a page can show it: moving as SVG and GIF, or one step of it.",
)

GIF: Final = "image/gif"
_READER: Final = LayerReader()
_WINDOW: Final = {"input_shape": "7x7", "kernel_size": "3", "stride": "2", "padding": "1"}


class _Asked(NamedTuple):
    layer: Layer
    step: int | None
    show: str
    theme: str


@lru_cache(maxsize=128)
def _drawn(asked: _Asked, media_type: str) -> bytes:
    inference, theme = infer(asked.layer), THEMES[asked.theme]
    if asked.show == "input" or asked.step is not None or media_type == PNG:
        return _still(asked, inference, media_type)
    take_turn()
    frames = film(inference)
    return animated_svg(frames, theme).encode() if media_type == SVG else gif(frames, theme)


def _still(asked: _Asked, inference: Inference, media_type: str) -> bytes:
    theme = THEMES[asked.theme]
    if asked.show == "input":
        drawing = draw_input(inference)
    else:
        drawing = draw_window(inference, asked.step or 0)
    if media_type == PNG:
        return png(drawing, theme=theme)
    return svg(drawing, theme).encode() if media_type == SVG else gif([drawing], theme)


def _picture(op: str, query: Mapping[str, Any], media_type: str) -> Reply:
    layer = _READER.load(body_of_address(op, query["layer"]))
    asked = _Asked(layer, query["step"], query["show"], query["theme"])
    return Reply(_drawn(asked, media_type), media_type=media_type)


_declared = partial(
    resource.get,
    access=anonymous("compute"),
    path={"op": Text(64, description="What the layer does.", example="conv2d")},
    query=PictureQuery(),
    errors=("not_found", "busy", "name_needs_number", *codes.TABLE["Pictures"], *SHAPE_CODES),
    cache=fixed(86_400),
    examples=(
        Example("Stride 2, padding 1", path={"op": "conv2d"}, query=_WINDOW),
        Example(
            "The fifth step of a pool, for a dark page",
            path={"op": "max_pool2d"},
            query={
                "framework": "pytorch",
                "input_shape": "1x1x6x6",
                "kernel_size": "2",
                "step": "4",
                "theme": "dark",
            },
        ),
        Example(
            "For a question: the output is not shown",
            path={"op": "conv2d"},
            query={**_WINDOW, "show": "input"},
        ),
        Example(
            "A transposed convolution: patches put down on the output",
            path={"op": "conv_transpose2d"},
            query={"input_shape": "3x3", "kernel_size": "3", "stride": "2", "padding": "1"},
        ),
        Example(
            "Windows of an adaptive pool, no two of one size",
            path={"op": "adaptive_avg_pool2d"},
            query={"input_shape": "7x5", "output_size": "3x2"},
        ),
        Example(
            "More cells than a picture has room for",
            path={"op": "conv2d"},
            query={"input_shape": "64x64", "kernel_size": "3", "step": "0"},
            status=422,
            code="picture_too_large",
        ),
    ),
)


@_declared(
    "/v1/pictures/{op}.svg",
    id="getPictureSvg",
    summary="A layer's window over its input, as SVG",
    answers={200: Answer("The picture.", media={SVG: None})},
)
def get_picture_svg(op: str, query: Mapping[str, Any]) -> Reply:
    """Draw the window at every output position, one after the other; `step` draws one of them.

    The steps of a transposed convolution are the cells of its input, each with the patch that it
    puts down on the output. The parameters are those of `GET /v1/shapes/{op}`. It moves by SMIL,
    needs no script, and has room for 24×24 cells and 64 steps.
    """
    return _picture(op, query, SVG)


@_declared(
    "/v1/pictures/{op}.png",
    id="getPicturePng",
    summary="One step of it, as PNG",
    answers={200: Answer("The picture.", media={PNG: None})},
)
def get_picture_png(op: str, query: Mapping[str, Any]) -> Reply:
    """Draw one step for chats and documents that show no SVG: `step`, or the first."""
    return _picture(op, query, PNG)


@_declared(
    "/v1/pictures/{op}.gif",
    id="getPictureGif",
    summary="The same moving, as GIF",
    answers={200: Answer("The picture.", media={GIF: None})},
)
def get_picture_gif(op: str, query: Mapping[str, Any]) -> Reply:
    """Draw the window at every output position, for chats that show GIFs."""
    return _picture(op, query, GIF)
