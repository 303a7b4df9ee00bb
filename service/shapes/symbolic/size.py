"""A size that has a name: a number to decide by, and the formula that it came from.

The engine computes with it as with any other number; sums, products and floor divisions keep the
formula, comparisons go by the number, which is that of a large input. :mod:`.run` finds out from
which size on that decides rightly.
"""

from __future__ import annotations

from typing import Any

from service.shapes.symbolic.expression import Formula, constant, divide, text

__all__ = ["Size", "formula_of"]


class Size(int):
    """A whole number that remembers its :attr:`formula`.

    Two are equal when their formulas are; a size with a name in it equals no number but 0.
    """

    formula: Formula

    @classmethod
    def of(cls, value: int, formula: Formula) -> int:
        """A size, or a number where no name is left in the formula."""
        if formula.number is not None:
            return formula.number
        made = cls(value)
        made.formula = formula
        return made

    def __add__(self, other: int) -> int:
        return Size.of(int(self) + int(other), self.formula.plus(formula_of(other)))

    __radd__ = __add__

    def __sub__(self, other: int) -> int:
        return Size.of(int(self) - int(other), self.formula.plus(formula_of(other), -1))

    def __rsub__(self, other: int) -> int:
        return Size.of(int(other) - int(self), formula_of(other).plus(self.formula, -1))

    def __mul__(self, other: int) -> Any:
        if type(other) not in (int, bool, Size):
            return NotImplemented
        return Size.of(int(self) * int(other), self.formula.by(formula_of(other)))

    __rmul__ = __mul__

    def __floordiv__(self, other: int) -> int:
        if isinstance(other, Size):
            return 1 if self.formula == other.formula else int(self) // int(other)
        if other < 0:
            return (-self) // -other
        return Size.of(int(self) // other, divide(self.formula, other))

    def __mod__(self, other: int) -> int:
        whole: int = self // other * other
        return self - whole

    def __neg__(self) -> int:
        return Size.of(-int(self), self.formula.by(constant(-1)))

    def __pos__(self) -> int:
        return self

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Size):
            return self.formula == other.formula
        return other == 0 and int(self) == 0  # whether something divides it

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(int(self))

    def __str__(self) -> str:
        return text(self.formula)

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return str(self)


def formula_of(value: int) -> Formula:
    """The formula of a size, or of a plain number."""
    return value.formula if isinstance(value, Size) else constant(int(value))
