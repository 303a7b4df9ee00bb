"""The frameworks whose words and rules ConvCards speaks: one module a framework.

A dialect declares the operations that it offers, with their parameters, and turns names and values
into a :class:`service.shapes.layer.Layer` or refuses them as the framework does. To add one, write
its module and name it in ``_DIALECTS``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from service.shapes.dialects import flax, jax, keras, onnx, pytorch, tensorflow, textbook
from service.shapes.dialects.reading import read_shape
from service.shapes.dialects.refusals import refuse_names, refuse_type, suggestion
from service.shapes.errors import MisfitError, UnknownError
from service.shapes.slips import channels_slip

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Operation
    from service.shapes.layer import Layer
    from service.shapes.parameters import Parameter

__all__ = ["FRAMEWORKS", "layouts", "operations", "parameters", "read_layer"]

_DIALECTS: Final[Mapping[str, Mapping[str, Operation]]] = {
    "textbook": textbook.OPERATIONS,
    "pytorch": pytorch.OPERATIONS,
    "keras": keras.OPERATIONS,
    "tensorflow": tensorflow.OPERATIONS,
    "jax": jax.OPERATIONS,
    "flax": flax.OPERATIONS,
    "onnx": onnx.OPERATIONS,
}

FRAMEWORKS: Final = tuple(_DIALECTS)
"""The frameworks by name, the default first."""


def operations(framework: str = "textbook") -> tuple[str, ...]:
    """Name the operations of a framework, or raise UnknownError."""
    return tuple(_dialect(framework))


def parameters(framework: str, op: str) -> tuple[Parameter, ...]:
    """List what ``op`` takes in ``framework``, or raise UnknownError."""
    return _operation(framework, op).parameters


def layouts(framework: str, op: str) -> tuple[str, ...]:
    """List the layouts that ``op`` takes in ``framework``, or raise UnknownError."""
    return _operation(framework, op).layouts


def read_layer(
    framework: str,
    op: str,
    input_shape: Sequence[int],
    values: Mapping[str, object],
    layout: str | None = None,
) -> Layer:
    """Read a layer from the words of a framework.

    ``values`` maps parameter names to JSON values (whole numbers, lists, text, flags); None is the
    same as leaving a parameter out. ``layout`` names the axes of ``input_shape`` and is inferred
    from their number if it is None. Raises ShapeError for whatever the framework would refuse, with
    a pointer into a request that has ``op``, ``input_shape`` and the values side by side.
    """
    try:
        operation = _DIALECTS[framework][op]
    except (KeyError, TypeError):
        operation = _operation(framework, op)
    if not values.keys() <= operation.names:
        refuse_names(operation, values)
    shape = read_shape(input_shape)
    try:
        return operation.read(operation, shape, values, layout)
    except MisfitError as misfit:
        if misfit.pointer.startswith("/kernel_size"):
            letters = operation.layout_by_length[len(shape)] if layout is None else layout
            slip = channels_slip(letters, shape, operation.layouts)
            misfit.hint = f"{misfit.hint}. {slip}" if slip else misfit.hint
        raise


def _dialect(framework: str) -> Mapping[str, Operation]:
    if type(framework) is not str:
        refuse_type(framework, "/framework", f"one of {', '.join(FRAMEWORKS)}")
    if framework not in _DIALECTS:
        raise UnknownError(
            "unknown_framework",
            f"There is no framework `{framework[:64]}`.",
            pointer="/framework",
            hint=suggestion(framework, FRAMEWORKS, "frameworks"),
        )
    return _DIALECTS[framework]


def _operation(framework: str, op: str) -> Operation:
    dialect = _dialect(framework)
    if type(op) is not str:
        refuse_type(op, "/op", "the name of an operation, such as conv2d")
    if op not in dialect:
        raise UnknownError(
            "unknown_operation",
            f"{framework} has no operation `{op[:64]}`.",
            pointer="/op",
            hint=suggestion(op, tuple(dialect), "operations"),
        )
    return dialect[op]
