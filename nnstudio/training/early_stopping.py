"""When to stop because nothing gets better, and what to go back to then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf, isfinite

from nnstudio.engine.backend import TrainingState


class EarlyStopping:
    """Stops after ``patience`` epochs without a better validation loss (0: never), and keeps the ``best`` state
    that was judged."""

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
            self.best = replace(state, best=None)

    def restore(self, state: TrainingState, *, judged: bool) -> None:
        """Know no more than when training had come to ``state``; ``judged`` when its last loss is its own."""
        self.best = state.best if self.patience else None
        if judged and state.validation_losses:
            self.judge(state)


def epochs_without_better(losses: Sequence[float]) -> int:
    """How many losses came after the least of them. What is not a number is no better than any."""
    least, since = inf, 0
    for loss in losses:
        least, since = (loss, 0) if loss < least else (least, since + 1)
    return since
