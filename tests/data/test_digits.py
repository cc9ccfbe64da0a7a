from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from nnstudio.data import digits
from nnstudio.data.digits import built_in_digits, make_digits
from nnstudio.data.handwriting import Variety


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNSTUDIO_CACHE_DIR", str(tmp_path))
    return tmp_path / "digits"


def test_the_seed_decides_everything():
    once, again, other = make_digits(300, 1), make_digits(300, 1), make_digits(300, 2)
    np.testing.assert_array_equal(once.images, again.images)
    np.testing.assert_array_equal(once.labels, again.labels)
    assert (once.labels != other.labels).any()
    assert len({image.tobytes() for image in [*once.images, *other.images]}) == 600


def test_digits_look_like_mnist_to_a_program():
    samples = make_digits(5000, 0)
    images = samples.images[:, 0]
    assert images.dtype == np.uint8
    assert images.shape == (5000, 28, 28)
    assert np.bincount(samples.labels, minlength=10).min() > 400
    assert 0.10 < images.mean() / 255 < 0.16  # MNIST: 0.1307
    position = np.arange(28)
    for axis in (1, 2):
        centre = images.sum(axis=axis) @ position / images.sum(axis=(1, 2))
        assert abs(centre.mean() - 14) < 0.05
        assert np.mean(np.abs(centre - 14) < 0.55) > 0.99


def test_one_digit_is_written_in_one_family_of_ways():
    (sample,) = make_digits(1, 5).images
    assert sample.max() > 200


def test_without_variety_hands_differ_less():
    """Mixing ways remains; everything else adds to the spread of each digit's pictures."""
    calm = Variety(wobble=0, move=0, overshoot=0, waves=0, aspect=0, slant=0, turn=0, width=0, pressure=0)
    spread = [
        np.mean([made.images[made.labels == digit].std(axis=0).mean() for digit in range(10)])
        for made in (make_digits(1000, 0, calm), make_digits(1000, 0))
    ]
    assert spread[0] < 0.8 * spread[1]


def test_the_cache_gives_the_same_digits(own_cache, monkeypatch):
    made = built_in_digits(50, 3)
    (file,) = own_cache.iterdir()
    monkeypatch.setattr(digits, "make_digits", lambda *_: pytest.fail("made again although cached"))
    cached = built_in_digits(50, 3)
    np.testing.assert_array_equal(made.images, cached.images)
    np.testing.assert_array_equal(made.labels, cached.labels)
    assert file.suffix == ".npz"


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"not a zip",
        lambda data: data[: len(data) // 2],
        lambda data: data[:3000] + bytes([data[3000] ^ 1]) + data[3001:],
        lambda data: data.replace(b"labels", b"lapels"),
    ],
    ids=["empty", "other", "cut", "one bit", "renamed"],
)
def test_a_damaged_cache_is_made_again_with_a_word_in_the_log(own_cache, caplog, damage):
    made = built_in_digits(50, 3)
    (file,) = own_cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    with caplog.at_level(logging.WARNING):
        again = built_in_digits(50, 3)
    np.testing.assert_array_equal(made.images, again.images)
    assert "made again" in caplog.text
    assert file.read_bytes() == whole


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("in the way of the cache folder")
    monkeypatch.setenv("NNSTUDIO_CACHE_DIR", str(tmp_path / "file"))
    assert len(built_in_digits(20, 0)) == 20
    assert "made again" in caplog.text
