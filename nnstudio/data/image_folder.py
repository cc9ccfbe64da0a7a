"""Pictures sorted into folders, one folder a class, in a folder or a zip file.

`train/<class>/…`, with `test/` and `validation/` (or `val/`) beside it where there are such sets; or just `<class>/…`.
One folder around it all does not matter. PNG and JPEG.
"""

from __future__ import annotations

import io
import threading
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from nnstudio.data.dataset import DataError, Dataset, Progress, Samples
from nnstudio.errors import CancelledError

_ENDINGS = (".png", ".jpg", ".jpeg")
_PARTS = {"train": "train", "test": "test", "validation": "validation", "val": "validation"}
_DEPTH = 4  # folders: one around it all, part, class, and what may be around that
_LONGEST_SIDE = 128  # pixels: networks here do not take larger ones; what is larger is scaled down
_LARGEST_FILE = 64 << 20  # bytes
_LARGEST_SET = 2 << 30  # bytes of pixels


@dataclass(frozen=True)
class _Picture:
    part: str
    class_name: str
    file: Traversable


def is_image_folder(path: Path) -> bool:
    """Whether there is a picture in a folder of its class."""
    if not path.is_dir() and not zipfile.is_zipfile(path):
        return False
    with _opened(path) as root:
        return next(_walk(root, ()), None) is not None


def load_image_folder(
    path: Path, name: str, *, seed: int = 0, progress: Progress | None = None, cancel: threading.Event | None = None
) -> Dataset:
    """The data set in `path`: in colour if any picture is, all in the size that most of them have, at most 128 pixels.

    Without a folder for validation, a twelfth of the training pictures is taken, at random by `seed`. `progress` is
    told (pictures read, pictures). Raises `DataError`, naming the picture that cannot be read, and `CancelledError`.
    """
    with _opened(path) as root:
        found = _find(root)
        pictures = []
        for number, picture in enumerate(found):
            if cancel is not None and cancel.is_set():
                raise CancelledError("Reading the pictures was cancelled.")
            if progress is not None:
                progress(number, len(found))
            pictures.append(_decode(picture.file))
    if not found:
        raise DataError(f"“{path}” has no PNG or JPEG pictures in folders named after their classes.")
    classes = tuple(sorted({picture.class_name for picture in found}))
    number_of = {name: number for number, name in enumerate(classes)}
    labels = np.array([number_of[picture.class_name] for picture in found], np.int32)
    parts = np.array([picture.part for picture in found])
    members = {part: np.flatnonzero(parts == part) for part in sorted(set(parts.tolist()))}
    if "train" not in members:
        raise DataError(f"“{path}” has no folder “train” beside its other sets.")
    if "validation" not in members:
        members["train"] = np.random.default_rng(seed).permutation(members["train"])
    form = _common_form(pictures)
    everything = {
        part: Samples(_stack([pictures[index] for index in which], form), labels[which])
        for part, which in members.items()
    }
    train, validation = everything["train"], everything.get("validation")
    if validation is None:
        train, validation = train.split(max(1, len(train) // 12))
    return Dataset(name, train, validation, everything.get("test"), classes)


@contextmanager
def _opened(path: Path) -> Iterator[Traversable]:
    try:
        if path.is_dir():
            yield path
            return
        with zipfile.ZipFile(path) as archive:
            yield zipfile.Path(archive)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"“{path}” is not a folder or a zip file that can be read.") from error


def _find(root: Traversable) -> list[_Picture]:
    """All pictures, in the same order everywhere. If any stands under train/, test/ …, only those count."""
    pictures = list(_walk(root, ()))
    in_parts = any(picture.part for picture in pictures)
    if not in_parts:
        return [_Picture("train", picture.class_name, picture.file) for picture in pictures]
    return [picture for picture in pictures if picture.part]


def _walk(folder: Traversable, above: tuple[str, ...]) -> Iterator[_Picture]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.startswith((".", "__MACOSX")):  # what file managers leave behind
            continue
        if item.is_dir():
            if len(above) < _DEPTH:
                yield from _walk(item, (*above, item.name))
        elif above and item.name.lower().endswith(_ENDINGS):
            part = _PARTS.get(above[-2].lower(), "") if len(above) > 1 else ""
            yield _Picture(part, above[-1], item)


def _decode(file: Traversable) -> Image.Image:
    """Upright, grey ("L") or in colour ("RGB")."""
    try:
        with file.open("rb") as stream:
            data = stream.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            raise DataError(f"“{file}” is larger than {_LARGEST_FILE >> 20} MiB.")
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as image:
                image.draft(None, (2 * _LONGEST_SIDE, 2 * _LONGEST_SIDE))
                upright = ImageOps.exif_transpose(image)
                upright.thumbnail((2 * _LONGEST_SIDE, 2 * _LONGEST_SIDE))
                return upright.convert("L" if image.mode in ("1", "L", "LA", "I;16") else "RGB")
    except (
        OSError, SyntaxError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error,
        Image.DecompressionBombWarning, Image.DecompressionBombError,
    ) as error:  # fmt: skip
        raise DataError(f"The picture “{file}” cannot be read.", "Replace it or take it away.") from error


@dataclass(frozen=True)
class _Form:
    """What all pictures of a set are made to have in common: (width, height), and "L" or "RGB"."""

    size: tuple[int, int]
    mode: str


def _common_form(pictures: list[Image.Image]) -> _Form:
    """The commonest size, and colour if any picture has it."""
    (width, height), _ = Counter(picture.size for picture in pictures).most_common(1)[0]
    shrink = min(1.0, _LONGEST_SIDE / max(width, height))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    mode = "RGB" if any(picture.mode == "RGB" for picture in pictures) else "L"
    if len(pictures) * size[0] * size[1] * len(mode) > _LARGEST_SET:
        raise DataError(f"{len(pictures)} pictures of {size[0]}×{size[1]} pixels are more than fit in 2 GiB.")
    return _Form(size, mode)


def _stack(pictures: list[Image.Image], form: _Form) -> NDArray[np.uint8]:
    """(N, channels, height, width), each picture scaled and cropped to ``form``."""
    (width, height), mode = form.size, form.mode
    images = np.empty((len(pictures), len(mode), height, width), np.uint8)
    for place, picture in zip(images, pictures, strict=True):
        fitted = picture if picture.size == form.size else ImageOps.fit(picture, form.size, Image.Resampling.LANCZOS)
        place[...] = np.asarray(fitted.convert(mode)).reshape(height, width, len(mode)).transpose(2, 0, 1)
    return images
