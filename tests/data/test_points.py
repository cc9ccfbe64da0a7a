"""Points of the plane: where each class lies, that a seed repeats them, and that noise only moves them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nnstudio.data.catalog import DATASET_NAMES, load_dataset, training_count
from nnstudio.data.dataset import DataError, Dataset, Samples
from nnstudio.data.names import DATASETS
from nnstudio.data.points import COUNTS, PATTERNS, TURNS, points

EVERY = pytest.mark.parametrize("name", PATTERNS)


def parts(dataset: Dataset) -> list[Samples]:
    assert dataset.test is not None
    return [dataset.train, dataset.validation, dataset.test]


def plane(samples: Samples) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """x and y of all points."""
    return samples.images[:, 0, 0, 0], samples.images[:, 1, 0, 0]


@EVERY
def test_a_name_gives_points_in_three_parts(name: str) -> None:
    dataset = load_dataset(name, seed=3)
    assert dataset.name == name
    assert dataset.image_shape == (2, 1, 1)
    assert [len(part) for part in parts(dataset)] == [2_000, 500, 1_000] == list(COUNTS.values())
    assert training_count(name) == 2_000
    for part in parts(dataset):
        assert part.images.dtype == np.float32
        assert np.abs(part.images).max() < 1.5
        assert np.bincount(part.labels).tolist() == [len(part) // 2] * 2
        assert len(np.unique(part.images.reshape(len(part), 2), axis=0)) == len(part)


@EVERY
def test_a_seed_repeats_and_another_does_not(name: str) -> None:
    first, second, other = (points(name, seed=seed).train.images for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.isclose(first, other).all(axis=1).any()
    dataset = points(name)
    assert not np.isclose(dataset.train.images[:500], dataset.validation.images).all(axis=1).any()


@EVERY
def test_noise_moves_points_by_its_deviation(name: str) -> None:
    clean, noisy = points(name, noise=0).train, points(name, noise=0.2).train
    np.testing.assert_array_equal(clean.labels, noisy.labels)
    moved = noisy.images - clean.images
    assert moved.std() == pytest.approx(0.2, rel=0.05)
    assert abs(moved.mean()) < 0.02


def test_spirals_wind_around_the_middle() -> None:
    """From its radius follows where a point of an arm is; the other arm is opposite."""
    samples = points("spirals", noise=0).train
    x, y = plane(samples)
    angle = 2 * np.pi * TURNS * np.hypot(x, y) + np.pi * samples.labels
    np.testing.assert_allclose(np.cos(angle), x / np.hypot(x, y), atol=1e-3)
    np.testing.assert_allclose(np.sin(angle), y / np.hypot(x, y), atol=1e-3)


def test_a_disc_lies_in_a_ring() -> None:
    samples = points("circles", noise=0).train
    radius = np.hypot(*plane(samples))
    disc, ring = radius[samples.labels == 0], radius[samples.labels == 1]
    assert disc.max() <= 0.5 < 0.7 <= ring.min()
    assert ring.max() <= 1 + 1e-6
    assert np.mean(disc < 0.5 / np.sqrt(2)) == pytest.approx(0.5, abs=0.05), "half of the points in half of the area"


def test_the_sign_of_x_times_y_is_the_class_of_xor() -> None:
    samples = points("xor", noise=0).train
    x, y = plane(samples)
    np.testing.assert_array_equal(x * y > 0, samples.labels == 0)
    assert min(np.abs(x).min(), np.abs(y).min()) >= 0.05
    assert {(a > 0, b > 0) for a, b in zip(x, y, strict=True)} == {(a, b) for a in (True, False) for b in (True, False)}


def test_a_straight_line_parts_the_clusters() -> None:
    samples = points("clusters").test
    assert samples is not None
    x, y = plane(samples)
    assert np.mean((x + y > 0) == (samples.labels == 0)) > 0.99
    assert x[samples.labels == 0].std() == pytest.approx(np.hypot(0.15, 0.05), rel=0.1)


def test_what_cannot_be() -> None:
    with pytest.raises(DataError, match=r"no points called “stars”.*spirals, circles"):
        points("stars")
    with pytest.raises(DataError, match=r"`noise` \(=-1\)"):
        points("xor", noise=-1)
    with pytest.raises(DataError, match="digits, mnist, spirals"):
        load_dataset("stars")


def test_every_named_data_set_has_a_title() -> None:
    assert set(DATASET_NAMES) == {"digits", "mnist", *PATTERNS}
    assert all(DATASETS[name] for name in DATASET_NAMES)
