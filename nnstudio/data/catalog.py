"""One door to all data sets: a name or a path in, a `Dataset` out."""

from __future__ import annotations

import os
import threading
from functools import reduce
from pathlib import Path

from nnstudio.data.dataset import DataError, Dataset, Progress, joined
from nnstudio.data.digits import built_in_digits
from nnstudio.data.download import download_mnist
from nnstudio.data.idx import has_idx_files, load_idx_folder
from nnstudio.data.image_folder import is_image_folder, load_image_folder
from nnstudio.data.names import DATASETS, mnist_dir
from nnstudio.data.points import COUNTS, PATTERNS, points

DATASET_NAMES = tuple(name for name in DATASETS if "+" not in name)

_TRAINING_COUNTS = {"digits": 30_000, "mnist": 55_000, **dict.fromkeys(PATTERNS, COUNTS["train"])}

_DIGIT_NAMES = tuple("0123456789")


def load_dataset(
    name_or_path: str | os.PathLike[str],
    *,
    seed: int = 0,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Dataset:
    """The data set of a name, or in a folder: IDX files, or pictures sorted by class (a zip file too).

    "digits" and points of the plane ("spirals", ...) are made by the program from `seed`, which also shuffles pictures
    where they have to be split; "mnist" is downloaded once; "mnist+digits" joins two. `progress` counts bytes or
    pictures. Raises `DataError`, `DownloadError` and `CancelledError`.
    """
    if name_or_path == "digits":
        return _digits(seed)
    if name_or_path == "mnist":
        return _mnist(progress, cancel)
    if name_or_path in PATTERNS:
        return points(str(name_or_path), seed=seed)
    path = Path(name_or_path)
    if not path.exists() and "+" in str(name_or_path):
        names = str(name_or_path).split("+")
        return reduce(joined, (load_dataset(name, seed=seed, progress=progress, cancel=cancel) for name in names))
    if not path.exists():
        raise DataError(
            f"There is no data set “{name_or_path}”.",
            f"Choose {', '.join(DATASET_NAMES)}, or a folder with IDX files or with pictures sorted by class.",
        )
    name = path.resolve().stem if path.is_file() else path.resolve().name
    if has_idx_files(path):
        return load_idx_folder(path, name)
    if is_image_folder(path):
        return load_image_folder(path, name, seed=seed, progress=progress, cancel=cancel)
    raise DataError(
        f"“{path}” holds neither IDX files nor pictures.",
        "It needs train-images-idx3-ubyte, or folders named after the classes with PNG or JPEG pictures in them.",
    )


def training_count(name: str) -> int | None:
    """How many pictures of a data set are to learn from, as far as that is known without loading it."""
    counts = [_TRAINING_COUNTS.get(part) for part in name.split("+")]
    return None if None in counts else sum(filter(None, counts))


def _digits(seed: int) -> Dataset:
    train, validation, test = (
        built_in_digits(count, 3 * seed + part) for part, count in enumerate((_TRAINING_COUNTS["digits"], 2_000, 4_000))
    )
    return Dataset("digits", train, validation, test, _DIGIT_NAMES)


def _mnist(progress: Progress | None, cancel: threading.Event | None) -> Dataset:
    folder = mnist_dir()
    if not (has_idx_files(folder, "train") and has_idx_files(folder, "t10k")):
        download_mnist(folder, progress=progress, cancel=cancel)
    return load_idx_folder(folder, "mnist")
