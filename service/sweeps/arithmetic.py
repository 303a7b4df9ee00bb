"""Whole-number arithmetic on blocks, into arrays that are there already.

An operand is an array or one number for all rows. Two numbers make a number, and nothing is done
where adding 0 or multiplying by 1 would do nothing: then the operand itself comes back, so a result
must never be written to except through ``out``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from service.sweeps.block import Workspace
    from service.sweeps.columns import Column, Ints

__all__ = ["add", "divide_up", "maximum", "multiply", "subtract"]

_EXACT_32: Final = 2**24
_EXACT_64: Final = 2**53


def add(left: Column, right: Column, out: Ints) -> Column:
    """Add two operands."""
    if isinstance(left, int):
        left, right = right, left
    if isinstance(right, int):
        if isinstance(left, int):
            return left + right
        if right == 0:
            return left
    return np.add(left, right, out=out)


def subtract(left: Column, right: Column, out: Ints) -> Column:
    """Subtract the right operand from the left one."""
    if isinstance(right, int):
        if isinstance(left, int):
            return left - right
        if right == 0:
            return left
    return np.subtract(left, right, out=out)


def multiply(left: Column, right: Column, out: Ints) -> Column:
    """Multiply two operands."""
    if isinstance(left, int):
        left, right = right, left
    if isinstance(right, int):
        if isinstance(left, int):
            return left * right
        if right == 1:
            return left
    return np.multiply(left, right, out=out)


def maximum(left: Column, right: Column, out: Ints) -> Column:
    """Take the larger of two operands."""
    if isinstance(left, int) and isinstance(right, int):
        return max(left, right)
    return np.maximum(left, right, out=out)


def divide_up(left: Column, right: Column, bound: int, work: Workspace, out: Ints) -> Column:
    """Divide, rounding up where ``left`` is at least 1; elsewhere the result is of no use.

    ``right`` is at least 1, and ``bound`` at least the sum of both. Processors divide integers one
    by one but many floats at once, and the quotient of floats, rounded up, is right as long as the
    sum of both can be written exactly: if a/b is not whole, it lies 1/b or more above the last
    whole number n, and that is more than the rounding error, as n·b < a.
    """
    if isinstance(right, int):
        if isinstance(left, int):
            return -(-left // right)
        if right == 1:
            return left
        return np.floor_divide(np.add(left, right - 1, out=out), right, out=out)
    if bound >= _EXACT_64:
        whole = np.floor_divide(np.subtract(left, 1, out=out), right, out=out)
        return np.add(whole, 1, out=out)
    dtype: type[Any] = np.float32 if bound < _EXACT_32 else np.float64
    quotient = work.array("quotient", dtype, len(right))
    np.divide(left, right, out=quotient, dtype=dtype, casting="unsafe")
    return np.ceil(quotient, out=out, casting="unsafe")
