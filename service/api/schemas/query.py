"""A layer in an address: the query of ``GET /v1/shapes/{op}``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError

from service.api.fields import fault
from service.api.schemas.layers import DEFAULT_FRAMEWORK, families
from service.shapes import FRAMEWORKS, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.api.fields.base import JSONSchema, Writer
    from service.shapes import Parameter
    from service.shapes.parameters import ParameterKind

__all__ = ["LayerQuery"]

_EXAMPLES: dict[ParameterKind, str] = {
    "count": "16",
    "number": "0.5",
    "sizes": "3x3",
    "numbers": "1.5x2",
    "output": "7x7",
    "padding": "1",
    "sides": "0x1x0x1",
    "flag": "true",
    "shapes": "8x8x3;8x8x5",
}


class LayerQuery:
    """Takes every parameter that some operation has, as text; the view knows which operation."""

    def load(self, data: Mapping[str, str]) -> Mapping[str, str]:
        """The texts as they are: what they mean depends on the operation."""
        if "op" in data:
            raise ValidationError(
                {"op": fault("The address names the operation already.", "leave it out").messages}
            )
        return data

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A string for each parameter, with the operations that take it."""
        properties: dict[str, Any] = {
            "input_shape": {
                "type": "string",
                "description": "Sizes of the input, in the order of the layout.",
                "examples": ["28x28x3"],
            },
            "framework": {
                "type": "string",
                "enum": list(FRAMEWORKS),
                "default": DEFAULT_FRAMEWORK,
                "description": "Whose names, defaults and refusals apply.",
            },
            "layout": {
                "type": "string",
                "description": "The letters of the input's axes.",
                "examples": ["HWC"],
            },
        }
        for family in families():
            for parameter in family.parameters:
                known = properties.setdefault(parameter.name, _text_schema(parameter))
                if "enum" in known:
                    known["enum"] += [w for w in parameter.choices if w not in known["enum"]]
        for name, takers in _takers().items():
            properties[name]["description"] += f" (In {', '.join(takers)}.)"
        return {"type": "object", "properties": properties, "required": ["input_shape"]}


def _takers() -> dict[str, list[str]]:
    """The frameworks that have a parameter, by its name."""
    found: dict[str, dict[str, None]] = {}
    for family in families():
        for parameter in family.parameters:
            found.setdefault(parameter.name, {})[family.framework] = None
    return {name: [*frameworks] for name, frameworks in found.items()}


def _text_schema(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "description": parameter.help}
    if parameter.kind == "choice":
        schema["enum"] = list(parameter.choices)
    else:
        schema["examples"] = [_EXAMPLES[parameter.kind]]
    if parameter.default is not None and not parameter.required:
        schema["default"] = write_text(parameter.default)
    return schema
