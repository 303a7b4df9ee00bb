"""The header Idempotency-Key, and what may be a key."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError

from service.api.fields import Text
from service.api.problems import Problem, faults_of

__all__ = ["IDEMPOTENCY_KEY", "KEY_FORM", "IdempotencyKey"]

IDEMPOTENCY_KEY: Final = "Idempotency-Key"

KEY_FORM: Final[dict[str, Any]] = {
    "longest": 255,
    "shortest": 1,
    "pattern": "[!-~]+",
    "wanted": "1 to 255 visible ASCII characters, such as a random UUID",
}
"""What may be a key, for :class:`service.api.fields.Text`."""


class IdempotencyKey(Text):
    """1 to 255 visible ASCII characters; anything else is ``bad_idempotency_key``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**KEY_FORM, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        try:
            return super()._deserialize(value, *args, **kwargs)
        except ValidationError as error:
            fault = faults_of(error)[0]._replace(pointer=IDEMPOTENCY_KEY)
            detail = f"The header {IDEMPOTENCY_KEY} can't be used. {fault.detail}"
            raise Problem("bad_idempotency_key", detail, faults=[fault]) from None
