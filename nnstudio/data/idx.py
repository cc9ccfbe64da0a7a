"""MNIST's file format, IDX (Yann LeCun): a header of big-endian numbers, then the bytes of one array.

The header is two zero bytes, a type code (8: unsigned bytes, the only one used here), the number of dimensions, and
each dimension as 32 bits. Files may be gzipped, whatever they are called. Nothing is allocated because a header says
so: what it claims is first compared with how large the file is.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import DataError, Dataset, Samples

FASHION_CLASSES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "trainer", "bag", "boot")

_UNSIGNED_BYTE = 8
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_LIMIT = 1100  # deflate cannot shrink data more than 1032 times
_CHUNK = 1 << 20
_LARGEST = 1 << 32  # bytes in one array; more than this would not be trained on here


def load_idx_folder(folder: Path, name: str) -> Dataset:
    """The data set in `folder`: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and, if there, `t10k-…` (the test
    set), each with '-' or '.' before "idx", and `.gz` or not.

    The last twelfth of the training pictures is for validation (5,000 of MNIST's 60,000). Raises `DataError`.
    """
    everything = _load_part(folder, "train")
    train, validation = everything.split(max(1, len(everything) // 12))
    test = _load_part(folder, "t10k") if has_idx_files(folder, "t10k") else None
    return Dataset(name, train, validation, test, _class_names(folder, everything))


def has_idx_files(folder: Path, part: str = "train") -> bool:
    """Whether `folder` has the pictures of that part, "train" or "t10k"."""
    return _find(folder, part, "images", 3) is not None


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array in an IDX file, which must have that many dimensions. Raises `DataError` when it is anything else."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            zipped = file.read(2) == _GZIP_MAGIC
            file.seek(0)
            if not zipped:
                return _read_array(file, path, dimensions, size)
            with gzip.GzipFile(fileobj=file) as unzipped:
                return _read_array(unzipped, path, dimensions, size * _GZIP_LIMIT)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"“{path.name}” is damaged: {error}.", "Fetch it again.") from error
    except OSError as error:
        raise DataError(f"“{path}” could not be read: {error.strerror or error}.") from error


def _read_array(file: BinaryIO | gzip.GzipFile, path: Path, dimensions: int, available: int) -> NDArray[np.uint8]:
    """`available` bounds how many bytes the file can hold."""
    header = file.read(4 + 4 * dimensions)
    if len(header) < 4 or header[:2] != b"\0\0":
        raise DataError(f"“{path.name}” is not an IDX file.")
    if header[2] != _UNSIGNED_BYTE or header[3] != dimensions:
        raise DataError(
            f"“{path.name}” has type {header[2]} and {header[3]} dimensions; type 8 (unsigned bytes) "
            f"and {dimensions} dimensions are needed here."
        )
    if len(header) < 4 + 4 * dimensions:
        raise DataError(f"“{path.name}” ends within its header.", "Fetch it again.")
    shape = struct.unpack(f">{dimensions}I", header[4:])
    if 0 in shape:
        raise DataError(f"“{path.name}” is empty: its shape is {_times(shape)}.")
    claimed = math.prod(shape)
    data = _read_exactly(file, claimed) if len(header) + claimed <= min(available, _LARGEST) else bytearray()
    if len(data) != claimed or file.read(1):
        raise DataError(
            f"“{path.name}” claims {_times(shape)} values, but its size does not agree.",
            "It may be cut off; fetch it again.",
        )
    return np.frombuffer(data, np.uint8).reshape(shape)


def _read_exactly(file: BinaryIO | gzip.GzipFile, count: int) -> bytearray:
    """Up to `count` bytes, in chunks, so that memory grows only with what is really there."""
    data = bytearray()
    while len(data) < count and (chunk := file.read(min(_CHUNK, count - len(data)))):
        data += chunk
    return data


def _load_part(folder: Path, part: str) -> Samples:
    images = read_idx(_required(folder, part, "images", 3), 3)
    labels = read_idx(_required(folder, part, "labels", 1), 1)
    if len(images) != len(labels):
        raise DataError(f"“{folder.name}” has {len(images)} {part} images, but {len(labels)} labels.")
    return Samples(images[:, None], labels.astype(np.int32))


def _required(folder: Path, part: str, kind: str, dimensions: int) -> Path:
    path = _find(folder, part, kind, dimensions)
    if path is None:
        raise DataError(f"“{folder}” has no file {part}-{kind}-idx{dimensions}-ubyte, gzipped or not.")
    return path


def _find(folder: Path, part: str, kind: str, dimensions: int) -> Path | None:
    names = (f"{part}-{kind}{mark}idx{dimensions}-ubyte{end}" for mark in "-." for end in ("", ".gz"))
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _class_names(folder: Path, samples: Samples) -> tuple[str, ...]:
    """The digits, Fashion-MNIST's words where the folder's name says so, and numbers for anything else."""
    classes = max(10, int(samples.labels.max()) + 1)
    if classes == 10 and "fashion" in folder.name.lower():
        return FASHION_CLASSES
    return tuple(str(number) for number in range(classes))


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
