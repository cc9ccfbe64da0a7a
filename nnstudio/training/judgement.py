"""How a network answers picture by picture at the end of an epoch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.backend import Array, Executable
from nnstudio.training.events import Judged

MOST_TRAINING_PICTURES = 2000
MOST_BYTES = 64 * 2**20
"""Of the training pictures that are chosen: they are copied."""


class Examiner:
    """Asks for all validation pictures, and for an even selection of those to train on, always the same."""

    def __init__(self, dataset: Dataset) -> None:
        train = dataset.train
        count = max(1, min(MOST_TRAINING_PICTURES, len(train), MOST_BYTES // train.images[0].nbytes))
        even = np.arange(count, dtype=np.int64) * len(train) // count
        everything = np.arange(len(dataset.validation), dtype=np.int64)
        self._parts = {
            "validation": (everything, dataset.validation),
            "train": (even, Samples(train.images[even], train.labels[even])),
        }

    def judge(self, executable: Executable, step: int, epoch: int) -> list[Judged]:
        """The answers of a network that tells classes apart: with the average of the weights where there is one."""
        found = []
        for part, (pictures, samples) in self._parts.items():
            answers, confidences = answers_of(executable.predict(samples.images, averaged=True))
            labels = samples.labels.astype(np.int64)
            found.append(Judged(step, epoch, part, pictures, labels, answers, confidences))
        return found


def answers_of(outputs: Array) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The class answered for each of ``outputs`` (N, units), and how sure of it. A single unit says yes (class 1) or
    no."""
    if outputs.shape[1] == 1:
        yes = outputs[:, 0]
        answers = (yes >= 0.5).astype(np.int64)
        return answers, np.where(answers, yes, 1 - yes).astype(np.float32)
    answers = outputs.argmax(axis=1).astype(np.int64)
    return answers, np.take_along_axis(outputs, answers[:, None], axis=1)[:, 0].astype(np.float32)
