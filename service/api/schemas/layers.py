"""Layers as requests: schemas generated from what each dialect declares that it takes.

``service.shapes.parameters(framework, op)`` is the only source. Operations of one framework with
the same parameters (conv1d, conv2d, conv3d) share a schema and a component of the contract; the
framework and the operation of a request choose it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from marshmallow import ValidationError

from service.api.fields import (
    Choice,
    Count,
    Flag,
    NamedSizes,
    Numbers,
    Padding,
    Shapes,
    Sizes,
    Strict,
    Word,
    fault,
    nearest,
)
from service.api.fields.base import JSONSchema, Writer, kind_of
from service.api.schemas.base import Request
from service.shapes import (
    FRAMEWORKS,
    Layer,
    Parameter,
    ParameterError,
    layouts,
    operations,
    parameters,
    read_layer,
    read_text,
)
from service.shapes.symbolic.run import has_names
from service.shapes.text import read_named_shape_text

if TYPE_CHECKING:
    from service.shapes.parameters import ParameterKind

__all__ = [
    "Family",
    "LayerReader",
    "NamedLayer",
    "ShapeReader",
    "families",
    "family_of",
    "parameter_field",
    "values_of_texts",
]

DEFAULT_FRAMEWORK: Final = FRAMEWORKS[0]
_RANK: Final = re.compile(r"[123]d$")


@dataclass(frozen=True, slots=True)
class Family:
    """Operations of one framework that take the same parameters, such as conv1d to conv3d."""

    framework: str
    stem: str
    ops: tuple[str, ...]
    parameters: tuple[Parameter, ...]

    @property
    def name(self) -> str:
        """What the family is called in the contract: ``TextbookMaxPool``."""
        words = [self.framework, *self.stem.split("_")]
        return "".join(word[:1].upper() + word[1:] for word in words)

    @property
    def layouts(self) -> tuple[str, ...]:
        """Every layout that one of the operations takes."""
        return tuple(dict.fromkeys(name for op in self.ops for name in layouts(self.framework, op)))


@cache
def families() -> tuple[Family, ...]:
    """All families, framework by framework."""
    found: dict[tuple[str, str, tuple[Parameter, ...]], list[str]] = {}
    for framework in FRAMEWORKS:
        for op in operations(framework):
            stem = _RANK.sub("", op)
            found.setdefault((framework, stem, parameters(framework, op)), []).append(op)
    stems = [key[:2] for key in found]
    made = []
    for (framework, stem, takes), ops in found.items():
        alone = stems.count((framework, stem)) == 1  # PyTorch's avg_pool1d takes less than its 2d
        ranks = "" if alone else "".join(_RANK.findall(op)[0] for op in ops)
        made.append(Family(framework, stem + ranks, tuple(ops), takes))
    return tuple(made)


@cache
def _by_operation() -> Mapping[str, Mapping[str, Family]]:
    table: dict[str, dict[str, Family]] = {framework: {} for framework in FRAMEWORKS}
    for family in families():
        table[family.framework].update(dict.fromkeys(family.ops, family))
    return table


def family_of(framework: str, op: str) -> Family | None:
    """The family of an operation, None if there is no such operation."""
    return _by_operation().get(framework, {}).get(op)


def parameter_field(parameter: Parameter, *, required: bool) -> Strict:
    """The field that takes a parameter; null means that it was not given."""
    common: dict[str, Any] = {
        "description": parameter.help,
        "required": required,
        "allow_none": not required,
    }
    if parameter.default is not None and not parameter.required:
        common["documented_default"] = parameter.default
    return _FIELDS[parameter.kind](parameter, common)


_FIELDS: Final[dict[ParameterKind, Callable[[Parameter, dict[str, Any]], Strict]]] = {
    "count": lambda p, common: Count(p.minimum, **common),
    "number": lambda p, common: Numbers(several=False, minimum=p.minimum, **common),
    "numbers": lambda p, common: Numbers(several=True, minimum=p.minimum, **common),
    "sizes": lambda p, common: Sizes(minimum=p.minimum, longest=5, **common),
    "output": lambda p, common: Sizes(minimum=p.minimum, nulls=True, **common),
    "sides": lambda p, common: Sizes(minimum=p.minimum, longest=10, **common),
    "padding": lambda p, common: Padding(
        p.choices, pairs=p.pairs, longest=5, minimum=p.minimum, **common
    ),
    "flag": lambda _, common: Flag(**common),
    "choice": lambda p, common: Word(p.choices, **common),
    "shapes": lambda _, common: Shapes(**common),
}


def frame_fields(family: Family) -> dict[str, Strict]:
    """The members that say which layer it is."""
    is_default = family.framework == DEFAULT_FRAMEWORK
    return {
        "framework": Choice(
            (family.framework,),
            required=not is_default,
            allow_none=is_default,
            description="Whose names, defaults and refusals apply.",
            **({"documented_default": DEFAULT_FRAMEWORK} if is_default else {}),
        ),
        "op": Choice(family.ops, required=True, description="What the layer does."),
        "layout": Choice(
            family.layouts,
            allow_none=True,
            description="The letters of the input's axes; by default what their number means "
            f"in {family.framework}.",
        ),
    }


class LayerReader:
    """Reads a layer: framework and operation choose the schema, the dialect makes the layer.

    ``suffix`` ends the names of its components in the contract. Subclasses add members.
    """

    suffix = ""

    def __init__(self) -> None:
        self._schemas: dict[str, Request] = {}

    def fields(self, family: Family) -> dict[str, Strict]:
        """The members of a request for an operation of ``family``."""
        return {
            **frame_fields(family),
            "input_shape": NamedSizes(
                longest=5,
                required=True,
                description="Sizes of the input, in the order of the layout. POST /v1/shapes takes "
                "names as well and answers with formulas in them.",
            ),
            **{p.name: parameter_field(p, required=p.required) for p in family.parameters},
        }

    def schema(self, family: Family) -> Request:
        """The schema of a family, made once."""
        name = family.name + self.suffix
        if name not in self._schemas:
            made: type[Request] = type(f"{name}Schema", (Request,), dict(self.fields(family)))
            self._schemas[name] = made()
        return self._schemas[name]

    def load_values(self, data: Any) -> tuple[str, dict[str, Any]]:
        """The framework, and all members checked one by one; raises ValidationError."""
        if not isinstance(data, dict):
            raise fault(f"It must be an object, not {kind_of(data)}.")
        framework: Any = data.get("framework")
        op: Any = data.get("op")
        if framework is None:
            framework = DEFAULT_FRAMEWORK
        try:
            family = _by_operation()[framework][op]
        except (KeyError, TypeError):
            raise ValidationError(dict(_unknown(framework, op))) from None
        values = self.schema(family).load_given(data)
        values.pop("framework", None)
        return framework, values

    def load(self, data: Any) -> Layer:
        """The layer that a request describes; raises ValidationError and ShapeError."""
        framework, values = self.load_values(data)
        if has_names(values["input_shape"]):
            raise ParameterError(
                "name_needs_number",
                "A name can't stand for a size here.",
                pointer="/input_shape",
                hint="give numbers; names work in /v1/shapes and /v1/networks",
            )
        return read_layer(
            framework,
            values.pop("op"),
            values.pop("input_shape"),
            values,
            values.pop("layout", None),
        )

    def json_schema(self, writer: Writer) -> JSONSchema:
        """One of the families' schemas."""
        return {"oneOf": [writer.schema(self.schema(family)) for family in families()]}


