from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.dataset import DataError, Dataset, Samples, joined


def samples(count: int = 4, labels: tuple[int, ...] = (0, 1, 2, 1), side: int = 3) -> Samples:
    images = np.arange(count * side * side, dtype=np.uint8).reshape(count, 1, side, side)
    return Samples(images, np.array(labels[:count], np.int32))


@pytest.mark.parametrize(
    ("images", "labels", "says"),
    [
        (np.zeros((2, 3, 3), np.uint8), np.zeros(2, np.int32), "shape"),
        (np.zeros((2, 1, 0, 3), np.uint8), np.zeros(2, np.int32), "shape"),
        (np.zeros((2, 1, 3, 3), np.float64), np.zeros(2, np.int32), "float64"),
        (np.zeros((2, 1, 3, 3), np.uint8), np.zeros(3, np.int32), "2 images need"),
        (np.zeros((2, 1, 3, 3), np.uint8), np.zeros(2, np.int64), "int64"),
        (np.zeros((0, 1, 3, 3), np.uint8), np.zeros(0, np.int32), "at least one"),
        (np.zeros((2, 1, 3, 3), np.uint8), np.array([0, -1], np.int32), "-1"),
    ],
)
def test_samples_refuse_what_they_do_not_promise(images, labels, says):
    with pytest.raises(DataError, match=says):
        Samples(images, labels)


def test_samples_cannot_be_changed_through_themselves():
    with pytest.raises(ValueError, match="read-only"):
        samples().images[0] = 1


def test_split_keeps_order_and_leaves_neither_side_empty():
    first, last = samples().split(1)
    assert (len(first), len(last)) == (3, 1)
    assert last.labels.tolist() == [1]
    for count in (0, 4, 9, -1):
        with pytest.raises(DataError, match="split"):
            samples().split(count)


def test_dataset_parts_must_agree():
    names = ("a", "b", "c")
    assert Dataset("ok", samples(), samples(2), None, names).image_shape == (1, 3, 3)
    with pytest.raises(DataError, match="validation images"):
        Dataset("shapes", samples(), samples(side=4), None, names)
    with pytest.raises(DataError, match="label 2"):
        Dataset("labels", samples(), samples(2), samples(), names[:2])


def test_joined_has_the_pictures_of_both():
    bytes_only = Dataset("a", samples(), samples(), samples(), ("x", "y", "z"))
    floats = Samples(samples().images / np.float32(255), samples().labels)
    both = joined(bytes_only, Dataset("b", floats, floats, None, ("x", "y", "z")))
    assert (both.name, len(both.train), len(both.validation), len(both.test)) == ("a+b", 8, 8, 4)
    assert both.train.images.dtype == np.float32
    np.testing.assert_array_equal(both.train.images[:4], both.train.images[4:])
    assert joined(bytes_only, bytes_only).train.images.dtype == np.uint8


def test_joined_refuses_other_classes():
    first, second = (Dataset(name, samples(), samples(), None, tuple(name)) for name in ("abc", "abd"))
    with pytest.raises(DataError, match="cannot be joined"):
        joined(first, second)
