"""What all importers of networks give back, and how they refuse a file."""

from __future__ import annotations

from typing import NamedTuple

from service.shapes.errors import ShapeError

__all__ = ["ImportedNetwork", "NetworkImportError"]


class ImportedNetwork(NamedTuple):
    """A network from a file of another program.

    ``document`` is the JSON form that :func:`service.shapes.network.read_network` takes. ``notes``
    are sentences about what could not be taken over as it was.
    """

    document: dict[str, object]
    notes: tuple[str, ...]


class NetworkImportError(ShapeError):
    """A file that cannot be read as a network, or that holds what no layer here stands for."""
