"""Built-in handwriting: digits made by the program, looking like MNIST's, with no download and no picture copied.

Pen strokes drawn for this program (`writing.py`) are mixed and varied (`handwriting.py`), rendered (`rendering.py`),
and placed as MNIST places its digits (`preprocess.py`). The cache spares the second of work at every start.
"""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import DataError, Samples
from nnstudio.data.handwriting import Variety, write
from nnstudio.data.preprocess import BOX, SIDE, centre_by_mass
from nnstudio.data.rendering import render
from nnstudio.data.strokes import Family
from nnstudio.data.writing import FAMILIES
from nnstudio.files import WriteError, atomic_write
from nnstudio.paths import cache_dir

_log = logging.getLogger(__name__)


def built_in_digits(count: int, seed: int) -> Samples:
    """`count` digits (count, 1, 28, 28), uint8, in random order; the same for the same `seed`, kept in the cache."""
    path = cache_dir() / "digits" / f"{_recipe()}-{count}-{seed}.npz"
    samples = _load(path, count)
    if samples is None:
        samples = make_digits(count, seed)
        _save(path, samples)
    return samples


def make_digits(count: int, seed: int, variety: Variety | None = None) -> Samples:
    """As `built_in_digits`, made afresh, and with hands as different as `variety` says."""
    choice, *hands = np.random.SeedSequence(seed).spawn(1 + len(FAMILIES))
    digits = np.array([family.digit for family in FAMILIES])
    shares = np.array([family.share for family in FAMILIES])
    chances = shares / np.bincount(digits, shares)[digits] / 10
    chosen = np.random.default_rng(choice).choice(len(FAMILIES), count, p=chances)
    images = np.empty((count, 1, SIDE, SIDE), np.uint8)
    for number, (family, hand) in enumerate(zip(FAMILIES, hands, strict=True)):
        mine = np.flatnonzero(chosen == number)
        images[mine, 0] = _draw(family, len(mine), variety or Variety(), np.random.default_rng(hand))
    return Samples(images, digits[chosen].astype(np.int32))


def _draw(family: Family, count: int, variety: Variety, rng: np.random.Generator) -> NDArray[np.uint8]:
    points, radii = write(family, count, variety, rng)
    softness = rng.uniform(*variety.softness, count).astype(np.float32)
    grain = rng.uniform(0, variety.grain, (count, 1, 1)).astype(np.float32)
    roughness = grain * rng.standard_normal((count, BOX, BOX), dtype=np.float32)
    return centre_by_mass(255 * render(points, radii, family.strokes, softness, roughness))


@cache
def _recipe() -> str:
    """Changes with the program text that makes digits, so that a new version never shows an old one's cache."""
    names = ("digits", "handwriting", "preprocess", "rendering", "strokes", "writing")
    text = b"".join(Path(__file__).with_name(f"{name}.py").read_bytes() for name in names)
    return hashlib.sha256(text).hexdigest()[:16]


def _load(path: Path, count: int) -> Samples | None:
    """What the cache has, or None. A damaged file is told by its checksums and shapes, and simply made again."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            samples = Samples(arrays["images"], arrays["labels"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, DataError) as error:
        _log.warning("cached digits in %s are unreadable and made again: %s", path, error)
        return None
    return samples if samples.images.shape == (count, 1, SIDE, SIDE) else None


def _save(path: Path, samples: Samples) -> None:
    file = io.BytesIO()
    np.savez(file, images=samples.images, labels=samples.labels)
    try:
        atomic_write(path, file.getvalue())
    except WriteError as error:
        _log.warning("%s Digits will be made again at the next start.", error)
