"""What the shapes resource answers."""

from __future__ import annotations

from typing import get_args

from service.api.fields import (
    Anything,
    Choice,
    Flag,
    Formula,
    ListOf,
    MapOf,
    ObjectOf,
    Text,
    WholeNumber,
)
from service.api.schemas.base import Result
from service.api.schemas.problems import ProblemSchema
from service.shapes.parameters import ParameterKind

__all__ = ["BatchSchema", "OperationsSchema", "ShapeSchema"]

_FAR = 10**400
"""No bound of its own: MACs of a large layer have many digits."""


class AxisSchema(Result):
    """What happens along one spatial axis, in pixels."""

    axis = Text(16, required=True, description="height, width, depth or length.")
    input = WholeNumber(0, required=True, description="Size of the input.")
    kernel_size = WholeNumber(1, required=True)
    effective_kernel_size = WholeNumber(
        1, _FAR, required=True, description="What the dilated kernel spans: d(k − 1) + 1."
    )
    stride = WholeNumber(1, required=True)
    dilation = WholeNumber(1, required=True)
    padding = ListOf(
        WholeNumber(-_FAR, _FAR),
        2,
        shortest=2,
        required=True,
        description="Before and after; below 0 pixels are taken away.",
    )
    output = WholeNumber(0, _FAR, required=True, description="Size of the output.")
    unread = WholeNumber(
        0, _FAR, required=True, description="Input pixels that no window ever reads."
    )


class StepSchema(Result):
    """One line of a derivation: a formula, the numbers put in, the value."""

    axis = Text(16, allow_none=True, required=True, description="Null for the layer as a whole.")
    quantity = Text(64, required=True, description="What is computed: output, params, macs, ...")
    rule = Text(200, required=True, description="By which rule, in words.")
    formula = Text(500, required=True)
    substitution = Text(500, required=True, description="The formula with the numbers put in.")
    value = WholeNumber(-_FAR, _FAR, required=True)
    latex = Text(1000, required=True)


class NoteSchema(Result):
    """Something that is legal but probably not meant."""

    code = Text(64, required=True)
    detail = Text(500, required=True)


class FormulaSchema(Result):
    """A number that depends on named sizes."""

    quantity = Text(32, required=True, description="output_shape/0, params, macs, ...")
    formula = Text(10_000, required=True)
    latex = Text(10_000, required=True)


class ShapeSchema(Result):
    """What a layer makes of its input, how, and what it costs.

    Where sizes have names, members that need numbers are left out.
    """

    op = Text(64, required=True)
    framework = Text(64, required=True)
    layout = Text(8, required=True, description="The letters of the axes, such as HWC.")
    input_shape = ListOf(Formula(), 5, required=True)
    output_shape = ListOf(Formula(), 5, required=True)
    axes = ListOf(ObjectOf(AxisSchema), 3)
    derivation = ListOf(ObjectOf(StepSchema), 64)
    params = Formula(required=True, description="Learned numbers: weights + biases.")
    weights = Formula(required=True)
    biases = Formula(required=True)
    macs = Formula(required=True, description="Multiply-accumulates; biases and pools count none.")
    flops = Formula(required=True, description="2 × macs.")
    neurons_per_patch = WholeNumber(
        1,
        _FAR,
        allow_none=True,
        description="Neurons that look at one patch: the number of filters. Null for pools.",
    )
    positions = Formula(required=True, description="How many patches there are.")
    receptive_field = ListOf(WholeNumber(0, _FAR), 3, description="What one output sees, per axis.")
    code = MapOf(Text(10_000), description="The layer as code, by framework.")
    warnings = ListOf(ObjectOf(NoteSchema), 64)
    conditions = ListOf(
        Text(200), 16, description="With names as sizes: for which sizes the formulas hold."
    )
    formulas = ListOf(
        ObjectOf(FormulaSchema), 16, description="With names as sizes: each formula, and its LaTeX."
    )


class BatchItemSchema(Result):
    """What one item of a batch would have been answered alone."""

    status = WholeNumber(200, 599, required=True, description="200, or the problem's status.")
    shape = ObjectOf(ShapeSchema, description="If the status is 200.")
    problem = ObjectOf(ProblemSchema, description="If it is not; pointers start at the item.")


class BatchSchema(Result):
    """An answer for each item, in the order of the items."""

    items = ListOf(ObjectOf(BatchItemSchema), 10_000, required=True)


class ParameterSchema(Result):
    """A parameter that an operation takes."""

    name = Text(64, required=True)
    kind = Choice(get_args(ParameterKind), required=True)
    required = Flag(required=True)
    default = Anything(description="What leaving it out means; null: see help.")
    choices = ListOf(Text(64), 64, required=True, description="The words it may be.")
    alias_of = Text(64, allow_none=True, required=True)
    help = Text(1000, required=True)


class OperationSchema(Result):
    """Operations of one framework that take the same parameters."""

    framework = Text(64, required=True)
    ops = ListOf(Text(64), 8, required=True)
    layouts = ListOf(Text(8), 64, required=True)
    parameters = ListOf(ObjectOf(ParameterSchema), 64, required=True)


class OperationsSchema(Result):
    """Everything that POST /v1/shapes knows."""

    items = ListOf(ObjectOf(OperationSchema), 1000, required=True)
