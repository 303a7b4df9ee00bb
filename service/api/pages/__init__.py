"""The few pages for browsers: templates, and the files that they load (``assets/``).

Pages follow the strict policy of :data:`service.api.envelope.PAGE_POLICY`: no inline script or
style, nothing from another host. Swagger UI's own files come from the package flask-swagger-ui.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["ASSETS", "read_asset", "render"]

_OURS: Final = ("service.api.pages", "assets")
_SWAGGER: Final = ("flask_swagger_ui", "dist")

ASSETS: Final = {
    "site.css": (_OURS, "text/css"),
    "icon.svg": (_OURS, "image/svg+xml"),
    "docs.js": (_OURS, "text/javascript"),
    "swagger-ui.css": (_SWAGGER, "text/css"),
    "swagger-ui-bundle.js": (_SWAGGER, "text/javascript"),
}
"""What pages load: where each file is, and its media type. There is nothing else to be had."""


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("service.api", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: Any) -> str:
    """Fill in a template; every value is escaped."""
    return _environment().get_template(template).render(**values)


@cache
def read_asset(name: str) -> tuple[bytes, str]:
    """The bytes and the media type of a file in :data:`ASSETS`; raises ``KeyError``."""
    (package, folder), media = ASSETS[name]
    place: Traversable = files(package).joinpath(folder, name)
    return place.read_bytes(), media
