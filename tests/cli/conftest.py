"""Data that is small and easy, as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnstudio.data.idx import has_idx_files


def write_idx(folder: Path, part: str, images: np.ndarray, labels: np.ndarray) -> None:
    header = np.array([0x803, *images.shape], ">u4").tobytes()
    (folder / f"{part}-images-idx3-ubyte").write_bytes(header + images.astype(np.uint8).tobytes())
    header = np.array([0x801, len(labels)], ">u4").tobytes()
    (folder / f"{part}-labels-idx1-ubyte").write_bytes(header + labels.astype(np.uint8).tobytes())


@pytest.fixture(scope="session")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten classes that anything can learn: a bright bar in one of ten places."""
    folder = tmp_path_factory.mktemp("bars")
    generator = np.random.default_rng(0)
    for part, count in (("train", 700), ("t10k", 100)):
        labels = generator.integers(0, 10, count)
        images = generator.integers(0, 40, (count, 28, 28))
        for image, label in zip(images, labels, strict=True):
            image[2 * label + 4 : 2 * label + 6] = 255
        write_idx(folder, part, images, labels)
    assert has_idx_files(folder)
    return folder
