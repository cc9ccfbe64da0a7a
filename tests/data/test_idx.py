from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnstudio.data.dataset import DataError
from nnstudio.data.idx import FASHION_CLASSES, load_idx_folder, read_idx


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_set(folder: Path, train: int = 24, test: int = 5, mark: str = "-", pack=bytes, end: str = "") -> None:
    rng = np.random.default_rng(0)
    folder.mkdir(exist_ok=True)
    for part, count in (("train", train), ("t10k", test)):
        images = rng.integers(0, 256, (count, 4, 3), dtype=np.uint8)
        labels = np.arange(count, dtype=np.uint8) % 10
        (folder / f"{part}-images{mark}idx3-ubyte{end}").write_bytes(pack(idx(images)))
        (folder / f"{part}-labels{mark}idx1-ubyte{end}").write_bytes(pack(idx(labels)))


@pytest.mark.parametrize("mark", ["-", "."])
@pytest.mark.parametrize(("pack", "end"), [(bytes, ""), (gzip.compress, ".gz"), (gzip.compress, ""), (bytes, ".gz")])
def test_the_usual_names_are_found_and_gzip_is_seen_by_content(tmp_path, mark, pack, end):
    write_set(tmp_path / "a", mark=mark, pack=pack, end=end)
    dataset = load_idx_folder(tmp_path / "a", "a")
    assert [len(part) for part in (dataset.train, dataset.validation, dataset.test)] == [22, 2, 5]
    assert dataset.image_shape == (1, 4, 3)
    assert dataset.validation.labels.tolist() == [2, 3]
    assert dataset.class_names == tuple("0123456789")


def test_a_folder_without_a_test_set_will_do(tmp_path):
    write_set(tmp_path)
    for file in tmp_path.glob("t10k*"):
        file.unlink()
    assert load_idx_folder(tmp_path, "a").test is None


def test_mnist_and_fashion_mnist_load(test_data: Path):
    for name in ("mnist", "fashion-mnist"):
        dataset = load_idx_folder(test_data / name, name)
        assert [len(part) for part in (dataset.train, dataset.validation, dataset.test)] == [55_000, 5_000, 10_000]
        assert dataset.image_shape == (1, 28, 28)
        assert set(dataset.train.labels) == set(range(10))
    assert dataset.class_names == FASHION_CLASSES
    mnist = load_idx_folder(test_data / "mnist", "mnist")
    assert mnist.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert abs(mnist.train.images.mean() / 255 - 0.1307) < 0.001


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not an IDX"),
        (b"\0\0", "not an IDX"),
        (b"PK\3\4 something else", "not an IDX"),
        (struct.pack(">HBB2I", 0, 8, 3, 1, 2), "ends within its header"),
        (struct.pack(">HBB3I", 0, 0x0D, 3, 1, 2, 2) + bytes(16), "type 13"),
        (struct.pack(">HBBI", 0, 8, 1, 9) + bytes(9), "1 dimensions"),
        (struct.pack(">HBB3I", 0, 8, 3, 0, 28, 28), "empty"),
        (struct.pack(">HBB3I", 0, 8, 3, 2, 2, 2) + bytes(7), "does not agree"),
        (struct.pack(">HBB3I", 0, 8, 3, 2, 2, 2) + bytes(9), "does not agree"),
        (struct.pack(">HBB3I", 0, 8, 3, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF) + bytes(9), "does not agree"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_is_wrong_with_a_file_is_said(tmp_path, data, says, pack):
    path = tmp_path / "images"
    path.write_bytes(pack(data))
    with pytest.raises(DataError, match=says):
        read_idx(path, 3)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_nothing_is_allocated_because_a_header_says_so(tmp_path, pack):
    path = tmp_path / "images"
    path.write_bytes(pack(struct.pack(">HBB3I", 0, 8, 3, 60_000, 28, 28) + bytes(1 << 17)))
    tracemalloc.start()
    with pytest.raises(DataError):
        read_idx(path, 3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_missing_file_or_folder_is_named(tmp_path):
    write_set(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="train-labels-idx1-ubyte"):
        load_idx_folder(tmp_path, "a")
    with pytest.raises(DataError, match="could not be read"):
        read_idx(tmp_path / "nothing", 3)


def test_images_and_labels_must_be_as_many(tmp_path):
    write_set(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(7, np.uint8)))
    with pytest.raises(DataError, match="24 train images, but 7 labels"):
        load_idx_folder(tmp_path, "a")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.booleans())
def test_any_damage_is_told_or_harmless(tmp_path, data, zipped):
    """A file with random bytes replaced and its end cut reads as an array or is refused, nothing else."""
    content = bytearray(idx(np.arange(60, dtype=np.uint8).reshape(5, 4, 3)))
    if zipped:
        content = bytearray(gzip.compress(content))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "images"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        array = read_idx(path, 3)
    except DataError as error:
        assert "images" in error.message
    else:
        assert array.ndim == 3
        assert array.dtype == np.uint8
