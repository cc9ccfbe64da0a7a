"""How far a run is, in figures, and what it came to, in sentences. Without Qt."""

from __future__ import annotations

from dataclasses import dataclass

from nnstudio.gui.worker import Preparing
from nnstudio.training.events import Finished


@dataclass(frozen=True)
class TrainingStatus:
    """Figures for a status bar; 0 or empty where not known yet."""

    device: str = ""
    images_per_second: float = 0.0
    step: int = 0
    epoch: int = 0
    epochs: int = 0
    steps_per_epoch: int = 0
    batch_size: int = 0
    share: float | None = None
    """Of the run that is done, where the trainer says so."""
    preparing: Preparing | None = None
    test_accuracy: float | None = None
    """``None`` also for networks that answer with pictures."""

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        if self.share is not None:
            return self.share
        total = self.epochs * self.steps_per_epoch
        return self.step / total if total else 0.0

    @property
    def seconds_left(self) -> float | None:
        images = (1 - self.progress) * self.epochs * self.steps_per_epoch * self.batch_size
        return images / self.images_per_second if self.images_per_second else None


def result_text(event: Finished, recognised: float | None) -> str:
    """What training came to, in one sentence."""
    how = f"Training stopped early after epoch {event.epoch}" if event.stopped_early else "Training finished"
    if recognised is not None:
        return f"{how}: {recognised:.2%} of the test pictures are recognised."
    return f"{how}." if event.test_loss is None else f"{how}: the test loss is {event.test_loss:.4f}."


def result_hint(event: Finished) -> str:
    """Which weights those are, where they are not simply the last."""
    hints = []
    if event.stopped_early:
        hints.append("The validation loss did not become better any more.")
    if event.best_epoch not in (None, event.epoch):
        hints.append(f"The weights are those after epoch {event.best_epoch}, the best.")
    if event.state.averaged:
        hints.append("The weights are averages over the last steps.")
    return " ".join(hints)
