"""What PyTorch takes and refuses beyond the oracle's lines; tried on torch 2.13."""

import pytest

from service.shapes import ShapeError, infer, layouts, read_layer


def output(op: str, shape: list[int], **values: object) -> list[int]:
    values = {"kernel_size": 3} | values
    return list(infer(read_layer("pytorch", op, shape, values)).output_shape)


def refusal(op: str, shape: list[int], **values: object) -> ShapeError:
    if op.startswith("conv"):
        values = {"out_channels": 4} | values
    with pytest.raises(ShapeError) as caught:
        read_layer("pytorch", op, shape, {"kernel_size": 3} | values)
    return caught.value


def test_a_batch_may_be_empty() -> None:
    assert output("conv2d", [0, 3, 8, 8], out_channels=4) == [0, 4, 6, 6]
    assert output("max_pool2d", [0, 3, 8, 8]) == [0, 3, 2, 2]
    assert output("avg_pool1d", [0, 3, 8]) == [0, 3, 2]


@pytest.mark.parametrize(
    ("op", "shape", "values", "code"),
    [
        ("conv2d", [1, 0, 8, 8], {}, "input_rank_or_size"),
        ("conv2d", [1, 3, 0, 8], {}, "kernel_larger_than_padded_input"),
        ("conv2d", [1, 3, 0, 8], {"padding": 2}, "input_rank_or_size"),
        ("max_pool2d", [1, 0, 8, 8], {}, "input_rank_or_size"),
        ("max_pool2d", [0, 8, 8], {}, "input_rank_or_size"),
        ("avg_pool2d", [1, 3, 0, 8], {}, "input_rank_or_size"),
        ("max_pool1d", [4], {}, "input_rank_or_size"),
        ("conv1d", [1, 1, 4, 4], {}, "input_rank_or_size"),
    ],
)
def test_other_axes_may_not(
    op: str, shape: list[int], values: dict[str, object], code: str
) -> None:
    assert refusal(op, shape, **values).code == code


def test_a_list_of_one_number_is_for_all_axes_save_in_a_convolutions_kernel() -> None:
    once = {"stride": [2], "padding": [2], "dilation": [2]}
    assert output("conv2d", [3, 8, 8], out_channels=4, **once) == [4, 4, 4]
    assert output("max_pool2d", [3, 8, 8], kernel_size=[3], stride=[2], padding=[1]) == [3, 4, 4]
    assert refusal("conv2d", [3, 8, 8], kernel_size=[3]).code == "wrong_length"


def test_same_needs_stride_1() -> None:
    assert output("conv2d", [3, 8, 8], out_channels=4, padding="same", stride=[1]) == [4, 8, 8]
    error = refusal("conv2d", [3, 8, 8], padding="same", stride=[1, 2])
    assert (error.code, error.pointer) == ("same_with_stride", "/padding")
    assert error.detail == "PyTorch has no padding `same` with stride 1x2."
    assert refusal("conv2d", [3, 8, 8], padding="same", stride=-1).code == "same_with_stride"
    assert refusal("conv2d", [3, 8, 8], padding="same", stride="2").code == "wrong_type"


@pytest.mark.parametrize(
    ("kernel_size", "pads"), [(3, (2, 2)), (4, (3, 3)), (2, (1, 1)), (1, (0, 0))]
)
def test_same_with_dilation(kernel_size: int, pads: tuple[int, int]) -> None:
    values = {"kernel_size": kernel_size, "padding": "same", "dilation": 2, "out_channels": 1}
    assert read_layer("pytorch", "conv1d", [1, 9], values).padding == (pads,)


def test_an_even_kernel_is_padded_more_behind() -> None:
    values = {"kernel_size": 4, "padding": "same", "out_channels": 1}
    assert read_layer("pytorch", "conv1d", [1, 9], values).padding == ((1, 2),)
    values |= {"padding_mode": "reflect"}
    assert infer(read_layer("pytorch", "conv1d", [1, 5], values)).output_shape == (1, 5)


@pytest.mark.parametrize(
    ("mode", "padding", "fits"),
    [
        ("reflect", 7, True),
        ("reflect", 8, False),
        ("circular", 8, True),
        ("circular", 9, False),
        ("replicate", 9, True),
    ],
)
def test_how_far_a_mode_can_pad(mode: str, padding: int, fits: bool) -> None:
    values = {"padding_mode": mode, "padding": padding}
    if fits:
        size = 8 + 2 * padding - 2
        assert output("conv2d", [3, 8, 8], out_channels=4, **values) == [4, size, size]
    else:
        assert refusal("conv2d", [3, 8, 8], **values).code == "padding_too_large"


@pytest.mark.parametrize("op", ["max_pool1d", "max_pool2d", "max_pool3d"])
def test_dilation_does_not_widen_what_a_pool_may_pad(op: str) -> None:
    shape = [1] + [9] * int(op[-2])
    assert output(op, shape, kernel_size=2, dilation=3, padding=1, stride=1)[1] == 8
    error = refusal(op, shape, kernel_size=2, dilation=3, padding=2)
    assert error.code == "pool_padding_more_than_half_kernel"
    assert error.hint == "padding at most 1"


@pytest.mark.parametrize(
    ("op", "code"),
    [
        ("conv1d", "kernel_larger_than_padded_input"),
        ("max_pool2d", "output_would_be_zero_or_negative"),
        ("avg_pool2d", "output_would_be_zero_or_negative"),
        ("avg_pool3d", "pool_window_larger_than_padded_input"),
    ],
)
def test_too_large_a_window_has_the_code_of_its_operation(op: str, code: str) -> None:
    assert refusal(op, [1] + [4] * int(op[-2]), kernel_size=5).code == code


def test_no_hint_suggests_padding_that_a_pool_may_not_have() -> None:
    error = refusal("max_pool1d", [1, 4], kernel_size=5)
    assert "padding at least 1" in error.hint
    error = refusal("max_pool1d", [1, 2], kernel_size=7)
    assert "padding at least 3" in error.hint
    error = refusal("max_pool1d", [1, 2], kernel_size=4, dilation=3)
    assert "padding" not in error.hint


def test_pictures_given_channels_last_are_recognised() -> None:
    error = refusal("conv2d", [28, 28, 3], kernel_size=5)
    assert error.hint.endswith(". If 3 is the number of channels, give 3x28x28.")
    error = refusal("conv2d", [1, 28, 28, 3], in_channels=3)
    assert error.hint == "in_channels 28, or input_shape 1x3x28x28"


def test_divisors() -> None:
    assert output("avg_pool2d", [1, 6, 6], divisor_override=-1) == [1, 2, 2]
    assert refusal("avg_pool3d", [1, 6, 6, 6], divisor_override=0).code == "divisor_zero"
    error = refusal("avg_pool1d", [1, 6], divisor_override=2)
    assert error.code == "unknown_parameter"


def test_only_channels_first() -> None:
    assert layouts("pytorch", "conv1d") == ("NCL", "CL")
    assert layouts("pytorch", "avg_pool3d") == ("NCDHW", "CDHW")
