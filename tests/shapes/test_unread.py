"""Counting unread positions, against windows that are really slid."""

from hypothesis import example, given
from hypothesis import strategies as st

from service.shapes.unread import unread_positions

SMALL = st.integers(1, 12)
HUGE = st.integers(1, 2**31 - 1)


def slide(size: int, kernel: int, stride: int, dilation: int, before: int, output: int) -> int:
    read = {j * stride - before + t * dilation for j in range(output) for t in range(kernel)}
    return len(set(range(size)) - read)


@given(st.integers(0, 40), SMALL, SMALL, SMALL, st.integers(0, 20), st.integers(0, 12))
@example(29, 2, 2, 2, 0, 14)  # even positions only
@example(10, 1, 3, 5, 0, 4)  # a single tap has no gaps
@example(12, 5, 2, 3, 2, 2)  # fewer windows than the gaps need
@example(9, 3, 4, 1, 20, 2)  # windows in the padding alone
def test_it_counts_what_sliding_windows_leave(
    size: int, kernel: int, stride: int, dilation: int, before: int, output: int
) -> None:
    arguments = (size, kernel, stride, dilation, before, output)
    assert unread_positions(*arguments) == slide(*arguments)


@given(HUGE, HUGE, HUGE, HUGE, HUGE, HUGE)
def test_no_numbers_are_too_large_to_count(
    size: int, kernel: int, stride: int, dilation: int, before: int, output: int
) -> None:
    assert 0 <= unread_positions(size, kernel, stride, dilation, before, output) <= size


@given(SMALL, SMALL, SMALL, SMALL, st.integers(1, 10**6))
def test_scaling_everything_scales_the_gaps(
    kernel: int, stride: int, dilation: int, output: int, scale: int
) -> None:
    """Stretching all distances leaves as many positions read."""
    size = (output - 1) * stride + dilation * (kernel - 1) + 1
    read = size - slide(size, kernel, stride, dilation, 0, output)
    stretched = (size - 1) * scale + 1
    assert (
        unread_positions(stretched, kernel, stride * scale, dilation * scale, 0, output)
        == stretched - read
    )
