"""Who looks on while a network trains, and how much time that may take."""

from __future__ import annotations

from time import perf_counter

from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import Executable, TrainingState
from nnstudio.engine.plan import Plan
from nnstudio.training.allowance import Allowance
from nnstudio.training.events import Judged, Measured
from nnstudio.training.judgement import Examiner
from nnstudio.training.probe import Probe
from nnstudio.training.settings import TrainingSettings

MEASURING, JUDGING = 0.012, 0.008
"""Shares of the time of training: together, and with reading states for it, below a twentieth."""
INTERVAL = 0.5
"""Seconds between two measurements at least, but for those at the end of an epoch."""


class Watch:
    """Measures a network and judges its answers, and keeps account of the time."""

    def __init__(self, plan: Plan, dataset: Dataset, settings: TrainingSettings) -> None:
        self._probe = Probe(plan, dataset.validation, settings.batch_size, settings.seed)
        self._examiner = Examiner(dataset)
        self.measurements, self.judgements = Allowance(MEASURING), Allowance(JUDGING)
        self._last = -INTERVAL

    @property
    def due(self) -> bool:
        """Whether the last measurement is long enough ago."""
        return perf_counter() - self._last >= INTERVAL

    def measure(self, executable: Executable, before: TrainingState, after: TrainingState, memory: int) -> Measured:
        """See ``Probe``."""
        with self.measurements.spending():
            measured = self._probe.measure(executable, before, after, memory=memory)
        self._last = perf_counter()
        return measured

    def judge(self, executable: Executable, step: int, epoch: int) -> list[Judged]:
        """See ``Examiner``."""
        with self.judgements.spending():
            return self._examiner.judge(executable, step, epoch)
