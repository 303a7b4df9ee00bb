"""Question generators by id and version. A version that questions were issued with is kept."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from service.quiz.errors import UnknownTemplateError
from service.quiz.kinds import DIFFICULTIES, Difficulty
from service.quiz.templates.backwards import (
    EffectiveKernel,
    KernelFromShapes,
    SamePadding,
    StrideFromShapes,
)
from service.quiz.templates.base import Problem, Template, describe_template
from service.quiz.templates.cells import ConvCell, WhichFilter
from service.quiz.templates.conv_output_shape import ConvOutputShape
from service.quiz.templates.conv_output_size import ConvOutputSize
from service.quiz.templates.conv_parameters import ConvParameters
from service.quiz.templates.counting import (
    ConvMacs,
    DenseWeights,
    GrayscaleSaving,
    NeuronsPerPatch,
)
from service.quiz.templates.errata import Errata
from service.quiz.templates.frameworks import FrameworkDifference
from service.quiz.templates.layers import PoolOutputSize, TransposedOutputSize
from service.quiz.templates.meaning import Equivariance, PyramidShape, StrideOneAndTwo
from service.quiz.templates.receptive_field import ReceptiveField

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "TEMPLATES",
    "Problem",
    "Template",
    "describe_template",
    "find_template",
    "generate",
    "make",
    "read_difficulty",
]

_EVERY_VERSION: Final[tuple[Template, ...]] = (
    ConvOutputShape(),
    ConvOutputSize(),
    SamePadding(),
    KernelFromShapes(),
    StrideFromShapes(),
    EffectiveKernel(),
    ConvParameters(),
    ConvMacs(),
    NeuronsPerPatch(),
    DenseWeights(),
    GrayscaleSaving(),
    PoolOutputSize(),
    TransposedOutputSize(),
    StrideOneAndTwo(),
    Equivariance(),
    PyramidShape(),
    ConvCell(),
    WhichFilter(),
    FrameworkDifference(),
    Errata(),
    ReceptiveField(),
)
_BY_VERSION: Final = {(template.id, template.version): template for template in _EVERY_VERSION}

TEMPLATES: Final[Mapping[str, Template]] = {
    template.id: template for template in sorted(_EVERY_VERSION, key=lambda t: (t.id, t.version))
}
"""The newest version of each template, by id."""


def find_template(template_id: str, version: int | None = None) -> Template:
    """The template of this id in this version, or in the newest.

    Raises:
        UnknownTemplateError: there is none.
    """
    newest = TEMPLATES.get(template_id)
    if newest is None:
        close = difflib.get_close_matches(template_id[:100], TEMPLATES, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"one of: {', '.join(TEMPLATES)}"
        raise UnknownTemplateError("template", "There is no such template.", hint)
    found = newest if version is None else _BY_VERSION.get((template_id, version))
    if found is None:
        versions = ", ".join(str(number) for name, number in _BY_VERSION if name == template_id)
        detail = f"The template {template_id} has no version {version}."
        raise UnknownTemplateError("version", detail, f"versions: {versions}")
    return found


def read_difficulty(difficulty: str) -> Difficulty:
    """The difficulty of this name.

    Raises:
        UnknownTemplateError: there is none.
    """
    for known in DIFFICULTIES:
        if difficulty == known:
            return known
    hint = f"one of: {', '.join(DIFFICULTIES)}"
    raise UnknownTemplateError("difficulty", "There is no such difficulty.", hint)


@lru_cache(maxsize=256)
def make(template: Template, seed: int, difficulty: str) -> Problem:
    """Make one question of a template, of ours or of one's own; its `generate` says what it raises.

    The last ones are kept: a class is asked the same, and what was asked is soon answered.
    """
    return template.generate(seed, read_difficulty(difficulty))


def generate(
    template_id: str, seed: int, difficulty: str = "medium", version: int | None = None
) -> Problem:
    """Make one question; the same arguments make the same one for ever.

    Raises:
        UnknownTemplateError: no such template, version or difficulty.
        ValueError: the seed is not from 0 to 2**53 − 1.
    """
    return make(find_template(template_id, version), seed, difficulty)
