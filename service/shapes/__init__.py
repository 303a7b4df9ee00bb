"""The shape engine: what a layer does to the sizes of its input, how, and what it costs.

Pure Python; nothing is computed but integers::

    layer = read_layer("textbook", "conv2d", [28, 28, 3], {"kernel_size": 5, "filters": 16})
    infer(layer).output_shape  # (24, 24, 16)
"""

from service.shapes.derivation import derive
from service.shapes.describe import describe, summary
from service.shapes.dialects import FRAMEWORKS, layouts, operations, parameters, read_layer
from service.shapes.errors import MisfitError, ParameterError, ShapeError, UnknownError
from service.shapes.formulas import Step
from service.shapes.infer import Axis, Inference, infer
from service.shapes.joins import JOINS, read_join
from service.shapes.layer import AXIS_NAMES, LAYOUTS, LETTER_NAMES, MAX_SIZE, Layer, Layout
from service.shapes.notes import Note, warnings
from service.shapes.parameters import REQUIRED, Parameter
from service.shapes.snippets import code
from service.shapes.text import read_shape_text, read_text, write_text

ENGINE_VERSION = "1"
"""Stored with every question that the engine answered; raised whenever an answer changes."""

__all__ = [
    "AXIS_NAMES",
    "ENGINE_VERSION",
    "FRAMEWORKS",
    "JOINS",
    "LAYOUTS",
    "LETTER_NAMES",
    "MAX_SIZE",
    "REQUIRED",
    "Axis",
    "Inference",
    "Layer",
    "Layout",
    "MisfitError",
    "Note",
    "Parameter",
    "ParameterError",
    "ShapeError",
    "Step",
    "UnknownError",
    "code",
    "derive",
    "describe",
    "infer",
    "layouts",
    "operations",
    "parameters",
    "read_join",
    "read_layer",
    "read_shape_text",
    "read_text",
    "summary",
    "warnings",
    "write_text",
]
