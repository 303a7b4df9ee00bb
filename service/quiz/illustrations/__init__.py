"""What the cards claim, computed by the engines and drawn: illustrations by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from service.quiz.illustrations.base import Illustration
from service.quiz.illustrations.filtered import edges, feature_maps, grey_and_colour, strides
from service.quiz.illustrations.moved import equivariance, invariance
from service.quiz.illustrations.sharing import shared_weights

__all__ = ["ILLUSTRATIONS", "Illustration", "illustration"]

ILLUSTRATIONS: Final[Mapping[str, Callable[[], Illustration]]] = MappingProxyType(
    {
        "equivariance": equivariance,
        "invariance": invariance,
        "shared-weights": shared_weights,
        "edges": edges,
        "feature-maps": feature_maps,
        "strides": strides,
        "grey-and-colour": grey_and_colour,
    }
)
"""What computes each, by its name."""


@lru_cache(maxsize=len(ILLUSTRATIONS))
def illustration(name: str) -> Illustration:
    """One illustration, computed once; KeyError for a name that there is not."""
    return ILLUSTRATIONS[name]()
