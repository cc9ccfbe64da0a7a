"""What is to know about the data before anything is learned from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from nnstudio.data.dataset import Dataset, Samples

MOST_BYTES = 512 * 2**20
"""Pictures beyond so many bytes of a part are not looked at; a second's work."""
_LOOK_UP = 256
"""Pictures between two looks whether anybody still wants to know."""


@dataclass(frozen=True)
class DataFacts:
    """How many training pictures each class has, and of ``validation`` pictures looked at, how many are among those
    to train on, to the last bit."""

    class_names: tuple[str, ...]
    counts: tuple[int, ...]
    validation: int
    duplicates: int


def examine_data(dataset: Dataset, cancelled: Callable[[], bool] = lambda: False) -> DataFacts:
    """Count classes and compare pictures; what has been seen when it is ``cancelled`` is the answer.

    Pictures are compared by a hash of 64 bits: among a million of them one wrong match is expected in 10^7 data sets.
    """
    counts = np.bincount(dataset.train.labels, minlength=len(dataset.class_names))
    wanted = list(_hashes(dataset.validation, cancelled))
    among = set(wanted)
    found = {picture for picture in _hashes(dataset.train, cancelled) if picture in among}
    copies = sum(picture in found for picture in wanted)
    return DataFacts(dataset.class_names, tuple(counts.tolist()), len(wanted), copies)


def _hashes(samples: Samples, cancelled: Callable[[], bool]) -> Iterator[bytes]:
    size = max(1, samples.images[0].nbytes)
    for number, picture in enumerate(samples.images[: MOST_BYTES // size]):
        if number % _LOOK_UP == 0 and cancelled():
            return
        yield blake2b(picture.tobytes(), digest_size=8).digest()
