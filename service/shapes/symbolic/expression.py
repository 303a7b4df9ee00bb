"""Exact formulas in named sizes: sums of products of names and floor divisions, always simplified.

A :class:`Formula` is a polynomial with whole coefficients whose variables are names and floors
⌊p/d⌋. Equal formulas that the rules below can bring to one form compare equal:

* what the divisor divides leaves the floor: ⌊(d·p + q)/d⌋ = p + ⌊q/d⌋
* common factors leave it: ⌊(g·p + c)/(g·d)⌋ = ⌊(p + ⌊c/g⌋)/d⌋
* floors in floors merge: ⌊(⌊p/e⌋ + c)/d⌋ = ⌊(p + c·e)/(d·e)⌋
* ceilings are floors: −⌊−p/d⌋ = ⌊(p + d − 1)/d⌋
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import gcd, prod
from typing import NamedTuple

__all__ = ["Floor", "Formula", "constant", "divide", "evaluate", "latex", "name", "names", "text"]


class Floor(NamedTuple):
    """⌊of/by⌋ for a constant ``by`` ≥ 2."""

    of: Formula
    by: int


Atom = str | Floor
Product = tuple[Atom, ...]


class Formula(NamedTuple):
    """A sum of (product of atoms, coefficient); sorted, and without coefficients of 0."""

    terms: tuple[tuple[Product, int], ...]

    @property
    def number(self) -> int | None:
        """The value, if no name is left."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and not self.terms[0][0]:
            return self.terms[0][1]
        return None

    def plus(self, other: Formula, times: int = 1) -> Formula:
        """self + times · other."""
        return _formula((*self.terms, *((key, times * many) for key, many in other.terms)))

    def by(self, other: Formula) -> Formula:
        """self · other."""
        return _formula(
            (tuple(sorted((*left, *right), key=repr)), many * more)
            for left, many in self.terms
            for right, more in other.terms
        )


def constant(value: int) -> Formula:
    """A number."""
    return _formula([((), value)])


def name(word: str) -> Formula:
    """A name alone."""
    return Formula((((word,), 1),))


def divide(formula: Formula, by: int) -> Formula:
    """⌊formula/by⌋ for a constant ``by`` ≥ 1, simplified."""
    whole = _formula((key, many // by) for key, many in formula.terms if many % by == 0)
    rest = [(key, many) for key, many in formula.terms if many % by]
    level = next((many for key, many in rest if not key), 0)
    whole = whole.plus(constant(level // by))
    varied = [(key, many) for key, many in rest if key]
    if not varied:
        return whole
    common = gcd(by, *(many for _, many in varied))
    inner = [(key, many // common) for key, many in varied]
    by, level = by // common, (level % by) // common
    if all(many < 0 for _, many in inner):
        upside = _formula([*((key, -many) for key, many in inner), ((), by - 1 - level)])
        return whole.plus(divide(upside, by), -1)
    if by == 1:
        return whole.plus(_formula(inner))
    if len(inner) == 1 and inner[0][1] == 1 and len(inner[0][0]) == 1:
        atom = inner[0][0][0]
        if isinstance(atom, Floor):
            merged = atom.of.plus(constant(level * atom.by))
            return whole.plus(divide(merged, atom.by * by))
    floor = Floor(_formula([*inner, ((), level)]), by)
    return whole.plus(Formula((((floor,), 1),)))


def names(formula: Formula) -> set[str]:
    """The names in it."""
    found: set[str] = set()
    for product, _ in formula.terms:
        for atom in product:
            found |= names(atom.of) if isinstance(atom, Floor) else {atom}
    return found


def evaluate(formula: Formula, values: Mapping[str, int]) -> int:
    """The number that the formula comes to; raises KeyError for a name without a value."""
    total = 0
    for product, many in formula.terms:
        total += many * prod([_value(atom, values) for atom in product])
    return total


def _value(atom: Atom, values: Mapping[str, int]) -> int:
    return evaluate(atom.of, values) // atom.by if isinstance(atom, Floor) else values[atom]


def text(formula: Formula) -> str:
    """In plain characters: ``64*floor((H + 1)/2) + 3``."""
    return _written(formula, _text_floor, "*")


def latex(formula: Formula) -> str:
    r"""In LaTeX: ``64 \left\lfloor \frac{H + 1}{2} \right\rfloor + 3``."""
    return _written(formula, _latex_floor, r" \cdot ").replace("_", r"\_")


def _text_floor(floor: Floor) -> str:
    inner = text(floor.of)
    return f"floor({inner if _is_plain(floor.of) else f'({inner})'}/{floor.by})"


def _latex_floor(floor: Floor) -> str:
    inner = _written(floor.of, _latex_floor, r" \cdot ")
    return rf"\left\lfloor \frac{{{inner}}}{{{floor.by}}} \right\rfloor"


def _is_plain(formula: Formula) -> bool:
    return len(formula.terms) == 1


def _written(formula: Formula, floor: Callable[[Floor], str], times: str) -> str:
    line = ""
    for product, many in formula.terms:
        factors = [one if isinstance(one, str) else floor(one) for one in product]
        if abs(many) != 1 or not factors:
            factors.insert(0, str(abs(many)))
        sign = (" - " if many < 0 else " + ") if line else ("-" if many < 0 else "")
        line += sign + times.join(factors)
    return line or "0"


def _formula(terms: Iterable[tuple[Product, int]]) -> Formula:
    summed: dict[Product, int] = {}
    for product, many in terms:
        summed[product] = summed.get(product, 0) + many
    kept = [(product, many) for product, many in summed.items() if many]
    return Formula(tuple(sorted(kept, key=lambda term: (-len(term[0]), repr(term[0])))))
