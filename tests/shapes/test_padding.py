"""The padding rules, against what each promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.shapes.padding import RULES, pad

SIZE = st.integers(1, 60)
REACH = st.integers(1, 25)
STRIDE = st.integers(1, 12)


def windows(size: int, reach: int, stride: int, before: int, after: int) -> int:
    """Slide a window of ``reach`` pixels over the padded input, step by step."""
    count, start = 0, -before
    while start + reach <= size + after:
        count, start = count + 1, start + stride
    return count


def steps(size: int, stride: int) -> int:
    return len(range(0, size, stride))


@given(SIZE, REACH, STRIDE)
@pytest.mark.parametrize("rule", ["same", "same_lower"])
def test_same_gives_a_window_for_every_stride_with_the_least_padding(
    rule: str, size: int, reach: int, stride: int
) -> None:
    before, after = RULES[rule](size, reach, stride)
    assert windows(size, reach, stride, before, after) == steps(size, stride)
    assert abs(before - after) <= 1
    assert before <= after if rule == "same" else before >= after
    if before + after:
        assert windows(size, reach, stride, 0, before + after - 1) < steps(size, stride)


@given(SIZE, REACH)
def test_full_takes_exactly_the_windows_that_touch_the_input(size: int, reach: int) -> None:
    before, after = RULES["full"](size, reach, 1)
    touching = [s for s in range(-100, 100) if s < size and s + reach > 0]
    assert (before, windows(size, reach, 1, before, after)) == (-touching[0], len(touching))


@given(SIZE, REACH, STRIDE)
def test_causal_windows_end_at_their_own_pixel(size: int, reach: int, stride: int) -> None:
    before, after = RULES["causal"](size, reach, stride)
    assert (reach - 1 - before, after) == (0, 0)
    assert windows(size, reach, stride, before, after) == steps(size, stride)


@given(SIZE, REACH, STRIDE)
def test_valid_pads_nothing(size: int, reach: int, stride: int) -> None:
    assert RULES["valid"](size, reach, stride) == (0, 0)


def test_axes_are_padded_one_by_one() -> None:
    assert pad("same", (28, 5), (5, 2), (2, 1), (1, 3)) == ((1, 2), (1, 2))
    assert pad("full", (28,), (3,), (1,), (2,)) == ((4, 4),)
