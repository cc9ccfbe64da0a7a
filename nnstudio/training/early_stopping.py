"""When to stop because nothing gets better, and what to go back to then."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite

from nnstudio.engine.backend import TrainingState


class EarlyStopping:
    """Stops after ``patience`` epochs without a better validation loss (0: never), and keeps the ``best`` state of this
    run that was judged."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.best: TrainingState | None = None

    def due(self, losses: Sequence[float]) -> bool:
        """Whether it is time, after these losses."""
        return 0 < self.patience <= epochs_without_better(losses)

    def judge(self, state: TrainingState) -> None:
        """Keep ``state``, whose own loss is its last, when it is the best so far."""
        loss = state.validation_losses[-1]
        if self.patience and isfinite(loss) and (self.best is None or loss < self.best.validation_losses[-1]):
            self.best = state

    def go_back(self, step: int) -> None:
        """Forget what came after ``step``."""
        if self.best is not None and self.best.step > step:
            self.best = None


def epochs_without_better(losses: Sequence[float]) -> int:
    """How many losses came after the least of them. What is not a number is no better than any."""
    least, since = inf, 0
    for loss in losses:
        least, since = (loss, 0) if loss < least else (least, since + 1)
    return since
