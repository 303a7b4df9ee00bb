"""Pictures: what Pillow writes comes out as it went in; what is hostile is refused at once."""

import io
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from picture_files import BOMB, b64, chunk, jpeg_head, png
from service.convolution import OverBudget, TensorError, read_picture, to_greys, write_png
from service.convolution.picture_file import look_through

RNG = np.random.default_rng(8)
GREY = RNG.integers(0, 256, (5, 7)).astype(np.uint8)
COLOUR = RNG.integers(0, 256, (5, 7, 3)).astype(np.uint8)
FLAT = np.full((16, 16, 3), (200, 30, 90), dtype=np.uint8)


def saved(image, form="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def read(raw, **options):
    return read_picture(b64(raw), pointer="/input/image", **options)


def test_grey_and_colour_png_are_exact():
    grey, colour = read(saved(Image.fromarray(GREY))), read(saved(Image.fromarray(COLOUR)))
    assert (grey.channels, grey.values, grey.notes) == ("grey", "0..255", ())
    np.testing.assert_array_equal(grey.pixels[:, :, 0], GREY)
    np.testing.assert_array_equal(colour.pixels, COLOUR)
    assert colour.pixels.dtype == np.int64


def test_channels_as_asked_for():
    grey = read(saved(Image.fromarray(COLOUR)), channels="grey")
    luma = COLOUR @ np.array([0.299, 0.587, 0.114])
    assert np.abs(grey.pixels[:, :, 0] - luma).max() <= 0.51
    assert grey.notes
    both = read(saved(Image.fromarray(GREY)), channels="rgb")
    np.testing.assert_array_equal(both.pixels, np.repeat(GREY[:, :, None], 3, axis=2))


def test_values_from_0_to_1():
    made = read(saved(Image.fromarray(GREY)), values="0..1")
    assert made.pixels.dtype == np.float32
    np.testing.assert_array_equal(made.pixels[:, :, 0], (GREY / 255).astype(np.float32))


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA"])
def test_other_modes_are_what_they_look_like(mode):
    image = Image.fromarray(COLOUR).convert(mode)
    expected = np.asarray(image.convert("RGBA"))
    np.testing.assert_array_equal(read(saved(image), channels="rgb").pixels, expected[:, :, :3])


def test_transparency_is_laid_over_white():
    pixels = np.zeros((1, 3, 4), dtype=np.uint8)
    pixels[0, :, 3] = (0, 51, 255)
    made = read(saved(Image.fromarray(pixels)))
    assert made.pixels[0, :, 0].tolist() == [255, 204, 0]
    assert made.notes == ("Transparency was laid over white.",)
    indexed = Image.fromarray(np.array([[0, 1]], dtype=np.uint8)).convert("P")
    indexed.putpalette([10, 20, 30, 40, 50, 60])
    made = read(saved(indexed, transparency=b"\x00\xff"))
    assert made.pixels.tolist() == [[[255, 255, 255], [40, 50, 60]]]


def test_sixteen_bits_keep_the_upper_eight():
    deep = np.array([[0, 255, 256, 65_535]], dtype=np.uint16)
    made = read(saved(Image.fromarray(deep)))
    assert made.pixels[0, :, 0].tolist() == [0, 0, 1, 255]
    assert made.notes


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_jpeg_as_pillow_decodes_it(options):
    for array in (FLAT, FLAT[:, :, 0]):
        raw = saved(Image.fromarray(array), "JPEG", quality=95, comment=b"note", **options)
        expected = np.asarray(Image.open(io.BytesIO(raw)))
        made = read(raw).pixels
        np.testing.assert_array_equal(made.reshape(expected.shape), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_follows_the_orientation(form, orientation):
    from PIL import ImageOps

    array = np.zeros((8, 16, 3), dtype=np.uint8)
    array[:4, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    raw = saved(Image.fromarray(array), form, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(raw))))
    np.testing.assert_array_equal(read(raw).pixels, expected)


WHOLE = saved(Image.fromarray(COLOUR))
PHOTO = saved(Image.fromarray(RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)), "JPEG")
BAD = [
    (b"", "picture_unreadable"),
    (b"GIF89a" + bytes(20), "picture_unreadable"),
    (b"<svg/>", "picture_unreadable"),
    (WHOLE[:30], "picture_unreadable"),
    (WHOLE[:-5], "picture_unreadable"),
    (WHOLE[:-20] + WHOLE[-12:], "picture_unreadable"),
    (WHOLE.replace(b"IDAT", b"IDAX"), "picture_unreadable"),
    (png(0, 5), "picture_unreadable"),
    (png(5, 5), "picture_unreadable"),
    (png(5, 5, bits=3), "picture_unreadable"),
    (png(5, 5, colour=7), "picture_unreadable"),
    (png(5, 5, chunk(b"IHDR", bytes(13))), "picture_unreadable"),
    (b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"") + chunk(b"IEND", b""), "picture_unreadable"),
    (png(5, 5, chunk(b"acTL", bytes(8))), "picture_not_supported"),
    (PHOTO[:100], "picture_unreadable"),
    (PHOTO[: len(PHOTO) // 2], "picture_unreadable"),
    (b"\xff\xd8\xff\xda\x00\x02", "picture_unreadable"),
    (b"\xff\xd8\xff\xe0\x00\x00", "picture_unreadable"),
    (b"\xff\xd8\xff\xe0\x00\x02abc", "picture_unreadable"),
    (jpeg_head(0, 5), "picture_unreadable"),
    (jpeg_head(5, 5), "picture_unreadable"),
    (jpeg_head(5, 5, channels=4), "picture_not_supported"),
    (jpeg_head(5, 5, bits=12), "picture_not_supported"),
    (jpeg_head(5, 5, marker=0xC9), "picture_not_supported"),
    (jpeg_head(5, 5, marker=0xC2) + b"\xff\xda\x00\x02" * 5_000, "picture_not_supported"),
]


@pytest.mark.parametrize(("raw", "code"), BAD, ids=range(len(BAD)))
def test_refuses_what_is_no_picture(raw, code):
    with pytest.raises(TensorError) as caught:
        read(raw)
    assert (caught.value.code, caught.value.pointer) == (code, "/input/image")


def test_refuses_what_is_no_base64():
    with pytest.raises(TensorError) as caught:
        read_picture("data:image/png;base64,AAAA")
    assert caught.value.code == "base64_unreadable"


@pytest.mark.parametrize(
    "raw",
    [
        png(50_000, 50_000, chunk(b"IDAT", BOMB)),
        png(2**31 - 1, 2**31 - 1),
        png(60_000, 60_000, colour=6),
        jpeg_head(65_535, 65_535),
        jpeg_head(65_535, 65_535, channels=1, marker=0xC2),
    ],
    ids=range(5),
)
def test_large_pictures_are_refused_by_their_headers(raw):
    with pytest.raises(OverBudget) as caught:
        read(raw)
    assert caught.value.quantity == "picture"
    assert caught.value.asked > 2 * 10**9


def test_bombs_are_not_unpacked():
    """Texts, profiles and surplus picture data of 60 MB, packed small: none is looked at."""
    text = b"Comment\0\0" + BOMB
    profile = b"icc\0\0" + BOMB
    filled = zlib.compress(b"".join(b"\0" + row.tobytes() for row in GREY))
    raw = png(
        7,
        5,
        chunk(b"zTXt", text),
        chunk(b"iCCP", profile),
        chunk(b"IDAT", filled),
        chunk(b"IDAT", BOMB),
    )
    lean = look_through(raw).lean
    assert b"zTXt" not in lean
    assert b"iCCP" not in lean
    made = read(raw)
    np.testing.assert_array_equal(made.pixels[:, :, 0], GREY)


@given(st.sampled_from([WHOLE, PHOTO]), st.data())
def test_damage_is_a_refusal_or_a_picture(raw, data):
    place = data.draw(st.integers(0, len(raw)))
    noise = data.draw(st.binary(max_size=8))
    damaged = raw[:place] + noise + raw[place + data.draw(st.integers(0, 8)) :]
    try:
        made = read(damaged)
    except (TensorError, OverBudget):
        return
    assert made.pixels.min() >= 0
    assert made.pixels.max() <= 255


def test_greys_of_edges_are_around_the_middle():
    greys, words = to_greys(np.array([[-10, 0, 5, 10]]), "0..255", signed=True)
    assert greys.tolist() == [[1, 128, 192, 255]]
    assert words == "0 is grey 128, -10 is 1 and 10 is 255; linear between."
    assert to_greys(np.zeros((1, 2)), "0..1", signed=True)[0].tolist() == [[128, 128]]


def test_greys_of_blurs_are_cut():
    assert to_greys(np.array([-3.0, 0.5, 127.6, 300]), "0..255", signed=False)[0].tolist() == [
        0,
        0,
        128,
        255,
    ]
    assert to_greys(np.array([-1, 0.5, 2]), "0..1", signed=False)[0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("array", [GREY, COLOUR], ids=["grey", "rgb"])
def test_what_is_written_pillow_reads(array):
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(write_png(array)))), array)
