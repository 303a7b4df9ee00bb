import pytest
from hypothesis import given

from random_layers import LAYERS
from service.shapes import Layer, infer, read_layer, warnings


def notes(framework: str, op: str, shape: list[int], **values: object) -> dict[str, str]:
    found = warnings(infer(read_layer(framework, op, shape, values)))
    return {note.code: note.detail for note in found}


def test_an_ordinary_layer_needs_no_warning() -> None:
    assert notes("textbook", "conv2d", [28, 28, 3], kernel_size=5, filters=16) == {}


@pytest.mark.parametrize(
    ("framework", "shape", "meant"),
    [
        ("textbook", [3, 28, 28], "give layout CHW"),
        ("textbook", [2, 3, 28, 28], "give layout NCHW"),
        ("pytorch", [28, 28, 3], "give 3x28x28"),
        ("pytorch", [2, 28, 28, 3], "give 2x3x28x28"),
        ("textbook", [1, 28, 28, 64], None),
        ("textbook", [3, 3, 512], None),
        ("pytorch", [512, 3, 3], None),
        ("pytorch", [3, 28, 28], None),
        ("textbook", [3, 28], None),
    ],
)
def test_channels_at_the_other_end_are_noticed(
    framework: str, shape: list[int], meant: str | None
) -> None:
    found = notes(framework, "conv2d", shape, kernel_size=1, out_channels=2)
    if meant is None:
        assert "layout_suspect" not in found
    else:
        assert found["layout_suspect"].endswith(
            f"If {min(set(shape) - {2})} is the number of channels, {meant}."
        )


def test_a_volume_is_noticed_too_but_not_a_sequence() -> None:
    volume = notes("textbook", "max_pool3d", [3, 16, 16, 16], kernel_size=2)
    assert volume["layout_suspect"].startswith("3×16×16×16 was read as DHWC, that is with 16 ")
    sequence = notes("textbook", "max_pool1d", [3, 64], kernel_size=1)
    assert sequence == {}


@pytest.mark.parametrize(
    ("values", "detail"),
    [
        (
            {"kernel_size": 3, "stride": 2},
            "Along the height and the width, the last of 28 pixels is never read.",
        ),
        (
            {"kernel_size": [4, 1], "stride": [7, 1]},
            "Along the height, 12 of 28 pixels are never read: stride 7 steps over them.",
        ),
        (
            {"kernel_size": [6, 1], "stride": [10, 1]},
            "Along the height, 10 of 28 pixels are never read: stride 10 steps over them.",
        ),
        (
            {
                "kernel_size": [2, 1],
                "stride": [2, 1],
                "dilation": [2, 1],
                "padding": [[0, 1], [0, 0]],
            },
            "Along the height, 14 of 28 pixels are never read: stride 2 and dilation 2 leave gaps.",
        ),
        (
            {"kernel_size": [28, 9], "stride": [1, 8], "padding": [0, 2]},
            "Along the width, the last 5 of 28 pixels are never read.",
        ),
    ],
)
def test_pixels_that_no_window_reads(values: dict[str, object], detail: str) -> None:
    found = notes("textbook", "conv2d", [28, 28], **values)
    assert found["input_unread"] == detail


@given(LAYERS)
def test_unread_pixels_are_always_noted(layer: Layer) -> None:
    inference = infer(layer)
    noted = {note.detail for note in warnings(inference) if note.code == "input_unread"}
    for axis in inference.axes:
        about = [detail for detail in noted if f"the {axis.axis}" in detail]
        assert len(about) == bool(axis.unread)
        assert all(
            f"{axis.unread} of {axis.input} pixels" in detail or axis.unread == 1
            for detail in about
        )


