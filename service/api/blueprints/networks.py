"""``/v1/networks``: whole networks, layer by layer, and a catalogue of well-known ones."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.api.auth import anonymous
from service.api.blueprints.shapes import SHAPE_CODES
from service.api.codes import networks as codes
from service.api.conditional import fixed
from service.api.fields import Text
from service.api.negotiation import CSV, PNG, SVG
from service.api.operation import Answer, Example, Reply, Resource
from service.api.problems import Problem
from service.api.schemas.decks import FigureQuery
from service.api.schemas.networks import (
    CatalogueSchema,
    EntrySchema,
    NamedNetwork,
    NamedNetworkReader,
    NetworkReader,
    NetworkSchema,
)
from service.figures import THEMES, draw_network, png, svg
from service.shapes import MisfitError, ShapeError
from service.shapes.catalogue import Entry, catalogue, entry
from service.shapes.network import (
    Network,
    NetworkInference,
    csv_table,
    describe_network,
    infer_network,
    read_network,
    text_table,
)
from service.shapes.symbolic.network import describe_named_network, named_network_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.api.operation import Write

__all__ = ["READER", "drawings", "resource"]

resource = Resource(
    "networks",
    tag="Networks",
    about="Graphs of layers: every layer's output, parameters, multiply-accumulates and receptive "
    "field, the sums, and a catalogue of well-known networks.",
)


def drawings(inference_of: Callable[[Any], NetworkInference]) -> dict[str, Write | None]:
    """The writers of pictures, for answers in which ``inference_of`` finds the network."""
    return {
        SVG: lambda value: svg(draw_network(inference_of(value))),
        PNG: lambda value: png(draw_network(inference_of(value))),
    }


READER: Final = NetworkReader()
_CACHE: Final = fixed(3600)
_SMALL: Final = {
    "input_shape": [28, 28, 1],
    "layers": [
        {"name": "conv1", "op": "conv2d", "params": {"filters": 16, "kernel_size": 5}},
        {"name": "relu1", "op": "relu"},
        {"name": "pool1", "op": "max_pool2d", "params": {"kernel_size": 2}},
        {"op": "flatten"},
        {"name": "fc", "op": "linear", "params": {"out_features": 10}},
    ],
}
_RESIDUAL: Final = {
    "framework": "pytorch",
    "input_shape": [1, 64, 56, 56],
    "layers": [
        {
            "name": "conv1",
            "op": "conv2d",
            "params": {"out_channels": 64, "kernel_size": 3, "padding": 1},
        },
        {"name": "sum", "op": "add", "inputs": ["conv1", "input"]},
    ],
}
_TOO_LARGE: Final = {
    "input_shape": [8, 8, 3],
    "layers": [
        {"name": "conv1", "op": "conv2d", "params": {"kernel_size": 3}},
        {"name": "conv2", "op": "conv2d", "params": {"kernel_size": 7}},
    ],
}


_NAMED: Final = {
    "framework": "pytorch",
    "input_shape": ["N", 3, "H", "W"],
    "layers": [
        {"op": "conv2d", "params": {"out_channels": 64, "kernel_size": 7, "stride": 2}},
        {"op": "max_pool2d", "params": {"kernel_size": 3, "stride": 2}},
    ],
}

_Found = NetworkInference | dict[str, Any]


def _numbers(found: _Found) -> NetworkInference:
    """The network that a picture or a table of numbers can be made of; raises MisfitError."""
    if isinstance(found, dict):
        raise MisfitError(
            "name_needs_number",
            "This form of the answer needs numbers.",
            pointer="/input_shape",
            hint="give numbers, or ask for application/json or text/plain",
        )
    return found


@resource.post(
    "/v1/networks",
    id="computeNetwork",
    summary="A whole network, layer by layer",
    access=anonymous("compute"),
    request=NamedNetworkReader(),
    answers={
        200: Answer(
            "Every layer, the sums, and the receptive field.",
            NetworkSchema(),
            example=lambda: describe_network(infer_network(READER.load(_SMALL))),
            dump=lambda found: found if isinstance(found, dict) else describe_network(found),
            text=lambda found: (
                named_network_table(found) if isinstance(found, dict) else text_table(found)
            ),
            media={
                CSV: lambda found: csv_table(_numbers(found)),
                **drawings(_numbers),
            },
        )
    },
    errors=(*SHAPE_CODES, *codes.TABLE["Networks"]),
    examples=(
        Example("One convolution, one pool, one linear layer", body=_SMALL),
        Example("A residual connection, in PyTorch's words", body=_RESIDUAL),
        Example(
            "A kernel larger than what is left",
            body=_TOO_LARGE,
            status=422,
            code="kernel_larger_than_padded_input",
        ),
        Example("No layers", body={"input_shape": [8], "layers": []}, status=422),
        Example("Names as sizes", body=_NAMED),
    ),
)
def compute_network(body: Network | NamedNetwork) -> _Found:
    """Compute every layer of a network of up to 10,000, and what it takes in all.

    A layer reads the one before it, or those that `inputs` names; `input` is the network's own
    input. Errors point to the value: `/layers/3/params/kernel_size`. As `text/plain` the answer is
    a table, as `text/csv` one for spreadsheets, as `image/svg+xml` or `image/png` a picture of its
    stages. A size of the input may be a name (`"H"`): shapes and sums are then formulas in the
    names, and `conditions` says for which sizes they hold.
    """
    if isinstance(body, NamedNetwork):
        return describe_named_network(body.document)
    return infer_network(body)


def _listed(one: Entry) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "source": one.source,
        "note": one.note,
        "input_shape": list(one.input_shape),
    }


def _catalogue() -> dict[str, Any]:
    return {"items": [_listed(one) for one in catalogue()]}


def _catalogue_text(value: Mapping[str, Any]) -> str:
    return "\n".join(
        f"{one['name']}: {one['title']}, input {'×'.join(map(str, one['input_shape']))}"
        for one in value["items"]
    )


@resource.get(
    "/v1/networks",
    id="listNetworks",
    summary="Well-known networks",
    access=anonymous("compute"),
    answers={
        200: Answer(
            "The catalogue, families in the order of their years.",
            CatalogueSchema(),
            example=lambda: {"items": _catalogue()["items"][:2]},
            text=_catalogue_text,
        )
    },
    cache=_CACHE,
    examples=(Example("All of them"),),
)
def list_networks() -> dict[str, Any]:
    """List the networks of the catalogue."""
    return _catalogue()


class _Known(NamedTuple):
    entry: Entry
    definition: dict[str, object]
    inference: NetworkInference


@lru_cache(maxsize=64)
def _known(name: str) -> _Known:
    found = entry(name)
    definition = found.document()
    return _Known(found, definition, infer_network(read_network(definition)))


@lru_cache(maxsize=64)
def _drawn(name: str, media_type: str, theme: str) -> bytes:
    known = _known(name)
    drawing, colours = draw_network(known.inference, known.entry.title), THEMES[theme]
    return svg(drawing, colours).encode() if media_type == SVG else png(drawing, theme=colours)


def _picture(known: _Known, media_type: str, theme: str = "light") -> bytes:
    return _drawn(known.entry.name, media_type, theme)


def _described(known: _Known) -> dict[str, object]:
    listed = _listed(known.entry)
    return {**listed, **describe_network(known.inference), "definition": known.definition}


@resource.get(
    "/v1/networks/{name}",
    id="getNetwork",
    summary="A well-known network",
    access=anonymous("compute"),
    path={"name": Text(64, description="The name in the catalogue.", example="lenet5")},
    answers={
        200: Answer(
            "Its definition, every layer, and the sums.",
            EntrySchema(),
            example=lambda: _described(_known("lenet5")),
            dump=_described,
            text=lambda known: f"{known.entry.title}\n{text_table(known.inference)}",
            media={
                CSV: lambda known: csv_table(known.inference),
                SVG: lambda known: _picture(known, SVG),
                PNG: lambda known: _picture(known, PNG),
            },
        )
    },
    errors=("not_found",),
    cache=_CACHE,
    examples=(
        Example("LeNet-5", path={"name": "lenet5"}),
        Example("As a table", path={"name": "resnet18"}, query={"format": "text"}),
        Example("Not in the catalogue", path={"name": "lenet6"}, status=404, code="not_found"),
    ),
)
def get_network(name: str) -> _Known:
    """Show a network of the catalogue: how it is defined, and what it comes to.

    `definition` is what POST /v1/networks takes, to be changed and sent.
    """
    try:
        return _known(name)
    except ShapeError as error:
        hint = f" {error.hint[:1].upper()}{error.hint[1:]}" if error.hint else ""
        raise Problem("not_found", f"{error.detail}{hint}") from None


_figure = partial(
    resource.get,
    access=anonymous("compute"),
    path={"name": Text(64, description="The name in the catalogue.", example="resnet50")},
    query=FigureQuery(),
    errors=("not_found",),
    cache=_CACHE,
    examples=(
        Example("ResNet-50", path={"name": "resnet50"}),
        Example("For a dark page", path={"name": "unet"}, query={"theme": "dark"}),
        Example("Not in the catalogue", path={"name": "lenet6"}, status=404, code="not_found"),
    ),
)


@_figure(
    "/v1/networks/{name}/figure.svg",
    id="getNetworkFigureSvg",
    summary="A well-known network's pyramid, as SVG",
    answers={200: Answer("The picture.", media={SVG: None})},
)
def get_network_figure_svg(name: str, query: Mapping[str, Any]) -> Reply:
    """Draw the network stage by stage: space and depth in proportion, and what skips stages."""
    return Reply(_picture(get_network(name), SVG, query["theme"]), media_type=SVG)


@_figure(
    "/v1/networks/{name}/figure.png",
    id="getNetworkFigurePng",
    summary="A well-known network's pyramid, as PNG",
    answers={200: Answer("The picture.", media={PNG: None})},
)
def get_network_figure_png(name: str, query: Mapping[str, Any]) -> Reply:
    """Draw the same picture for chats and documents that show no SVG."""
    return Reply(_picture(get_network(name), PNG, query["theme"]), media_type=PNG)
