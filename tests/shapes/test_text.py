import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.shapes import (
    FRAMEWORKS,
    Parameter,
    ParameterError,
    operations,
    parameters,
    read_shape_text,
    read_text,
    write_text,
)

ALL = {
    (parameter.name, parameter.kind): parameter
    for framework in FRAMEWORKS
    for op in operations(framework)
    for parameter in parameters(framework, op)
}
COUNT = Parameter("filters", "count", None, "")
SIZES = Parameter("kernel_size", "sizes", None, "")
PADDING = Parameter("padding", "padding", None, "", choices=("valid", "same"), pairs=True)
PLAIN_PADDING = Parameter("padding", "padding", None, "", choices=("valid", "same"))
NUMBER = Parameter("norm_type", "number", None, "")
FACTORS = Parameter("scale_factor", "numbers", None, "")
OUTPUT = Parameter("output_size", "output", None, "")
SIDES = Parameter("padding", "sides", None, "")
SHAPES = Parameter("other_shapes", "shapes", None, "")
FLAG = Parameter("bias", "flag", default=True, help="")
CHOICE = Parameter("padding_mode", "choice", "zeros", "", choices=("zeros", "reflect"))

NUMBERS = st.integers(-(2**31), 2**31)
AXES = st.lists(NUMBERS, min_size=2, max_size=3)
PAIRS = st.lists(st.lists(NUMBERS, min_size=2, max_size=2), min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (COUNT, "16", 16),
        (COUNT, " 16 ", 16),
        (COUNT, "-1", -1),
        (COUNT, "null", None),
        (SIZES, "3", 3),
        (SIZES, "3x5", [3, 5]),
        (SIZES, "3X5", [3, 5]),
        (SIZES, "3 × 5×7", [3, 5, 7]),
        (SIZES, "3,5", [3, 5]),
        (SIZES, "3*5", [3, 5]),
        (PADDING, "same", "same"),
        (PADDING, "sme", "sme"),
        (PADDING, "0", 0),
        (PADDING, "1x2", [1, 2]),
        (PADDING, "0:1", [[0, 1]]),
        (PADDING, "0:1x2:3", [[0, 1], [2, 3]]),
        (PADDING, "0:1x2", [[0, 1], 2]),
        (NUMBER, "2", 2),
        (NUMBER, "0.5", 0.5),
        (NUMBER, "1e-05", 1e-5),
        (NUMBER, "-.25E2", -25.0),
        (FACTORS, "2", 2),
        (FACTORS, "1.5", 1.5),
        (FACTORS, "1.5x2", [1.5, 2]),
        (OUTPUT, "7", 7),
        (OUTPUT, "7xnull", [7, None]),
        (SIDES, "-3", -3),
        (SIDES, "0x1x0x-1", [0, 1, 0, -1]),
        (SHAPES, "8x8x3", [[8, 8, 3]]),
        (SHAPES, "8x8x3;8x8x5", [[8, 8, 3], [8, 8, 5]]),
        (FLAG, "true", True),
        (FLAG, "No", False),
        (FLAG, "1", True),
        (FLAG, "off", False),
        (CHOICE, "reflect", "reflect"),
        (CHOICE, "1", "1"),
    ],
)
def test_reading(parameter: Parameter, text: str, value: object) -> None:
    read = read_text(parameter, text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (COUNT, ""),
        (COUNT, "3x3"),
        (COUNT, "3.0"),
        (COUNT, "٣"),
        (COUNT, "1e3"),
        (COUNT, "1_000"),
        (COUNT, "1" * 20),
        (SIZES, "3x"),
        (SIZES, "x3"),
        (SIZES, "same"),
        (SIZES, "0:1"),
        (SIZES, "3 3"),
        (SIZES, "1x" * 150 + "1"),
        (PADDING, "0:1:2"),
        (PADDING, ":"),
        (PADDING, "same!"),
        (PLAIN_PADDING, "0:1"),
        (NUMBER, "nan"),
        (NUMBER, "inf"),
        (NUMBER, "1_0"),
        (NUMBER, "."),
        (NUMBER, "1e999"),
        (FACTORS, "1.5x"),
        (OUTPUT, "7xnil"),
        (SHAPES, "8x8x3;"),
        (SHAPES, "8x8;null"),
        (FLAG, "maybe"),
        (CHOICE, ""),
    ],
)
def test_what_cannot_be_read_says_what_could(parameter: Parameter, text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        read_text(parameter, text)
    assert caught.value.code == "wrong_type"
    assert caught.value.pointer == f"/{parameter.name}"
    assert caught.value.hint
    assert len(caught.value.detail) < 120


def test_the_hint_fits_the_parameter() -> None:
    with pytest.raises(ParameterError, match="`padding` cannot be read from `0:`") as caught:
        read_text(PADDING, "0:")
    assert "0:1x0:1" in caught.value.hint
    with pytest.raises(ParameterError, match="`padding_mode` is empty") as caught:
        read_text(CHOICE, " ")
    assert caught.value.hint == "one of zeros, reflect"


@given(NUMBERS)
def test_numbers_come_back(number: int) -> None:
    assert read_text(COUNT, write_text(number)) == number
    assert read_text(SIZES, write_text(number)) == number
    assert read_text(PADDING, write_text(number)) == number


@given(AXES)
def test_lists_come_back(axes: list[int]) -> None:
    assert read_text(SIZES, write_text(axes)) == axes
    assert read_text(PADDING, write_text(axes)) == axes
    assert read_shape_text(write_text(axes)) == axes


@given(PAIRS)
def test_pairs_come_back(pairs: list[list[int]]) -> None:
    assert read_text(PADDING, write_text(pairs)) == pairs
    assert read_text(PADDING, write_text([tuple(pair) for pair in pairs])) == pairs


@given(st.lists(AXES, min_size=1, max_size=3), st.floats(allow_nan=False, allow_infinity=False))
def test_shapes_and_numbers_come_back(shapes: list[list[int]], number: float) -> None:
    assert read_text(SHAPES, write_text(shapes, SHAPES)) == shapes
    if 1e-80 < abs(number) < 1e80:
        assert read_text(NUMBER, write_text(number)) == number


@pytest.mark.parametrize("value", [True, False, None])
def test_flags_come_back(value: bool | None) -> None:
    assert read_text(FLAG, write_text(value)) is value


@pytest.mark.parametrize("parameter", ALL.values(), ids=lambda parameter: parameter.name)
def test_every_declared_default_and_choice_comes_back(parameter: Parameter) -> None:
    values = list(parameter.choices)
    if not parameter.required:
        values.append(parameter.default)
    for value in values:
        assert read_text(parameter, write_text(value)) == value


def test_shapes() -> None:
    assert read_shape_text("28x28x3") == [28, 28, 3]
    assert read_shape_text("28") == [28]
    for text in ("", "28xx3", "HxWx3", "28x" * 100):
        with pytest.raises(ParameterError) as caught:
            read_shape_text(text)
        assert caught.value.pointer == "/input_shape"
        assert caught.value.hint == "sizes such as 28x28x3"
