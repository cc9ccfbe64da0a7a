"""Patients for the doctor: real trainings, small enough for a test, and what the doctor says to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count

import numpy as np
import pytest

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.network import NetworkSpec
from nnstudio.training import watch
from nnstudio.training.doctor import Doctor, Finding
from nnstudio.training.events import Event, Paused
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer

EVERY = 10
"""Steps from one measurement to the next."""


class Ward:
    """Trains and lets a doctor listen; measures by the step, so that no clock has a say in what is found."""

    def __init__(
        self,
        spec: NetworkSpec,
        dataset: Dataset,
        settings: TrainingSettings,
        state: Mapping[str, np.ndarray] | None = None,
        *,
        measures: bool = True,
    ) -> None:
        self.doctor = Doctor(spec, settings)
        self.trainer = Trainer(
            spec, dataset, settings, backend=NumpyBackend(), measures=measures, state=state, snapshots_per_second=1e9
        )
        self.events: list[Event] = []
        self.told: list[Finding] = []
        """All that the doctor has ever said, renewals too."""

    def run(self) -> Ward:
        """To the end, or until training pauses by itself."""
        with _watching_closely():
            for event in self.trainer.run():
                self.events.append(event)
                self.told += self.doctor.hear(event)
                if isinstance(event, Paused) and event.reason:
                    self.trainer.stop()
        return self

    @property
    def causes(self) -> set[str]:
        return {finding.cause for finding in self.told}

    def finding(self, cause: str) -> Finding:
        return next(finding for finding in self.told if finding.cause == cause)


@contextmanager
def _watching_closely() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        steps = count()
        patch.setattr(watch.Watch, "due", property(lambda _: next(steps) % EVERY == 0))
        patch.setattr(watch, "MEASURING", 1e9)
        patch.setattr(watch, "JUDGING", 1e9)
        yield


def points(size: int, seed: int, *, shift: float = 1.0) -> Samples:
    """Two heaps in the plane, around (shift, 0) and (-shift, 0), of standard deviation 0.5."""
    generator = np.random.default_rng(seed)
    labels = (np.arange(size) % 2).astype(np.int32)
    places = generator.normal(0, 0.5, (size, 2)).astype(np.float32)
    places[:, 0] += np.where(labels, -shift, shift)
    return Samples(places.reshape(size, 2, 1, 1), labels)


def heaps(train: int = 640, *, shift: float = 1.0) -> Dataset:
    return Dataset("heaps", points(train, 0, shift=shift), points(200, 1, shift=shift), None, ("right", "left"))
