"""Pictures of questions: addresses made of the question's own parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from service.figures import unfit

if TYPE_CHECKING:
    from service.quiz.templates import Problem

__all__ = ["picture_links"]

_SLIDING: Final = frozenset({"conv", "max_pool", "avg_pool"})


def picture_links(problem: Problem, *, told: bool) -> dict[str, str] | None:
    """Where the picture of a question on one layer is; None where none can be drawn.

    Unless ``told``, the picture shows the window over the input alone, and where the windows hang
    over the end, which would tell how many there are, there is none.
    """
    found, request = problem.inference, problem.request
    if found is None or request is None or found.layer.kind not in _SLIDING or unfit(found):
        return None
    hangs_over = any(
        (axis.output - 1) * axis.stride + axis.effective_kernel_size
        > axis.input + sum(axis.padding)
        for axis in found.axes
    )
    if hangs_over and not told:
        return None
    query = {name: _text(value) for name, value in request.items() if name != "op"}
    if not told:
        query["show"] = "input"
    address = f"/v1/pictures/{request['op']}"
    sizes = "×".join(str(axis.input) for axis in found.axes)
    kernel = "×".join(str(axis.kernel_size) for axis in found.axes)
    seen = f"A window of {kernel} on an input of {sizes}"
    return {
        "svg": f"{address}.svg?{urlencode(query)}",
        "png": f"{address}.png?{urlencode(query)}",
        "alt": f"{seen}, and what comes out." if told else f"{seen}.",
    }


def _text(value: object) -> str:
    """A parameter as an address has it."""
    if isinstance(value, list | tuple):
        return "x".join(str(size) for size in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
