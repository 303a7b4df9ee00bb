"""The resources of the API, one file each; their order is that of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.api.blueprints import (
    answers,
    authoring,
    cards,
    comparisons,
    convolutions,
    deck_files,
    decks,
    diagnoses,
    errors,
    filters,
    illustrations,
    imports,
    jobs,
    keys,
    meta,
    network_runs,
    own_questions,
    people,
    pictures,
    progress,
    questions,
    quizzes,
    reports,
    review_log,
    reviews,
    shapes,
    solutions,
    sweeps,
    templates,
    tokens,
)

if TYPE_CHECKING:
    from service.api.operation import Resource

__all__ = ["RESOURCES"]

RESOURCES: Final[tuple[Resource, ...]] = (
    shapes.resource,
    sweeps.resource,
    imports.resource,
    network_runs.resource,
    solutions.resource,
    diagnoses.resource,
    comparisons.resource,
    convolutions.resource,
    pictures.resource,
    filters.resource,
    decks.resource,
    cards.resource,
    authoring.resource,
    own_questions.resource,
    deck_files.resource,
    illustrations.resource,
    templates.resource,
    questions.resource,
    answers.resource,
    quizzes.resource,
    reviews.resource,
    review_log.resource,
    people.resource,
    progress.resource,
    reports.resource,
    jobs.resource,
    tokens.resource,
    keys.resource,
    errors.resource,
    meta.resource,
)
"""Every resource; what is not named here has no route."""
