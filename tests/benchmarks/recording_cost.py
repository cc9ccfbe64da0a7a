"""What recording costs: LeNet-5's training alone, and with all that the program measures and keeps, by turns.

``python -m tests.benchmarks.recording_cost [DEVICE] [ROUNDS]``. Recorded are measurements and judgements, the timeline,
the run's history and checkpoints. A turn is a run of its own, so that no thread that writes works in the turn of the
other; it is of several epochs, validation included, as the program trains, so that what is done now and then is paid
for in every turn. The first epoch is not timed.

The two turns of a round follow each other closely, and what is lost is the median over the rounds. Beside the time that
passes, that of the processors is told, which depends less on what else the machine does, but knows nothing of waiting.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.backend import Backend
from nnstudio.engine.devices import open_backend
from nnstudio.network.presets import lenet5
from nnstudio.training.events import EpochDone, Event, Failed, Finished, Measured
from nnstudio.training.recorder import Recorder
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.timeline import Budget
from nnstudio.training.trainer import Trainer
from tests.benchmarks.keeping import recorders
from tests.benchmarks.networks import noise

BATCH = 64
GOAL = 0.05
"""Of the speed without any recording, that may be lost."""
IMAGES, VALIDATION = 55_000, 5_000
EPOCHS = 8
"""In a turn, beside the first."""


@dataclass(frozen=True)
class Turn:
    """Seconds that passed and seconds of all processors; moments of the measurements, in seconds."""

    seconds: float
    processors: float
    measured: tuple[float, ...]

    @property
    def images_per_second(self) -> float:
        return EPOCHS * IMAGES / self.seconds


def rounds_of(backend: Backend, rounds: int) -> Iterator[tuple[Turn, Turn]]:
    """A turn alone and one recorded, in each round beginning with the other."""
    samples, validation = Samples(*noise(IMAGES, (1, 28, 28))), Samples(*noise(VALIDATION, (1, 28, 28)))
    dataset = Dataset("noise", samples, validation, None, tuple("0123456789"))
    for number in range(rounds):
        recorded_first = bool(number % 2)
        turns = {recorded: _turn(dataset, backend, recorded) for recorded in (recorded_first, not recorded_first)}
        yield turns[False], turns[True]


def _turn(dataset: Dataset, backend: Backend, recorded: bool) -> Turn:
    settings = TrainingSettings(epochs=1 + EPOCHS, batch_size=BATCH)
    trainer = Trainer(lenet5(), dataset, settings, backend=backend, measures=recorded)
    with _recorders(settings, backend.key, recorded) as hearing:
        return _timed(trainer.run(), hearing)


@contextmanager
def _recorders(settings: TrainingSettings, device: str, recorded: bool) -> Iterator[Sequence[Recorder]]:
    if not recorded:
        yield ()
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        recorders(Path(folder), settings, device, Budget()) as hearing,
    ):
        yield hearing


def _timed(events: Iterator[Event], hearing: Sequence[Recorder]) -> Turn:
    """From the end of the first epoch to that of the last."""
    began, work, measured = 0.0, 0.0, []
    for event in events:
        for recorder in hearing:
            recorder.record(event)
        match event:
            case Failed():
                sys.exit(event.message)
            case Measured():
                measured.append(perf_counter())
            case EpochDone() if event.epoch == 1:
                began, work = perf_counter(), process_time()
            case Finished():
                return Turn(
                    perf_counter() - began, process_time() - work, tuple(time for time in measured if time > began)
                )
    raise AssertionError("a training ends with Finished or Failed")


def main(device: str = "opencl", rounds: str = "7") -> None:
    found = list(rounds_of(open_backend(device), int(rounds)))
    for name, turns in zip(("alone", "recorded"), zip(*found, strict=True), strict=True):
        rates = [turn.images_per_second for turn in turns]
        print(f"{name:<10} {median(rates):10,.0f} images/s ({min(rates):,.0f} to {max(rates):,.0f})")
    lost = [1 - alone.seconds / recorded.seconds for alone, recorded in found]
    work = [recorded.processors / alone.processors - 1 for alone, recorded in found]
    apart = [recorded.seconds / max(1, len(recorded.measured)) for _, recorded in found]
    print(f"recording costs {median(lost):.1%} of the speed ({min(lost):.1%} to {max(lost):.1%}; goal: {GOAL:.0%})")
    print(f"and {median(work):.1%} more work of the processors ({min(work):.1%} to {max(work):.1%})")
    print(f"a measurement every {median(apart):.2f} seconds")


if __name__ == "__main__":
    main(*sys.argv[1:])
