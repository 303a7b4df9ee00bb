"""The templates that own questions can be built on, by id and version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.quiz.own import backwards, counts, sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.quiz.own.basis import Basis

__all__ = ["BASES", "find_basis"]

_EVERY_VERSION: Final = (*sizes.BASES, *counts.BASES, *backwards.BASES)
_BY_VERSION: Final = {(one.template, one.version): one for one in _EVERY_VERSION}

BASES: Final[Mapping[str, Basis]] = {
    one.template: one for one in sorted(_EVERY_VERSION, key=lambda one: (one.template, one.version))
}
"""The newest version of each, by the template's id."""


def find_basis(template: str, version: int) -> Basis:
    """The basis of this version, which is kept for ever; raises KeyError for one never written."""
    return _BY_VERSION[template, version]
