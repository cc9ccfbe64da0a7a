"""Which learning rate to begin with: a short training whose rate grows from step to step until it diverges.

The range test of Smith (Cyclical learning rates for training neural networks, 2017), as fastai does it: the rate grows
by a constant factor; the loss is smoothed as a moving average that forgets; the test is over when it is four times as
large as it was at best. The rate that is suggested lies in the middle of the longest way on which the smoothed loss
falls, the "valley": a bad step or two on the way do not matter to it, as they do to where the loss falls most steeply.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count, islice

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import Array, Backend, Executable
from nnstudio.engine.initializers import initial_parameters
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.network import NetworkSpec
from nnstudio.training.loop import shuffled
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import require_fit

LEAST, MOST, STEPS = 1e-7, 10.0, 100
MEMORY = 0.9
"""The share of the smoothed loss that each step keeps; bias-corrected, so that the first says what it is."""
TOO_LARGE = 4.0
"""Times the best smoothed loss: then training diverges."""
FIRST, LAST = 10, 5
"""Points at the beginning, where the average is young, and at the end, where it diverges, that suggest nothing."""


@dataclass(frozen=True)
class RangePoint:
    """A step at ``rate``: its loss, and what the loss is when smoothed."""

    rate: float
    loss: float
    smoothed: float


def range_test(
    spec: NetworkSpec,
    dataset: Dataset,
    settings: TrainingSettings,
    backend: Backend,
    *,
    state: Mapping[str, Array] | None = None,
    least: float = LEAST,
    most: float = MOST,
    steps: int = STEPS,
) -> Iterator[RangePoint]:
    """Step by step, from the weights in ``state``, or from new ones. It works on copies: nothing else is changed. Close
    the iterator to cancel. Raises ``NNStudioError`` where training would."""
    if not 0 < least < most:
        raise ValueError(f"`least` (={least:g}) must be above 0 and below `most` (={most:g})")
    plan = compile_plan(spec, loss=settings.loss)
    require_fit(plan, dataset)
    with closing(_prepared(plan, dataset, settings, backend, state)) as executable:
        smoothed, best = 0.0, np.inf
        rates = np.geomspace(least, most, steps).tolist()
        for number, (rate, loss) in enumerate(zip(rates, _losses(executable, dataset, settings, rates), strict=False)):
            smoothed = MEMORY * smoothed + (1 - MEMORY) * loss
            now = smoothed / (1 - MEMORY ** (number + 1))
            if not np.isfinite(now):
                return
            yield RangePoint(rate, loss, now)
            best = min(best, now)
            if number >= FIRST and now > TOO_LARGE * best:
                return


def _prepared(
    plan: Plan, dataset: Dataset, settings: TrainingSettings, backend: Backend, state: Mapping[str, Array] | None
) -> Executable:
    train, optimizer = dataset.train, settings.optimizer
    batch_size = min(settings.batch_size, len(train))
    backend.require_fit(plan, batch_size=batch_size, optimizer=optimizer, sample_bytes=train.nbytes)
    executable = backend.prepare(plan, batch_size=batch_size, optimizer=optimizer, seed=settings.seed)
    executable.write_parameters({**initial_parameters(plan, settings.initializer, settings.seed), **(state or {})})
    executable.set_augmentation(settings.augmentation)
    executable.load_samples(train.images, train.labels)
    return executable


def _losses(
    executable: Executable, dataset: Dataset, settings: TrainingSettings, rates: Sequence[float]
) -> Iterator[float]:
    """Of a step at each rate, through as many epochs as that takes."""
    images = len(dataset.train)
    rest = iter(rates)
    for epoch in count():
        executable.begin_epoch(shuffled(images, settings.seed, epoch))
        batches = -(-images // executable.batch_size)
        for batch, rate in enumerate(islice(rest, batches)):
            executable.train(batch, 1, [rate])
            yield float(executable.drain().losses[0])
            if batch == batches - 1:
                break
        else:
            return


def suggested_rate(points: Sequence[RangePoint]) -> float | None:
    """The rate in the middle of the longest falling part, on the logarithmic scale; ``None`` when the loss never fell
    on the way, so that there is nothing to be said."""
    told = points[FIRST : max(FIRST, len(points) - LAST)]
    if not told:
        return None
    first, last = _longest_fall(np.array([point.smoothed for point in told]))
    return told[(first + last) // 2].rate if last > first else None


def _longest_fall(values: NDArray[np.float64]) -> tuple[int, int]:
    """First and last place of the longest falling sequence in ``values``, which may leave values out."""
    lengths = np.ones(len(values), np.int64)
    starts = np.arange(len(values))
    for place, value in enumerate(values):
        higher = np.flatnonzero(values[:place] > value)[::-1]  # of equally long ones the nearest
        if len(higher):
            before = higher[np.argmax(lengths[higher])]
            lengths[place], starts[place] = lengths[before] + 1, starts[before]
    last = int(np.argmax(lengths))
    return int(starts[last]), last
