"""The pictures a network learns from, as plain arrays with their promises checked once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import NNStudioError

Progress = Callable[[int, int], None]
"""Called while data are fetched or read with (done, all), from the thread that does it."""


class DataError(NNStudioError):
    """A data set is missing, damaged, or not what it claims to be."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Pictures with their class numbers.

    `images` is (N, channels, height, width), uint8 (meaning value/255) or float32; `labels` is int32 (N,), each at
    least 0. There is at least one picture. Both arrays are read-only from here on, so that they can be shared.
    """

    images: NDArray[np.uint8] | NDArray[np.float32]
    labels: NDArray[np.int32]

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        if images.ndim != 4 or 0 in images.shape[1:]:
            raise DataError(f"Images must have the shape (count, channels, height, width), not {images.shape}.")
        if images.dtype not in (np.uint8, np.float32):
            raise DataError(f"Images must be uint8 or float32, not {images.dtype}.")
        if labels.shape != images.shape[:1] or labels.dtype != np.int32:
            raise DataError(
                f"{len(images)} images need int32 labels of shape ({len(images)},), "
                f"not {labels.dtype} of shape {labels.shape}."
            )
        if not len(images):
            raise DataError("A set of samples needs at least one image.")
        if labels.min() < 0:
            raise DataError(f"Labels count from 0, but one is {labels.min()}.")
        for name in ("images", "labels"):
            view = getattr(self, name).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def nbytes(self) -> int:
        """Bytes of pictures and labels."""
        return self.images.nbytes + self.labels.nbytes

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)"""
        _, channels, height, width = self.images.shape
        return channels, height, width

    def split(self, count: int) -> tuple[Samples, Samples]:
        """All but the last `count` samples, and the last `count`; neither may become empty."""
        if not 0 < count < len(self):
            raise DataError(f"{count} of {len(self)} samples cannot be split off: at least 1 must be on each side.")
        first = Samples(self.images[:-count], self.labels[:-count])
        return first, Samples(self.images[-count:], self.labels[-count:])


@dataclass(frozen=True, eq=False)
class Dataset:
    """What is trained on, what is watched while training, and what judges the result (which may be missing).

    All parts have images of one shape, and every label has a name in `class_names`.
    """

    name: str
    train: Samples
    validation: Samples
    test: Samples | None
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        for part in ("train", "validation", "test"):
            samples: Samples | None = getattr(self, part)
            if samples is None:
                continue
            if samples.image_shape != self.image_shape:
                raise DataError(
                    f"{self.name}: {part} images are {samples.image_shape}, those to train on {self.image_shape}."
                )
            if samples.labels.max() >= len(self.class_names):
                raise DataError(
                    f"{self.name}: {part} has the label {samples.labels.max()}, "
                    f"but only {len(self.class_names)} classes have a name."
                )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)"""
        return self.train.image_shape


def joined(first: Dataset, second: Dataset) -> Dataset:
    """Both data sets in one; they must show the same classes in pictures of one shape."""
    if first.class_names != second.class_names or first.train.image_shape != second.train.image_shape:
        raise DataError(f"“{first.name}” and “{second.name}” cannot be joined: their classes or picture sizes differ.")
    tests = [part for part in (first.test, second.test) if part is not None]
    return Dataset(
        f"{first.name}+{second.name}",
        _together([first.train, second.train]),
        _together([first.validation, second.validation]),
        _together(tests) if tests else None,
        first.class_names,
    )


def _together(parts: Sequence[Samples]) -> Samples:
    """Bytes stay bytes only when all are."""
    if len({part.images.dtype for part in parts}) > 1:
        parts = [Samples(np.divide(part.images, _scale(part), dtype=np.float32), part.labels) for part in parts]
    return Samples(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


def _scale(part: Samples) -> np.float32:
    return np.float32(255 if part.images.dtype == np.uint8 else 1)
