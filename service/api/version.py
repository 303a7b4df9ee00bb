"""The version of the contract."""

from typing import Final

__all__ = ["VERSION"]

VERSION: Final = "1.0.0"
"""Its first number is that of ``/v1``; the others grow with what is added."""
