"""Well-known networks, layer by layer: one file a family.

Each is written as PyTorch (torchvision, where it has the network) builds it, for one picture. To
add a network, write its layers in a file and name the file's entries here.
"""

from __future__ import annotations

from typing import Final

from service.shapes.catalogue import (
    alexnet,
    dcgan,
    densenet,
    inception,
    lenet,
    mobilenet,
    resnet,
    squeezenet,
    unet,
    vgg,
)
from service.shapes.catalogue.blueprint import Blueprint, Entry
from service.shapes.dialects.refusals import suggestion
from service.shapes.errors import UnknownError

__all__ = ["Blueprint", "Entry", "catalogue", "entry", "network"]

_ENTRIES: Final[dict[str, Entry]] = {
    found.name: found
    for family in (
        lenet,
        alexnet,
        vgg,
        inception,
        resnet,
        densenet,
        squeezenet,
        mobilenet,
        unet,
        dcgan,
    )
    for found in family.ENTRIES
}


def catalogue() -> tuple[Entry, ...]:
    """List the networks of the catalogue, families in the order of their years."""
    return tuple(_ENTRIES.values())


def entry(name: str) -> Entry:
    """Find a network of the catalogue, or raise UnknownError (``unknown_network``)."""
    if name not in _ENTRIES:
        raise UnknownError(
            "unknown_network",
            f"There is no network `{name[:64]}` in the catalogue.",
            pointer="/name",
            hint=suggestion(name, tuple(_ENTRIES), "its networks"),
        )
    return _ENTRIES[name]


def network(name: str) -> dict[str, object]:
    """Write a network of the catalogue in its JSON form, or raise UnknownError."""
    return entry(name).document()
