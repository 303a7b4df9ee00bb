"""The contract: ``openapi.yaml``, written from the declared operations and from nothing else.

:func:`document` makes it; the committed file is what :func:`as_yaml` gives. A test compares the
two, and the service serves the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import yaml

from service.api.blueprints import RESOURCES
from service.api.codes import CODES
from service.api.openapi.components import Contract
from service.api.openapi.paths import describe, problem_example
from service.api.schemas.problems import ProblemSchema
from service.api.version import VERSION

__all__ = ["as_yaml", "document"]

_ORDER: Final = ("openapi", "info", "servers", "tags", "paths", "components")

_ABOUT: Final = """\
Shapes and costs of CNN layers, small convolutions with their arithmetic, and a deck of flashcards
whose questions the service can answer itself.

- **JSON is strict**, both ways: UTF-8, no NaN, no duplicate keys, unknown members are refused.
- **Errors** are `application/problem+json` from every address: `code` says which (`GET /errors`
  explains all of them), `errors` says where and what would be right.
- **Text**: where an answer has `text/plain`, `Accept: text/plain` or `?format=text` gives the same
  in a few lines for terminals and chats.
- **Keys**: in secured mode `Authorization: Bearer cck_...`; in local mode none is needed.
- Every answer carries `X-Request-Id`; what has an `ETag` answers `If-None-Match` with 304.
"""


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of every operation of every resource."""
    contract = Contract(
        title="ConvCards",
        version=VERSION,
        info={"description": _ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
        servers=[{"url": "/", "description": "This service"}],
    )
    spec = contract.spec
    spec.components.security_scheme(
        "apiKey",
        {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "cck_<id>_<secret>_<checksum>",
            "description": "An API key, in the Authorization header only. In local mode "
            "(`convcards serve`) none is needed.",
        },
    )
    spec.components.header(
        "RequestId",
        {
            "description": "The id of this request in the log: yours, if you sent a sane one.",
            "required": True,
            "schema": {"type": "string"},
        },
    )
    for tag, about in {resource.tag: resource.about for resource in RESOURCES}.items():
        spec.tag({"name": tag, "description": about})
    contract.schema(ProblemSchema())
    for code in CODES:
        spec.components.example(code, problem_example(code))
    for resource in RESOURCES:
        for operation in resource.operations:
            described = describe(operation, contract)
            spec.path(operation.route, operations={operation.method.lower(): described})
    made: dict[str, Any] = _plain(contract.finish())
    return {member: made[member] for member in _ORDER}


def _plain(value: Any) -> Any:
    """The same in plain dicts and lists, so that equal documents are equal files."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


class _Dumper(yaml.CSafeDumper):
    """Writes no anchors, and keeps paragraphs readable."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Repeat what is repeated: a contract is read by people too."""
        return True


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _list(dumper: yaml.CSafeDumper, items: list[Any]) -> yaml.SequenceNode:
    short = all(item is None or isinstance(item, int | float | str) for item in items)
    short = short and len(str(items)) < 80
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=short)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


@cache
def as_yaml() -> str:
    """The document as the text of ``openapi.yaml``."""
    head = "# Written from the code by `convcards openapi`; change the operations, not this file.\n"
    return head + yaml.dump(
        document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
