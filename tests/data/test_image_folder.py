from __future__ import annotations

import shutil
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import DataError
from nnstudio.data.image_folder import load_image_folder
from nnstudio.errors import CancelledError

GREY = {"cat": 40, "dog": 200}


def write_pictures(folder: Path, count: int = 6, size=(8, 6), ending: str = "png", mode: str = "L") -> None:
    for name, level in GREY.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            colour = level if mode == "L" else (level, 0, 255 - level)
            Image.new(mode, size, colour).save(folder / name / f"{number:02}.{ending}")


def check(dataset, counts: tuple[int, int, int | None]) -> None:
    assert dataset.class_names == ("cat", "dog")
    assert (len(dataset.train), len(dataset.validation), dataset.test and len(dataset.test)) == counts
    for samples in filter(None, (dataset.train, dataset.validation, dataset.test)):
        shown = samples.images[:, 0].mean(axis=(1, 2))
        np.testing.assert_allclose(shown, np.array([40, 200])[samples.labels], atol=2)


@pytest.mark.parametrize("around", [".", "pets", "my/pets"])
@pytest.mark.parametrize("zipped", [False, True])
def test_train_test_and_validation_folders(tmp_path, around, zipped):
    for part, count in (("train", 12), ("test", 3), ("val", 2)):
        write_pictures(tmp_path / "set" / around / part, count)
    (tmp_path / "set" / "note.txt").write_text("not a picture")
    (tmp_path / "set" / ".hidden" / "cat").mkdir(parents=True)
    path = tmp_path / "set"
    if zipped:
        path = Path(shutil.make_archive(str(path), "zip", path))
    dataset = load_dataset(path)
    check(dataset, (24, 4, 6))
    assert dataset.name == "set"
    assert dataset.image_shape == (1, 6, 8)


@pytest.mark.parametrize("ending", ["png", "jpg", "JPEG"])
def test_only_classes_and_a_split_by_seed(tmp_path, ending):
    write_pictures(tmp_path / "pets", 12, ending=ending)
    dataset = load_dataset(tmp_path / "pets")
    check(dataset, (22, 2, None))
    again, other = load_dataset(tmp_path / "pets"), load_dataset(tmp_path / "pets", seed=1)
    np.testing.assert_array_equal(dataset.train.labels, again.train.labels)
    assert (dataset.train.labels != other.train.labels).any()


def test_sizes_and_colours_are_made_alike(tmp_path):
    write_pictures(tmp_path / "train", 4, (8, 6))
    write_pictures(tmp_path / "test", 1, (30, 10), mode="RGB")
    dataset = load_dataset(tmp_path)
    assert dataset.image_shape == (3, 6, 8)
    assert dataset.test.images[dataset.test.labels == 1][0, :, 3, 3].tolist() == [200, 0, 55]
    write_pictures(tmp_path / "large" / "train", 2, (600, 300))
    assert load_dataset(tmp_path / "large").image_shape == (1, 64, 128)


def test_cifar_from_its_zip(test_data: Path):
    told: list[tuple[int, int]] = []
    dataset = load_dataset(test_data / "cifar10-subset.zip", progress=lambda *news: told.append(news))
    assert dataset.image_shape == (3, 32, 32)
    assert (len(dataset.train) + len(dataset.validation), len(dataset.test)) == (5000, 1000)
    assert np.bincount(dataset.test.labels).tolist() == [100] * 10
    assert "airplane" in dataset.class_names
    assert told[-1] == (5999, 6000)


def test_a_damaged_picture_is_named(tmp_path):
    write_pictures(tmp_path / "pets")
    (tmp_path / "pets" / "dog" / "03.png").write_bytes(b"\x89PNG\r\n\x1a\n no more")
    with pytest.raises(DataError, match=r"03\.png"):
        load_dataset(tmp_path / "pets")


def test_damaged_zip_files_are_told(tmp_path):
    write_pictures(tmp_path / "pets")
    path = Path(shutil.make_archive(str(tmp_path / "pets"), "zip", tmp_path / "pets"))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("cat/02.png").header_offset
    data[start + 60] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"02\.png"):
        load_dataset(path)
    path.write_bytes(data[:-30])
    with pytest.raises(DataError):
        load_dataset(path)


def test_reading_can_be_cancelled(tmp_path):
    write_pictures(tmp_path / "pets")
    cancel = threading.Event()
    with pytest.raises(CancelledError):
        load_image_folder(tmp_path / "pets", "pets", progress=lambda done, _: done < 3 or cancel.set(), cancel=cancel)


def test_too_little_is_told(tmp_path):
    (tmp_path / "cat").mkdir()
    with pytest.raises(DataError, match="no PNG"):
        load_image_folder(tmp_path, "pets")
    write_pictures(tmp_path / "sets" / "test")
    with pytest.raises(DataError, match="train"):
        load_dataset(tmp_path / "sets")
