"""What looking on costs: LeNet-5's training with and without measurements and judgements, by turns.

``python -m tests.benchmarks.recording_cost [DEVICE] [ROUNDS]``. A turn is of several epochs, validation included, as
the program trains, so that what is done now and then at the end of an epoch is paid for in every turn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.backend import Backend
from nnstudio.engine.devices import open_backend
from nnstudio.network.presets import lenet5
from nnstudio.training.events import Failed, Measured, Snapshot, Steps
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer
from tests.benchmarks.contest import Contender, Result, contest, timed
from tests.benchmarks.networks import noise

BATCH = 64
GOAL = 0.95
"""Of the speed without anybody looking on."""
IMAGES, VALIDATION = 55_000, 5_000
EPOCHS = 5
"""In a turn."""


def recording_cost(backend: Backend, rounds: int = 5) -> list[Result]:
    """Images a second of a training that is not watched (the peer) and of one that is."""
    samples, validation = Samples(*noise(IMAGES, (1, 28, 28))), Samples(*noise(VALIDATION, (1, 28, 28)))
    dataset = Dataset("noise", samples, validation, None, tuple("0123456789"))
    contenders = [
        Contender("watched", timed(_steps_of(dataset, backend, measures=True)), BATCH),
        Contender("unwatched", timed(_steps_of(dataset, backend, measures=False)), BATCH, peer=True),
    ]
    return contest(contenders, rounds, seconds=0, units=EPOCHS * IMAGES // BATCH)


def _steps_of(dataset: Dataset, backend: Backend, *, measures: bool) -> Callable[[int], None]:
    """Trains some steps more each time it is called."""
    settings = TrainingSettings(epochs=100_000, batch_size=BATCH)
    steps = _steps(Trainer(lenet5(), dataset, settings, backend=backend, measures=measures))
    done = 0

    def train(count: int) -> None:
        nonlocal done
        wanted = done + count
        while done < wanted:
            done = next(steps)

    return train


def _steps(trainer: Trainer) -> Iterator[int]:
    """How many steps are done, whenever something is told."""
    done = 0
    for event in trainer.run():
        if isinstance(event, Failed):
            raise RuntimeError(event.message)
        if isinstance(event, Steps):
            done = event.step
        if isinstance(event, Steps | Snapshot | Measured):
            yield done


def main(device: str = "opencl", rounds: str = "5") -> None:
    watched, unwatched = recording_cost(open_backend(device), int(rounds))
    share = watched.median / unwatched.median
    for result in (unwatched, watched):
        least, most = min(result.values), max(result.values)
        print(f"{result.name:<10} {result.median:10,.0f} images/s ({least:,.0f} to {most:,.0f})")
    print(f"looking on costs {1 - share:.1%} (goal: at most {1 - GOAL:.0%})")


if __name__ == "__main__":
    main(*sys.argv[1:])
