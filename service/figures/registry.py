"""The figures by the kind that a deck names: ``figure = {kind = "patch", weight = …}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from types import MappingProxyType
from typing import TYPE_CHECKING

from service.figures.errors import FigureError, did_you_mean
from service.figures.maps import rgb_to_maps
from service.figures.patch import patch
from service.figures.pyramid import pyramid
from service.figures.window import window

if TYPE_CHECKING:
    from service.figures.model import Drawing

FIGURES: Mapping[str, Callable[..., Drawing]] = MappingProxyType(
    {
        "patch": patch,
        "pyramid": pyramid,
        "rgb-to-k-maps": rgb_to_maps,
        "window": window,
    }
)


def figure(kind: str, parameters: Mapping[str, object] = MappingProxyType({})) -> Drawing:
    """Draw the figure of this kind from JSON parameters; those left out have defaults.

    Raises FigureError: ``unknown_figure`` for the kind, ``unknown_parameter`` or
    ``missing_parameter`` for a name, and whatever the figure itself refuses.
    """
    builder = FIGURES.get(kind)
    if builder is None:
        raise FigureError(
            "unknown_figure", f"There is no figure {kind!r}.", "/kind", did_you_mean(kind, FIGURES)
        )
    own = signature(builder).parameters.values()
    named = {name.name: name for name in own if name.kind is Parameter.KEYWORD_ONLY}
    for name, declared in named.items():
        if declared.default is Parameter.empty and name not in parameters:
            raise FigureError(
                "missing_parameter", f"The figure {kind} needs {name}.", f"/{name}", f"Give {name}."
            )
    if len(named) == len(own):
        for name in parameters.keys() - named.keys():
            raise FigureError(
                "unknown_parameter",
                f"The figure {kind} takes no {name}.",
                f"/{name}",
                did_you_mean(name, named),
            )
    return builder(**parameters)
