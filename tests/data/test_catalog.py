from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from nnstudio.data import catalog
from nnstudio.data.catalog import load_dataset, training_count
from nnstudio.data.dataset import DataError


def test_digits_come_from_different_seeds_in_each_part():
    dataset = load_dataset("digits")
    parts = (dataset.train, dataset.validation, dataset.test)
    assert [len(part) for part in parts] == [30_000, 2_000, 4_000]
    assert dataset.image_shape == (1, 28, 28)
    assert dataset.class_names == tuple("0123456789")
    distinct = {image.tobytes() for part in parts for image in part.images}
    assert len(distinct) == 36_000
    assert (load_dataset("digits", seed=1).validation.labels != dataset.validation.labels).any()


def test_mnist_is_taken_from_the_users_folder_when_it_is_there(test_data: Path, tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "download_mnist", lambda *_, **__: pytest.fail("downloaded"))
    monkeypatch.setenv("NNSTUDIO_DATA_DIR", str(tmp_path))
    shutil.copytree(test_data / "mnist", tmp_path / "mnist")
    assert len(load_dataset("mnist").train) == training_count("mnist") == 55_000
    monkeypatch.setenv("NNSTUDIO_DATA_DIR", str(tmp_path / "nothing"))
    monkeypatch.setenv("NNSTUDIO_MNIST", str(test_data / "mnist"))
    assert len(load_dataset("mnist").test) == 10_000


def test_what_is_known_without_loading():
    assert training_count("digits") == 30_000
    assert training_count("mnist+digits") == 85_000
    assert training_count("/some/folder") is None


def test_mnist_is_downloaded_where_it_is_missing(test_data: Path, tmp_path, monkeypatch):
    told = []

    def fetch(folder, *, progress, cancel):
        shutil.copytree(test_data / "mnist", folder)
        progress(1, 1)

    monkeypatch.setattr(catalog, "download_mnist", fetch)
    monkeypatch.delenv("NNSTUDIO_MNIST", raising=False)
    monkeypatch.setenv("NNSTUDIO_DATA_DIR", str(tmp_path))
    dataset = load_dataset("mnist", progress=lambda *news: told.append(news))
    assert (dataset.name, len(dataset.validation)) == ("mnist", 5_000)
    assert told == [(1, 1)]
    assert (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").exists()


def test_a_folder_is_called_by_its_name(test_data: Path):
    dataset = load_dataset(test_data / "fashion-mnist")
    assert (dataset.name, dataset.class_names[9]) == ("fashion-mnist", "boot")
    assert np.bincount(dataset.test.labels).tolist() == [1000] * 10


def test_what_is_unknown_is_answered_with_the_choices(tmp_path):
    with pytest.raises(DataError, match=r"no data set “digit”.*digits, mnist"):
        load_dataset("digit")
    with pytest.raises(DataError, match="neither IDX files nor pictures"):
        load_dataset(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="neither IDX files nor pictures"):
        load_dataset(tmp_path / "file")
