"""What may be tried for each parameter along each axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from service.shapes.dialects.reading import read_flag, read_sizes
from service.shapes.errors import ParameterError, ShapeError
from service.shapes.padding import RULES
from service.shapes.solver.axis import DILATIONS, KERNELS, PADS, STRIDES, AxisProblem
from service.shapes.wording import given, own_parameter, read_padding

__all__ = ["read_axes", "refuse_fixed"]

_OUTPUT_PADS: Final = range(16)


def read_axes(
    framework: str,
    op: str,
    sizes: tuple[int, ...],
    targets: tuple[int, ...],
    wanted: Mapping[str, str],
    fixed: Mapping[str, Any],
) -> tuple[AxisProblem, ...]:
    """Find out what may be tried along each axis: one value where it is fixed, else all.

    Raises:
        ParameterError: a fixed value is none, or one is missing that has no default.
    """
    rank = len(sizes)
    kernels = _choices(framework, op, "kernel_size", rank, KERNELS, wanted, fixed)
    strides = _choices(framework, op, "stride", rank, STRIDES, wanted, fixed)
    dilations = _choices(framework, op, "dilation", rank, DILATIONS, wanted, fixed)
    more: list[tuple[int | None, ...]] = [(None,)] * rank
    if "output_padding" in wanted:
        more = [tuple(_OUTPUT_PADS)] * rank
    elif fixed.get("output_padding") is not None:
        more = [(n,) for n in _sizes(fixed, "output_padding", rank, 0)]
    words_only, paddings = _paddings(framework, op, rank, wanted, fixed)
    return tuple(
        AxisProblem(
            size=sizes[axis],
            target=targets[axis],
            kernels=kernels[axis],
            strides=strides[axis],
            paddings=paddings[axis],
            dilations=dilations[axis],
            output_paddings=more[axis],
            pool="pool" in op,
            ceil_mode=_ceil_mode(fixed),
            transposed=framework if op.startswith("conv_transpose") else None,
            words_only=words_only,
            overhanging=framework == "onnx" and "pool" in op,
            widened="padding" not in wanted and framework in ("jax", "flax"),
        )
        for axis in range(rank)
    )


def _ceil_mode(fixed: Mapping[str, Any]) -> bool:
    value = fixed.get("ceil_mode")
    try:
        return value == 1 if type(value) is int else read_flag(fixed, "ceil_mode", default=False)
    except ShapeError as error:
        refuse_fixed(error)


def _choices(
    framework: str,
    op: str,
    word: str,
    rank: int,
    domain: range,
    wanted: Mapping[str, str],
    fixed: Mapping[str, Any],
) -> list[tuple[int, ...]]:
    """List what one parameter may be along each axis; () where a stride follows the kernel."""
    if word in wanted:
        return [tuple(domain)] * rank
    known = given(fixed, word)
    if known is not None:
        return [(size,) for size in _sizes(fixed, known[0], rank, 1)]
    parameter = own_parameter(framework, op, word)
    if parameter is None:
        return [(1,)] * rank
    if type(parameter.default) is int:
        return [(parameter.default,)] * rank
    if word == "stride":
        return [()] * rank
    raise ParameterError(
        "missing_parameter",
        f"`{parameter.name}` is neither fixed nor unknown.",
        pointer=f"/fixed/{parameter.name}",
        hint=f"give `{parameter.name}`, or name it in unknown",
    )


def _paddings(
    framework: str,
    op: str,
    rank: int,
    wanted: Mapping[str, str],
    fixed: Mapping[str, Any],
) -> tuple[bool, list[tuple[int | str | tuple[int, int], ...]]]:
    """List what padding may be along each axis, and say whether it can only be named."""
    parameter = own_parameter(framework, op, "padding")
    if parameter is None:
        return False, [(0,)] * rank
    named = framework == "keras" or (framework == "tensorflow" and not parameter.pairs)
    words = {word.lower() for word in parameter.choices} | (
        {"same"} if framework == "onnx" else set()
    )
    if "padding" in wanted:
        if named:
            return True, [("valid", "same")] * rank
        more = [w for w in ("same", "valid") if w in words and (w == "same" or "trans" in op)]
        return False, [(*PADS, *more)] * rank
    values = {"padding": parameter.default, **fixed} if framework != "onnx" else fixed
    try:
        padding = read_padding(framework, op, values, (1,) * rank)
    except ShapeError as error:
        refuse_fixed(error)
    if isinstance(padding, str) and padding not in RULES:
        raise ParameterError(
            "not_solvable",
            f"Nothing can be solved for with padding `{padding}`.",
            pointer="/fixed/padding",
            hint=f"one of: {', '.join(RULES)}, or pixels",
        )
    if isinstance(padding, str):
        return named, [(padding,)] * rank
    return named, [(0,)] * rank if padding is None else [(pads,) for pads in padding]


def _sizes(fixed: Mapping[str, Any], name: str, rank: int, least: int) -> tuple[int, ...]:
    try:
        return read_sizes(fixed, name, rank, None, least)
    except ShapeError as error:
        refuse_fixed(error)


def refuse_fixed(error: ShapeError) -> NoReturn:
    """Raise ``error`` with its pointer where the request has the values: under /fixed."""
    if not error.pointer.startswith(("/fixed", "/input_shape", "/layout")):
        error.pointer = f"/fixed{error.pointer}"
    raise error
