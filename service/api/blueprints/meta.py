"""What is about the service itself: where to start, is it well, its contract, its pages."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from flask import request

from service import resources
from service.api.auth import PUBLIC, check_watcher
from service.api.conditional import REVALIDATE, fixed
from service.api.context import services
from service.api.fields import Text
from service.api.heavy import take_turn
from service.api.json import dumps
from service.api.metrics import MEDIA_TYPE
from service.api.negotiation import HTML, JSON
from service.api.operation import Answer, Example, Reply, Resource
from service.api.pages import ASSETS, read_asset, render
from service.api.problems import Problem
from service.api.schemas.meta import AliveSchema, HomeSchema, ReadySchema
from service.api.version import VERSION
from service.shapes import infer, read_layer, summary
from service.store import migrate

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["YAML", "contract_as_json", "resource"]

resource = Resource("meta", tag="Service", about="About the service itself.")

YAML: Final = "application/yaml"
_ADDRESS: Final = "/v1/shapes/conv2d?input_shape=28x28x3&kernel_size=5&filters=16&padding=same"
_ABOUT: Final = (
    "Shapes and costs of CNN layers, small convolutions with their arithmetic, and flashcards "
    "that know their own answers."
)
_PLACES: Final = (
    ("shapes", "What can be computed", "/v1/shapes"),
    ("decks", "The flashcards", "/v1/decks"),
    ("docs", "Every address, to try in the browser", "/docs"),
    ("openapi", "The contract", "/openapi.yaml"),
    ("errors", "Every error, explained", "/errors"),
    ("ready", "Is it well?", "/readyz"),
)

_NOT_READY: Final = {
    "missing": "The database has no tables yet: run `convcards migrate`.",
    "behind": "The database is of an older release: run `convcards migrate`.",
    "ahead": "The database is of a newer release than this service.",
}


def _home(base: str) -> dict[str, Any]:
    return {
        "service": "ConvCards",
        "about": _ABOUT,
        "version": VERSION,
        "links": {name: link for name, _, link in _PLACES},
        "try_it": f"curl -s '{base}{_ADDRESS}&format=text'",
    }


def _home_text(home: Mapping[str, Any]) -> str:
    links = [f"{name:8} {link}" for name, link in home["links"].items()]
    return "\n".join([home["service"], home["about"], "", *links, "", home["try_it"]])


def _home_page(_home: object) -> str:
    layer = read_layer(
        "textbook", "conv2d", [28, 28, 3], {"kernel_size": 5, "filters": 16, "padding": "same"}
    )
    return render(
        "home.html",
        base=_base(),
        address=_ADDRESS,
        answer=summary(infer(layer)),
        places=_PLACES,
    )


def _base() -> str:
    return request.host_url.rstrip("/")


@resource.get(
    "/",
    id="getHome",
    summary="Where to start",
    access=PUBLIC,
    answers={
        200: Answer(
            "Links; a page for browsers.",
            HomeSchema(),
            example=lambda: _home("http://localhost"),
            text=_home_text,
            media={HTML: _home_page},
        )
    },
    cache=REVALIDATE,
    examples=(Example("Links"),),
)
def get_home() -> dict[str, Any]:
    """List where to go from here."""
    return _home(_base())


@resource.get(
    "/livez",
    id="getAlive",
    summary="Is the process alive?",
    access=PUBLIC,
    answers={200: Answer("It is.", AliveSchema(), example={"status": "alive"})},
    examples=(Example("Alive"),),
)
def get_alive() -> dict[str, str]:
    """Answer, without looking at anything else."""
    return {"status": "alive"}


@resource.get(
    "/readyz",
    id="getReady",
    summary="Can it do its work?",
    access=PUBLIC,
    answers={
        200: Answer(
            "The database is reachable and up to date.",
            ReadySchema(),
            example={"status": "ready", "database": "sqlite"},
        )
    },
    errors=("service_unavailable", "not_migrated"),
    examples=(Example("Ready"),),
)
def get_ready() -> dict[str, str]:
    """Ask the database whether it is there, and at the revision that this code needs."""
    database = services().database
    state = migrate.state(database.engine)
    if state != "current":
        raise Problem("not_migrated", _NOT_READY[state], headers={"Retry-After": "5"})
    return {"status": "ready", "database": database.dialect}


@resource.get(
    "/metrics",
    id="getMetrics",
    summary="What it counts about itself",
    access=PUBLIC,
    answers={
        200: Answer("Counters and gauges, as Prometheus reads them.", media={"text/plain": None})
    },
    errors=("metrics_refused",),
    examples=(Example("All of it"),),
)
def get_metrics() -> Reply:
    """Tell what all processes of this machine have counted, to those who may watch them."""
    check_watcher(request.environ, services().settings)
    return Reply(services().metrics.exposition(), media_type=MEDIA_TYPE)


@cache
def contract_as_yaml() -> bytes:
    """The committed contract as it stands."""
    return resources.openapi_file().read_bytes()


@cache
def contract_as_json() -> bytes:
    """The same as JSON, which takes a second and tens of megabytes to make."""
    import yaml  # nothing else that is served needs it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    made = yaml.load(contract_as_yaml(), loader)  # noqa: S506 - both are safe
    return (dumps(made) + "\n").encode()


@resource.get(
    "/openapi.yaml",
    id="getContractAsYaml",
    summary="The contract, as YAML",
    access=PUBLIC,
    answers={200: Answer("An OpenAPI 3.1 document.", media={YAML: None})},
    cache=fixed(300),
    examples=(Example("The contract"),),
)
def get_contract_as_yaml() -> Reply:
    """The committed file, byte for byte."""
    return Reply(contract_as_yaml(), media_type=YAML)


@resource.get(
    "/openapi.json",
    id="getContractAsJson",
    summary="The contract, as JSON",
    access=PUBLIC,
    answers={200: Answer("The same document.", media={JSON: None})},
    errors=("busy",),
    cache=fixed(300),
    examples=(Example("The contract"),),
)
def get_contract_as_json() -> Reply:
    """The same, for tools that read JSON."""
    if not contract_as_json.cache_info().currsize:
        take_turn()  # many may ask at once before it is there: one makes it
    return Reply(contract_as_json(), media_type=JSON)


@resource.get(
    "/docs",
    id="getDocs",
    summary="The contract, to read and to try",
    access=PUBLIC,
    answers={200: Answer("A page.", media={HTML: lambda _: render("docs.html")})},
    cache=fixed(300),
    examples=(Example("The page"),),
)
def get_docs() -> None:
    """Swagger UI; it loads nothing from another host."""


@resource.get(
    "/assets/{name}",
    id="getAsset",
    summary="A file that a page loads",
    access=PUBLIC,
    path={"name": Text(64, description="One of " + ", ".join(ASSETS) + ".", example="site.css")},
    answers={
        200: Answer("The file.", media={media: None for _, media in ASSETS.values()}),
    },
    cache=fixed(3600),
    examples=(Example("The style sheet", path={"name": "site.css"}),),
)
def get_asset(name: str) -> Reply:
    """Serve a style sheet, script or picture of the pages."""
    if name not in ASSETS:
        raise Problem("not_found", "No page has a file of this name.")
    body, media = read_asset(name)
    return Reply(body, media_type=media)
