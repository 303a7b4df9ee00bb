"""One layer in every framework: what comes out of it, and whether the numbers are the same.

A request in one framework's words is written in those of the others, or in the nearest that they
have; each framework then answers or refuses it by its own rules. What the request leaves out is
left to the frameworks' defaults (a pool's stride, what an average is divided by), except for
padding and biases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from service.shapes.comparison.differences import Shift, comparable, shifts
from service.shapes.comparison.edits import edit, pad_first
from service.shapes.comparison.quirks import Quirk, quirks
from service.shapes.comparison.reasons import Reason, answers_of, notes, reasons, shape_code
from service.shapes.comparison.report import describe_comparison, summarise_comparison
from service.shapes.comparison.wanted import SLIDING, Wanted, read_wanted
from service.shapes.comparison.writing import Written, write
from service.shapes.dialects import FRAMEWORKS, layouts, operations, read_layer
from service.shapes.errors import ShapeError, UnknownError
from service.shapes.infer import Inference, infer
from service.shapes.snippets import code

__all__ = [
    "Comparison",
    "Outcome",
    "Quirk",
    "Reason",
    "Shift",
    "compare",
    "describe_comparison",
    "summarise_comparison",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one framework makes of the layer.

    Either ``output_shape`` (in the framework's ``layout``) and what goes with it are given, or
    ``problem`` says why not: the framework refuses the layer, or, where not ``available``, has no
    words for it. ``values`` are the layer in the framework's own words, ``nearest`` what had to be
    said otherwise. ``comparable_shape`` has its axes in the order of the request. ``shifts`` say
    why the numbers differ from those of the request's own framework though the shape is the same,
    and ``edit`` what to change so that they do not. ``quirks`` are what programs do in spite of the
    rules.
    """

    framework: str
    available: bool
    layout: str | None
    input_shape: tuple[int, ...] | None
    values: Mapping[str, Any] | None
    nearest: str
    output_shape: tuple[int, ...] | None
    comparable_shape: tuple[int, ...] | None
    padding: tuple[tuple[int, int], ...] | None
    params: int | None
    code: str | None
    problem: ShapeError | None
    shifts: tuple[Shift, ...]
    edit: str | None
    quirks: tuple[Quirk, ...]

    @property
    def values_shift(self) -> bool:
        """Whether the numbers differ at equal shape."""
        return bool(self.shifts)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One layer in several frameworks.

    ``agree`` is True if all that have words for the layer refuse it, or all give the same shape
    and the same numbers. ``reasons`` say why not (and name rules that a formula without them would
    miss), ``notes`` what else is worth knowing. ``edit`` puts the changes together that make them
    agree; it is None where nothing has to be changed, or can be.
    """

    op: str
    framework: str
    outcomes: Mapping[str, Outcome]
    agree: bool
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    edit: str | None


def compare(
    layer_request: Mapping[str, Any], frameworks: Sequence[str] | None = None
) -> Comparison:
    """Compare a layer, given as POST /v1/shapes takes it, between ``frameworks`` (default: all).

    Raises:
        ShapeError: the request makes no sense in any framework, or a framework is unknown.
    """
    for index, framework in enumerate(frameworks or ()):
        try:
            operations(framework)
        except ShapeError as error:
            error.pointer = f"/frameworks/{index}"
            raise
    asked = dict.fromkeys(frameworks or FRAMEWORKS)
    wanted = read_wanted(layer_request)
    answers = {framework: _ask(wanted, framework) for framework in asked}
    reference = wanted.answer
    if reference is None:
        reference = next((a for _, a in answers.values() if isinstance(a, Inference)), None)
    outcomes = {
        framework: _outcome(wanted, framework, written, answer, reference)
        for framework, (written, answer) in answers.items()
    }
    given = answers_of(answers)
    found = reasons(wanted, outcomes, given, reference)
    edits = [f"{o.framework}: {o.edit}" for o in outcomes.values() if o.edit and o.available]
    return Comparison(
        wanted.op,
        wanted.framework,
        outcomes,
        _agree(outcomes, found),
        found,
        notes(given),
        "; ".join(edits) or None,
    )


_Answer = tuple[Written | None, "Inference | ShapeError"]


def _ask(wanted: Wanted, framework: str) -> _Answer:
    """Write the layer for a framework, and let it answer or refuse."""
    try:
        written = write(wanted, framework)
    except UnknownError as error:
        return None, error
    if framework == wanted.framework:
        return written, wanted.source
    try:
        return written, infer(
            read_layer(framework, wanted.op, written.input_shape, written.values, written.layout)
        )
    except ShapeError as error:
        return written, error


def _outcome(
    wanted: Wanted,
    framework: str,
    written: Written | None,
    answer: Inference | ShapeError,
    reference: Inference | None,
) -> Outcome:
    layout = input_shape = values = None
    nearest = ""
    if written is not None:
        layout, input_shape, values, nearest = written
    asked = Outcome(
        framework=framework,
        available=written is not None,
        layout=layout,
        input_shape=input_shape,
        values=values,
        nearest=nearest,
        output_shape=None,
        comparable_shape=None,
        padding=None,
        params=None,
        code=None,
        problem=None,
        shifts=(),
        edit=None,
        quirks=quirks(wanted.op, framework, answer) if written is not None else (),
    )
    if isinstance(answer, ShapeError):
        change = _instead(wanted, framework, answer, reference)
        return replace(asked, problem=answer, edit=change)
    found, change = _differences(wanted, answer, reference)
    return replace(
        asked,
        output_shape=answer.output_shape,
        comparable_shape=comparable(answer, wanted.layout),
        padding=tuple(axis.padding for axis in answer.axes),
        params=answer.params,
        code=code(answer.layer).get(framework),
        shifts=found,
        edit=change,
    )


def _differences(
    wanted: Wanted, answer: Inference, reference: Inference | None
) -> tuple[tuple[Shift, ...], str | None]:
    """Find out why the numbers differ from the reference's, and what to change."""
    if reference is None or reference is answer:
        return (), None
    found: tuple[Shift, ...] = ()
    if comparable(answer, wanted.layout) == comparable(reference, wanted.layout):
        found = shifts(reference, answer)
        codes = [shift.code for shift in found]
    else:
        codes = [shape_code(wanted, reference, answer)]
    changes = [edit(name, reference, answer) for name in codes]
    return found, "; ".join(change for change in changes if change) or None


