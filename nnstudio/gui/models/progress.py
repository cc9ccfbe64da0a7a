"""What a run has told of how far it is: figures and curves of loss and accuracy. Without Qt."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

from nnstudio.gui.models.curves import Curves
from nnstudio.gui.models.training_status import TrainingStatus
from nnstudio.gui.worker import Letter, Preparing
from nnstudio.training.events import DeviceChanged, EpochDone, Finished, Started, Steps

_RATE_MEMORY = 0.9
"""The speed shown is smoothed: this share of the old value stays."""


class Progress:
    """Takes note of what is told. `curves` grow; `status` is replaced."""

    def __init__(self) -> None:
        self.curves, self.status = Curves(), TrainingStatus()

    def set(self, **changes: object) -> None:
        """Fields of the status."""
        self.status = replace(self.status, **changes)  # type: ignore[arg-type]

    def note(self, letter: Letter) -> None:
        match letter:
            case Preparing():
                self.set(preparing=letter)
            case Started():
                self._started(letter)
            case Steps():
                self._steps(letter)
            case EpochDone():
                self.curves.validation_loss.extend([letter.step], [letter.validation_loss])
                if not isnan(letter.validation_accuracy):
                    self.curves.validation_accuracy.extend([letter.step], [letter.validation_accuracy])
            case DeviceChanged():
                self.set(device=letter.device)
                self.curves.cut(letter.step)
            case Finished():
                recognised = letter.test_accuracy
                known = recognised is not None and not isnan(recognised)
                self.set(step=letter.step, device=letter.device, test_accuracy=recognised if known else None)

    def _started(self, event: Started) -> None:
        self.set(
            device=event.device,
            batch_size=event.batch_size,
            steps_per_epoch=event.steps_per_epoch,
            epochs=event.epochs,
            share=None,
            preparing=None,
            test_accuracy=None,
        )

    def _steps(self, event: Steps) -> None:
        first = event.step - len(event.losses) + 1
        steps = range(first, event.step + 1)
        if len(self.curves.training_loss) and self.curves.training_loss.x[-1] >= first:
            self.curves.cut(first - 1)  # training went back to an earlier snapshot
        self.curves.training_loss.extend(steps, event.losses)
        if not isnan(event.accuracies[-1]):
            self.curves.training_accuracy.extend(steps, event.accuracies)
        old, new = self.status.images_per_second, event.images_per_second
        smooth = _RATE_MEMORY * old + (1 - _RATE_MEMORY) * new if old else new
        self.set(step=event.step, epoch=event.epoch, images_per_second=smooth, share=event.progress)
