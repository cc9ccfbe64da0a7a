"""Who looks on while a network trains, and how much time that may take."""

from __future__ import annotations

from time import perf_counter

from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import Executable
from nnstudio.engine.plan import Plan
from nnstudio.training.allowance import Allowance
from nnstudio.training.events import Judged, Measured
from nnstudio.training.judgement import Examiner
from nnstudio.training.probe import Parameters, Probe
from nnstudio.training.settings import TrainingSettings

MEASURING, JUDGING = 0.015, 0.006
"""Shares of the time of training: together with what recorders take, below a twentieth."""
INTERVAL = 0.4
"""Seconds between two measurements at least, but for those at the end of an epoch."""


class Watch:
    """Measures a network and judges its answers, and keeps account of the time."""

    def __init__(self, plan: Plan, dataset: Dataset, settings: TrainingSettings) -> None:
        self._probe = Probe(plan, dataset.validation, settings.seed)
        self._examiner = Examiner(dataset)
        self.measurements, self.judgements = Allowance(MEASURING), Allowance(JUDGING)
        self._last = -INTERVAL

    @property
    def due(self) -> bool:
        """Whether the last measurement is long enough ago."""
        return perf_counter() - self._last >= INTERVAL

    def can_measure(self, trained: float) -> bool:
        """Whether there is time for it after ``trained`` seconds of training."""
        return self.measurements.affords(trained)

    def wants_to_measure(self, trained: float, *, last: bool) -> bool:
        """Whether it shall be now: now and then, and at the ``last`` step of each epoch."""
        return self.can_measure(trained) and (self.due or last)

    def measure(
        self, executable: Executable, before: Parameters, now: Parameters, step: int, *, steps: int = 1, memory: int = 0
    ) -> Measured:
        """See ``Probe``."""
        with self.measurements.spending():
            measured = self._probe.measure(executable, before, now, step, steps=steps, memory=memory)
        self._last = perf_counter()
        return measured

    def wants_to_judge(self, trained: float) -> bool:
        """Whether there is time for it after ``trained`` seconds of training."""
        return self.judgements.affords(trained)

    def judge(self, executable: Executable, step: int, epoch: int) -> list[Judged]:
        """See ``Examiner``."""
        with self.judgements.spending():
            return self._examiner.judge(executable, step, epoch)