def _instead(
    wanted: Wanted, framework: str, error: ShapeError, reference: Inference | None
) -> str | None:
    """Say what does the same in a framework that refuses the layer or has no words for it."""
    padded = reference is not None and any(map(any, reference.layer.padding))
    other = reference is not None and (
        reference.layer.padding_mode != "zeros"
        or any(min(pads) < 0 for pads in reference.layer.padding)
    )
    by_padding = isinstance(error, UnknownError) or error.code.startswith(("pool_padding", "bad_p"))
    if reference is None or other or not (padded and by_padding) or wanted.kind not in SLIDING:
        return error.hint or None
    if wanted.op not in operations(framework) or reference.layer.ceil_mode:
        return error.hint or None
    letters = next(
        (k for k in layouts(framework, wanted.op) if len(k) == wanted.rank + 2), wanted.layout
    )
    return pad_first(framework, reference.layer, letters)


def _agree(outcomes: Mapping[str, Outcome], found: Sequence[Reason]) -> bool:
    able = [outcome for outcome in outcomes.values() if outcome.available]
    if all(outcome.problem is not None for outcome in able):
        return True
    shapes = {outcome.comparable_shape for outcome in able}
    return (
        len(shapes) == 1
        and not any(outcome.values_shift or _refuses(outcome) for outcome in able)
        and not any(reason.disagrees for reason in found)
    )


def _refuses(outcome: Outcome) -> bool:
    return any(quirk.refuses for quirk in outcome.quirks)
