"""A digit is found again after what cameras, scanners and drawing programs do to it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nnstudio.data.dataset import DataError
from nnstudio.data.digits import make_digits
from nnstudio.data.photo import ink_from_photo
from nnstudio.data.preprocess import normalise_ink

DIGITS = make_digits(40, 11).images[:, 0]


def enlarged(digit: np.ndarray, side: int = 280) -> np.ndarray:
    return np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC), np.float32) / 255


def as_image(grey: np.ndarray, kind: str = "PNG") -> Image.Image:
    file = io.BytesIO()
    Image.fromarray(np.uint8(np.rint(255 * np.clip(grey, 0, 1)))).save(file, kind)
    return Image.open(file)


def difference(image: Image.Image, ink: np.ndarray) -> float:
    """Mean difference, in grey levels of 255, between what the network would see and should see.

    The faintest edges of the ink, which a photo cannot tell from paper, do not count: they would move the box. Where
    the centre of mass is rounded to the other side, the whole picture is a pixel further; that does not count either.
    """
    expected = normalise_ink(np.where(ink > 0.1 * ink.max(), ink, 0)).astype(float)
    found = normalise_ink(ink_from_photo(image)).astype(float)
    shifts = [np.roll(found, (y, x), axis=(0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(float(np.abs(shifted - expected).mean()) for shifted in shifts)


@settings(max_examples=40)
@given(
    st.integers(0, len(DIGITS) - 1), st.booleans(), st.floats(0, 0.3), st.floats(0, 6.28), st.floats(0.4, 0.9),
    st.integers(0, 200), st.integers(0, 200),
)
def test_uneven_light_noise_and_jpeg_do_no_harm(which, dark_ink, shade, angle, contrast, left, top):
    ink = np.pad(enlarged(DIGITS[which]), ((top, 60), (left, 60)))
    y, x = np.indices(ink.shape) / max(ink.shape)
    light = 1 - shade * (0.5 + 0.5 * np.sin(angle + 1.5 * x + y))
    grey = light * (1 - contrast * ink) if dark_ink else light * (0.95 - contrast * (1 - ink))
    grey += np.random.default_rng(which).normal(0, 0.02, ink.shape)
    assert difference(as_image(grey, "JPEG"), ink) < 9


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_every_colour_mode_is_read(mode):
    ink = enlarged(DIGITS[0])
    image = as_image(1 - ink)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    assert difference(image.convert(mode) if mode != "I;16" else image, ink) < 8


@pytest.mark.parametrize("colour", [0, 255])
def test_ink_on_transparent_ground(colour):
    ink = enlarged(DIGITS[1])
    layers = [np.full(ink.shape, colour)] * 3 + [255 * ink]
    assert difference(Image.fromarray(np.stack(layers, axis=-1).astype(np.uint8)), ink) < 5


def test_a_photo_taken_sideways_is_turned_upright(tmp_path: Path):
    ink = enlarged(DIGITS[2])
    sideways = as_image(1 - ink).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90° clockwise to see it upright
    sideways.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    with Image.open(tmp_path / "photo.jpg") as image:
        assert difference(image, ink) < 5
    np.testing.assert_array_equal(ink_from_photo(tmp_path / "photo.jpg").shape, (280, 280))


def test_specks_are_left_out_but_not_a_stroke_that_stands_apart():
    ink = np.zeros((280, 280), np.float32)
    ink[80:220, 100:120] = 1
    ink[60:70, 140:200] = 1
    specks = ink.copy()
    specks[10:13, 10:13] = specks[270:272, 250:252] = 1
    assert difference(as_image(1 - specks), ink) < 1


def test_a_picture_like_mnists_comes_out_as_it_was():
    different = [difference(Image.fromarray(digit), digit) for digit in DIGITS]
    assert np.median(different) < 5


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_picture_is_told(level):
    grey = np.clip(np.random.default_rng(0).normal(level / 255, 0.01, (200, 300)), 0, 1)
    with pytest.raises(DataError, match="no digit"):
        ink_from_photo(as_image(grey))


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2)])
def test_the_smallest_pictures_raise_nothing_else(size):
    with pytest.raises(DataError):
        ink_from_photo(Image.new("L", size))


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n\0\0", None])
def test_files_that_are_no_pictures_are_told(tmp_path, content):
    path = tmp_path / "digit.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"digit\.png"):
        ink_from_photo(path)


def test_a_cut_off_picture_is_told(tmp_path):
    path = tmp_path / "digit.png"
    as_image(1 - enlarged(DIGITS[0])).save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match=r"digit\.png"):
        ink_from_photo(path)
