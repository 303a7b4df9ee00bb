"""Filters: kernels as the books print them, and what they do to pictures of known content."""

from math import cos, exp, pi, radians, sin

import numpy as np
import pytest
from PIL import Image, ImageFilter

from service.convolution import FILTERS, OperandError, filter_kernel

BOOKS = {
    "identity": "0 0 0  0 1 0  0 0 0",
    "sobel_x": "-1 0 1  -2 0 2  -1 0 1",
    "sobel_y": "-1 -2 -1  0 0 0  1 2 1",
    "scharr_x": "-3 0 3  -10 0 10  -3 0 3",
    "scharr_y": "-3 -10 -3  0 0 0  3 10 3",
    "prewitt_x": "-1 0 1  -1 0 1  -1 0 1",
    "prewitt_y": "-1 -1 -1  0 0 0  1 1 1",
    "roberts_1": "1 0  0 -1",
    "roberts_2": "0 1  -1 0",
    "laplacian": "0 1 0  1 -4 1  0 1 0",
    "laplacian_8": "1 1 1  1 -8 1  1 1 1",
    "outline": "-1 -1 -1  -1 8 -1  -1 -1 -1",
    "sharpen": "0 -1 0  -1 5 -1  0 -1 0",
    "emboss": "-2 -1 0  -1 1 1  0 1 2",
}
PICTURE = np.random.default_rng(5).integers(0, 256, (20, 24)).astype(np.uint8)


def correlated(picture, kernel):
    """The definition, in loops, where the kernel fits."""
    high, wide = kernel.shape
    rows, columns = picture.shape[0] - high + 1, picture.shape[1] - wide + 1
    return np.array(
        [
            [(picture[r : r + high, c : c + wide] * kernel).sum() for c in range(columns)]
            for r in range(rows)
        ]
    )


@pytest.mark.parametrize("name", BOOKS)
def test_kernels_of_the_books(name):
    rows = [[int(number) for number in row.split()] for row in BOOKS[name].split("  ")]
    made = filter_kernel(name, {})
    assert made.dtype == np.int64
    assert made.tolist() == rows


@pytest.mark.parametrize("sigma", [0.5, 1, 2.5])
def test_the_gaussian_is_the_outer_product_of_two_bells(sigma):
    bell = np.array([exp(-(step**2) / (2 * sigma**2)) for step in range(-3, 4)])
    bell /= bell.sum()
    np.testing.assert_allclose(
        filter_kernel("gaussian", {"size": 7, "sigma": sigma}), np.outer(bell, bell), rtol=1e-13
    )


def test_blurs_as_pillow_does():
    """Pillow's box is exact on whole pixels; what it rounds is within one grey."""
    blurred = np.asarray(Image.fromarray(PICTURE).filter(ImageFilter.BoxBlur(2)), dtype=float)
    made = correlated(PICTURE.astype(float), filter_kernel("box", {"size": 5}))
    assert np.abs(made - blurred[2:-2, 2:-2]).max() <= 1


def test_the_laplacian_of_gaussian_is_what_a_blurred_picture_s_laplacian_is():
    """Where the bell is wide against the pixels, the two differ only by the sampling."""
    sigma, size = 3.0, 25
    bell = filter_kernel("gaussian", {"size": 31, "sigma": sigma})
    twice = correlated(bell, filter_kernel("laplacian", {}))
    made = filter_kernel("laplacian_of_gaussian", {"size": size, "sigma": sigma})
    assert abs(made.sum()) < 1e-12
    np.testing.assert_allclose(made, twice[2:-2, 2:-2], atol=0.06 * np.abs(twice).max())


def test_gabor_is_its_formula():
    made = filter_kernel(
        "gabor", {"size": 5, "sigma": 2, "angle": 30, "wavelength": 4, "aspect": 0.7, "phase": 90}
    )
    turn = radians(30)
    for row in range(5):
        for column in range(5):
            x, y = column - 2, row - 2
            along, across = x * cos(turn) + y * sin(turn), y * cos(turn) - x * sin(turn)
            bell = exp(-(along**2 + 0.49 * across**2) / 8)
            assert made[row, column] == pytest.approx(bell * cos(pi / 2 * along + pi / 2))


def test_motion_blur_is_a_line():
    np.testing.assert_allclose(
        filter_kernel("motion_blur", {"size": 3}), [[0] * 3, [1 / 3] * 3, [0] * 3]
    )
    np.testing.assert_allclose(
        filter_kernel("motion_blur", {"size": 3, "angle": 45}), np.eye(3)[::-1] / 3
    )
    np.testing.assert_allclose(
        filter_kernel("motion_blur", {"size": 5, "angle": 90})[:, 2], [1 / 5] * 5
    )


@pytest.mark.parametrize("name", FILTERS)
def test_a_grey_wall_stays_or_vanishes(name):
    """Blurring and sharpening keep an even grey; what looks for edges sees none in it."""
    kernel = filter_kernel(name, {})
    if name != "gabor":
        assert kernel.sum() == pytest.approx(1) or kernel.sum() == pytest.approx(0)


@pytest.mark.parametrize("kind", ["sobel", "scharr", "prewitt"])
def test_edges_have_the_sign_that_is_said(kind):
    brighter_right = np.tile(np.arange(5), (5, 1))
    assert (correlated(brighter_right, filter_kernel(f"{kind}_x", {})) > 0).all()
    assert (correlated(brighter_right, filter_kernel(f"{kind}_y", {})) == 0).all()
    assert (correlated(brighter_right.T, filter_kernel(f"{kind}_y", {})) > 0).all()


def test_amounts_of_nothing_change_nothing():
    for name in ("sharpen", "unsharp"):
        kernel = filter_kernel(name, {"amount": 0})
        np.testing.assert_array_equal(kernel, filter_kernel("identity", {"size": len(kernel)}))


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_says_what_it_does_and_takes_its_bounds(name):
    one = FILTERS[name]
    assert one.about.endswith(".")
    assert one.source.endswith(".")
    for parameter in one.parameters:
        assert parameter.minimum <= parameter.default <= parameter.maximum
        for value in (parameter.minimum, parameter.maximum):
            assert np.isfinite(filter_kernel(name, {parameter.name: value})).all()


@pytest.mark.parametrize(
    ("name", "values", "code", "pointer"),
    [
        ("sobel", {}, "unknown_filter", "/weight/filter"),
        ("sobel_x", {"size": 5}, "filter_parameter_unknown", "/weight/size"),
        ("box", {"sigma": 1}, "filter_parameter_unknown", "/weight/sigma"),
        ("box", {"size": 4}, "filter_parameter_out_of_range", "/weight/size"),
        ("box", {"size": 3.5}, "filter_parameter_out_of_range", "/weight/size"),
        ("box", {"size": 33}, "filter_parameter_out_of_range", "/weight/size"),
        ("box", {"size": 10**400}, "filter_parameter_out_of_range", "/weight/size"),
        ("gaussian", {"sigma": 0}, "filter_parameter_out_of_range", "/weight/sigma"),
    ],
)
def test_refuses(name, values, code, pointer):
    with pytest.raises(OperandError) as caught:
        filter_kernel(name, values, "/weight")
    assert (caught.value.code, caught.value.pointer) == (code, pointer)
