"""What the shape engine refuses, and how it says so."""

from __future__ import annotations

__all__ = ["MisfitError", "ParameterError", "ShapeError", "UnknownError"]


class ShapeError(Exception):
    """A layer that cannot be read or cannot be applied to its input.

    ::

        ShapeError
        ├── UnknownError     no such framework, operation, parameter or layout
        ├── ParameterError   a value that no layer may have (stride 0, padding −1, "sme")
        └── MisfitError      fine by itself, but not on this input (kernel 7 on 5 pixels)

    ``code`` is a stable snake_case name of the reason; where the frameworks refuse the same thing
    it is the same for all of them. ``detail`` is one sentence with the numbers in it. ``pointer``
    is the JSON pointer of the value at fault inside the request ("" is the request as a whole).
    ``hint`` says what would be right; it may be empty.
    """

    def __init__(self, code: str, detail: str, *, pointer: str = "", hint: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.pointer = pointer
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.detail, self.pointer, self.hint))


class UnknownError(ShapeError):
    """The framework, operation, parameter or layout has no such name."""


class ParameterError(ShapeError):
    """A parameter has a value that no layer of this kind may have."""


class MisfitError(ShapeError):
    """The parameters are possible, but not together with this input or with one another."""


def _rebuild(kind: type[ShapeError], code: str, detail: str, pointer: str, hint: str) -> ShapeError:
    return kind(code, detail, pointer=pointer, hint=hint)
