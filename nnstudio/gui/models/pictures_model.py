"""Single pictures of a data set by their numbers, loaded in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Background

MOST_KEPT = 512 * 2**20
"""Bytes of a data set that is kept for the next question; a larger one is loaded again."""
Pictures = NDArray[np.uint8] | NDArray[np.float32]
Load = Callable[[str, threading.Event], Dataset]
"""Loads a data set; gives up when the event is set."""


@dataclass(frozen=True)
class Asked:
    """Pictures with these numbers of a part (``train``, ``validation``) of a data set."""

    dataset: str
    part: str
    numbers: tuple[int, ...]


def load(dataset: str, cancel: threading.Event) -> Dataset:
    """Any data set. Imports late: the window comes first."""
    from nnstudio.data.catalog import load_dataset

    return load_dataset(dataset, cancel=cancel)


class PicturesModel(QObject):
    """Answers one question after another; of those asked meanwhile only the newest counts."""

    arrived = Signal(object, object)
    """What was asked, and the pictures (N, channels, height, width)."""
    failed = Signal(object, object)
    """What was asked, and the `NNStudioError` that is in the way."""

    def __init__(self, *, load: Load = load, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._load = load
        self._background = Background(self)
        self._cancel = threading.Event()
        self._kept: tuple[str, Dataset] | None = None
        self._working: Asked | None = None
        self._next: Asked | None = None

    def ask(self, asked: Asked) -> None:
        """Answer this by a signal, later."""
        self._next = asked
        if self._working is None:
            self._begin()
        elif self._working.dataset != asked.dataset:
            self._cancel.set()

    def shut_down(self) -> None:
        """Let what has begun come to its end, soon; for the end of the program."""
        self._next = None
        self._cancel.set()
        self._background.wait()

    def _begin(self) -> None:
        self._working, self._next = self._next, None
        if self._working is None:
            return
        self._cancel = threading.Event()
        kept = self._kept[1] if self._kept and self._kept[0] == self._working.dataset else None
        work = partial(self._work, self._working, kept, self._cancel)
        self._background.run(work, self._take, self._fail)

    def _work(self, asked: Asked, kept: Dataset | None, cancel: threading.Event) -> tuple[Dataset, Pictures]:
        """In another thread."""
        dataset = kept or self._load(asked.dataset, cancel)
        samples: Samples = getattr(dataset, asked.part)
        numbers = np.array(asked.numbers, np.int64)
        if len(numbers) and (numbers.min() < 0 or numbers.max() >= len(samples)):
            raise NNStudioError(
                f"The data set “{asked.dataset}” has changed since: it has no picture {numbers.max():,} any more.",
                "Train again to see how the network answers now.",
            )
        return dataset, samples.images[numbers]

    def _take(self, answer: tuple[Dataset, Pictures]) -> None:
        dataset, pictures = answer
        asked = self._finish()
        small = sum(part.nbytes for part in (dataset.train, dataset.validation)) <= MOST_KEPT
        self._kept = (asked.dataset, dataset) if small else None
        if self._next is None:
            self.arrived.emit(asked, pictures)
        self._begin()

    def _fail(self, error: NNStudioError) -> None:
        asked = self._finish()
        if self._next is None:
            self.failed.emit(asked, error)
        self._begin()

    def _finish(self) -> Asked:
        asked, self._working = self._working, None
        assert asked is not None, "an answer has a question"
        return asked
