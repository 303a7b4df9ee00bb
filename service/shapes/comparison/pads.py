"""The padding of a window that slides, in another framework's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.shapes.errors import UnknownError
from service.shapes.infer import output_size
from service.shapes.padding import RULES
from service.shapes.wording import own_parameter, write_padding

if TYPE_CHECKING:
    from service.shapes.comparison.wanted import Wanted

__all__ = ["write_pads"]


def _stride(wanted: Wanted, framework: str) -> tuple[int, ...]:
    """Return the stride that was given, or the one that the framework takes by itself."""
    if wanted.stride is not None:
        return wanted.stride
    parameter = own_parameter(framework, wanted.op, "stride")
    if parameter is None or parameter.default is None:
        return wanted.kernel_size
    return (1,) * wanted.rank


def _rule_pads(wanted: Wanted, framework: str, rule: str) -> tuple[tuple[int, int], ...]:
    stride = _stride(wanted, framework)
    return tuple(
        RULES[rule](size, reach, step)
        for size, reach, step in zip(wanted.spatial, wanted.reaches, stride, strict=True)
    )


def write_pads(wanted: Wanted, framework: str) -> tuple[dict[str, Any], str]:
    """Write the padding of a window that slides, and say what had to be said otherwise.

    Raises:
        UnknownError: the framework has no words for it.
    """
    padding, op, reaches = wanted.padding, wanted.op, wanted.reaches
    if isinstance(padding, str) and padding in ("circular", "reflect"):
        return _mirrored(wanted, framework, padding)
    strided = framework == "pytorch" and max(_stride(wanted, framework)) > 1
    if not (padding == "same" and strided):
        written = write_padding(framework, op, padding, reaches)
        if written is not None:
            return written, ""
    name = f"padding `{padding}`" if isinstance(padding, str) else "such padding"
    pads = _rule_pads(wanted, framework, padding) if isinstance(padding, str) else padding
    written = write_padding(framework, op, pads, reaches)
    if written is not None and (framework != "pytorch" or isinstance(padding, str)):
        return written, ""
    rule = _rule_of_same_size(wanted, framework, pads)
    if rule is not None:
        written = write_padding(framework, op, rule, reaches)
        if written is not None:
            return written, f"{framework} has no {name} here; `{rule}` gives the same size."
    even = tuple((max(sides), max(sides)) for sides in pads)
    written = write_padding(framework, op, even, reaches) if framework == "pytorch" else None
    if written is not None:
        return written, (
            f"{framework} has no {name} here and pads both sides alike: the larger side was taken."
        )
    raise UnknownError(
        "not_in_framework",
        f"{op} in {framework} has no words for {name} ({', '.join(map(str, pads))}).",
        hint="pad before the layer, and give it no padding",
    )


def _mirrored(wanted: Wanted, framework: str, mode: str) -> tuple[dict[str, Any], str]:
    """Write flax's CIRCULAR and REFLECT as pixels with a mode of padding."""
    written = None
    if wanted.answer is not None and own_parameter(framework, wanted.op, "padding_mode"):
        pads = wanted.answer.layer.padding
        written = write_padding(framework, wanted.op, pads, wanted.reaches)
    if written is None:
        raise UnknownError(
            "not_in_framework",
            f"{wanted.op} in {framework} has no padding `{mode}`.",
            hint="pad with that mode before the layer",
        )
    return {**written, "padding_mode": mode}, ""


def _rule_of_same_size(
    wanted: Wanted, framework: str, pads: tuple[tuple[int, int], ...]
) -> str | None:
    """Find the name of padding that leads to the same sizes, where padding can only be named."""
    if framework not in ("keras", "tensorflow"):
        return None
    sizes = _slid(wanted, framework, pads)
    for rule in ("same", "valid"):
        if _slid(wanted, framework, _rule_pads(wanted, framework, rule)) == sizes:
            return rule
    return None


def _slid(wanted: Wanted, framework: str, pads: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    return tuple(
        output_size(size, reach, step, before, after)
        for size, reach, step, (before, after) in zip(
            wanted.spatial, wanted.reaches, _stride(wanted, framework), pads, strict=True
        )
    )
