import pickle

import pytest

from service.shapes import MisfitError, ParameterError, ShapeError, UnknownError


@pytest.mark.parametrize("kind", [ShapeError, UnknownError, ParameterError, MisfitError])
def test_an_error_says_what_where_and_what_would_be_right(kind: type[ShapeError]) -> None:
    error = kind("stride_not_positive", "The stride is 0.", pointer="/stride", hint="at least 1")
    assert str(error) == error.detail == "The stride is 0."
    assert (error.code, error.pointer, error.hint) == (
        "stride_not_positive",
        "/stride",
        "at least 1",
    )
    assert isinstance(error, ShapeError)


def test_pointer_and_hint_may_be_missing() -> None:
    error = ShapeError("code", "detail")
    assert (error.pointer, error.hint) == ("", "")


def test_an_error_survives_pickling() -> None:
    error = MisfitError("code", "detail", pointer="/here", hint="there")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made in this very line
    assert type(copy) is MisfitError
    assert vars(copy) == vars(error)
    assert copy.args == error.args