class NamedLayer(NamedTuple):
    """A layer whose input has names as sizes, in the order in which ``describe_named`` takes it."""

    framework: str
    op: str
    input_shape: list[int | str]
    values: dict[str, Any]
    layout: str | None


class ShapeReader(LayerReader):
    """Reads a layer whose input may have names as sizes."""

    def load(self, data: Any) -> Any:
        """The layer, a NamedLayer if a size is a name; raises ValidationError and ShapeError."""
        if not isinstance(data, dict) or not has_names(data.get("input_shape")):
            return super().load(data)
        framework, values = self.load_values(data)
        op, shape = values.pop("op"), values.pop("input_shape")
        layout = values.pop("layout", None)
        return NamedLayer(framework, op, shape, values, layout)


def _unknown(framework: object, op: object) -> Iterator[tuple[str, Any]]:
    """What is wrong with a framework or an operation that leads to no schema."""
    known = FRAMEWORKS
    if framework not in known:
        yield "framework", _no_choice(framework, known).messages
        return
    names = operations(str(framework))
    if op is None:
        hint = f"one of {', '.join(f'`{name}`' for name in names)}"
        yield "op", fault("This is missing.", hint).messages
    else:
        yield "op", _no_choice(op, names).messages


def _no_choice(value: object, choices: tuple[str, ...]) -> ValidationError:
    if type(value) is not str:
        return fault(f"It must be a word, not {kind_of(value)}.")
    return fault("There is no such choice.", nearest(value, choices))


def values_of_texts(family: Family, texts: Mapping[str, str]) -> dict[str, object]:
    """The JSON values that the texts of an address stand for; raises ShapeError.

    Names that the family does not have are left as they are, for the schema to refuse.
    """
    by_name = {parameter.name: parameter for parameter in family.parameters}
    values: dict[str, object] = {}
    for name, text in texts.items():
        if name == "input_shape":
            values[name] = read_named_shape_text(text)
        elif name in by_name:
            values[name] = read_text(by_name[name], text)
        else:
            values[name] = text
    return values