@given(LAYERS)
def test_windows_in_the_padding_are_counted(layer: Layer) -> None:
    inference = infer(layer)
    noted = [note.detail for note in warnings(inference) if note.code == "window_in_padding"]
    for axis in inference.axes:
        starts = [n * axis.stride - axis.padding[0] for n in range(axis.output)]
        outside = sum(
            start >= axis.input or start + axis.effective_kernel_size <= 0 for start in starts
        )
        about = [detail for detail in noted if f"the {axis.axis}" in detail]
        assert len(about) == bool(outside)
        assert all(f", {outside} of {axis.output} windows" in detail for detail in about)


def test_windows_in_the_padding_alone() -> None:
    found = notes("textbook", "conv1d", [4], kernel_size=2, padding=[[3, 0]])
    assert found["window_in_padding"] == (
        "Along the length, 2 of 6 windows see nothing but padding."
    )


def test_a_rule_that_pads_unevenly() -> None:
    found = notes("textbook", "conv2d", [28, 28], kernel_size=[2, 3], padding="same_lower")
    assert found["padding_uneven"].startswith(
        "Along the height, `same_lower` pads 1 before and 0 after."
    )
    assert "padding_uneven" not in notes(
        "textbook", "conv1d", [28], kernel_size=2, padding=[[1, 0]]
    )


def test_a_dilation_without_effect() -> None:
    found = notes("textbook", "conv3d", [9, 9, 9], kernel_size=[1, 3, 1], dilation=2)
    assert found["dilation_unused"] == (
        "Along the depth and the width, the kernel has one tap: dilation 2 changes nothing."
    )
    everywhere = notes("textbook", "conv3d", [9, 9, 9], kernel_size=1, dilation=2)
    assert everywhere["dilation_unused"].startswith("Along the depth, the height and the width, ")


def test_a_transposed_convolution_that_overlaps_unevenly() -> None:
    found = notes("textbook", "conv_transpose2d", [8, 8, 3], kernel_size=3, stride=2, padding=1)
    assert list(found) == ["checkerboard"]
    assert "spans 3 pixels, no multiple of stride 2" in found["checkerboard"]
    found = notes("textbook", "conv_transpose2d", [8, 8, 3], kernel_size=4, stride=2, padding=1)
    assert found == {}


def test_a_transposed_convolution_that_cuts_whole_patches_off() -> None:
    found = notes("textbook", "conv_transpose1d", [9, 3], kernel_size=1, padding=[[2, 1]])
    assert found == {
        "input_unread": "Along the length, 3 of 9 input pixels do not count: padding cuts off all "
        "that they add to."
    }


def test_a_transposed_same_is_uneven_the_other_way() -> None:
    found = notes("textbook", "conv_transpose1d", [9, 3], kernel_size=3, stride=2, padding="same")
    assert "`same` cuts off 0 before and 1 after." in found["padding_uneven"]


def test_adaptive_windows_that_differ() -> None:
    uneven = notes("textbook", "adaptive_avg_pool2d", [13, 12, 4], output_size=6)
    assert uneven == {
        "windows_uneven": "Along the height, 13 pixels do not divide into 6 windows of one size."
    }
    many = notes("textbook", "adaptive_max_pool1d", [5, 4], output_size=7)
    assert many == {
        "output_larger_than_input": "Along the length, 7 windows are cut from 5 pixels: some see "
        "the same."
    }


@pytest.mark.parametrize(
    ("op", "shape", "values"),
    [
        ("cropping2d", [9, 9, 3], {"cropping": 1}),
        ("zero_padding2d", [9, 9, 3], {"padding": [[0, 2], 1]}),
        ("flatten", [3, 28, 28], {}),
        ("batch_norm1d", [3], {}),
        ("linear", [28, 3], {"units": 2}),
    ],
)
def test_what_is_meant_needs_no_warning(
    op: str, shape: list[int], values: dict[str, object]
) -> None:
    assert notes("textbook", op, shape, **values) == {}


def test_channels_at_the_other_end_of_a_normalisation() -> None:
    assert "layout_suspect" in notes("textbook", "batch_norm2d", [3, 28, 28])
