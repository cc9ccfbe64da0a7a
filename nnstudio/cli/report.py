"""What `nnstudio train` tells while it works."""

from __future__ import annotations

import sys
from dataclasses import asdict

from tqdm import tqdm

from nnstudio.cli.output import Printer, share
from nnstudio.errors import NNStudioError
from nnstudio.training.events import DeviceChanged, EpochDone, Event, Failed, Finished, Paused, Started, Steps
from nnstudio.training.trainer import Trainer
from nnstudio.units import bytes_text


class Reporter:
    """Shows a trainer's events: a line for each that matters, a progress bar on a terminal."""

    def __init__(self, trainer: Trainer, printer: Printer) -> None:
        self.trainer, self.printer = trainer, printer
        self.problem: NNStudioError | None = None
        self.finished: Finished | None = None
        self.learning_rate = trainer.control.learning_rate
        total = trainer.steps_per_epoch * trainer.settings.epochs
        quiet = printer.as_json or not sys.stderr.isatty()
        self.bar = tqdm(total=total, unit=" steps", disable=quiet, leave=False, dynamic_ncols=True)

    def show(self, event: Event) -> None:
        match event:
            case Started():
                self._started(event)
            case Steps(losses=losses, accuracies=right, images_per_second=speed):
                self.learning_rate = event.learning_rate
                self.bar.update(len(losses))
                loss = _judged("loss", losses.mean(), right.mean(), ".3f", ".1%")
                self.bar.set_postfix_str(f"{loss}, {speed:,.0f} images/s")
            case EpochDone():
                self._epoch_done(event)
            case DeviceChanged(message=message, device=device):
                self._say(message, event="device_changed", device=device, message=message)
            case Paused(reason=reason, hint=hint) if reason:
                self.problem = NNStudioError(reason, hint)
                self.trainer.stop()
            case Failed(message=message, hint=hint):
                self.problem = NNStudioError(message, hint)
            case Finished():
                self.bar.close()
                self.finished = event
                self._finished(event)

    def _say(self, text: str, **fields: object) -> None:
        with self.bar.external_write_mode():
            self.printer.say(text, **fields)

    def _started(self, event: Started) -> None:
        self._say(
            f"Training {self.trainer.spec.name} on {self.trainer.dataset.name}: "
            f"{event.epochs} epochs, batches of {event.batch_size}, {event.device}, "
            f"at most {bytes_text(event.memory)} of memory",
            event="training_started",
            network=self.trainer.spec.name,
            data=self.trainer.dataset.name,
            epochs=event.epochs,
            batch_size=event.batch_size,
            device=event.device,
            memory=event.memory,
        )

    def _epoch_done(self, event: EpochDone) -> None:
        self._say(
            f"Epoch {event.epoch}: {_judged('training loss', event.training_loss, event.training_accuracy)}; "
            f"{_judged('validation loss', event.validation_loss, event.validation_accuracy)}; "
            f"{event.images_per_second:,.0f} images/s",
            event="epoch_finished",
            **asdict(event),
            learning_rate=self.learning_rate,
        )

    def _finished(self, event: Finished) -> None:
        how = "stopped" if event.stopped else "stopped early" if event.stopped_early else "finished"
        if event.best_epoch:
            how += f" with the weights of epoch {event.best_epoch}, the best"
        if share(event.test_accuracy) is not None:
            how += f": {event.test_accuracy:.2%} of the test pictures right"
        elif event.test_loss is not None:
            how += f": test loss {event.test_loss:.4f}"
        self._say(
            f"Training {how}; {event.images_per_second:,.0f} images/s on {event.device}",
            event="training_finished",
            stopped=event.stopped,
            stopped_early=event.stopped_early,
            best_epoch=event.best_epoch,
            epoch=event.epoch,
            step=event.step,
            test_loss=event.test_loss,
            test_accuracy=event.test_accuracy,
            images_per_second=event.images_per_second,
            device=event.device,
        )


def _judged(name: str, loss: float, accuracy: float, digits: str = ".4f", percent: str = ".2%") -> str:
    """A loss, with the share of right answers where there is one."""
    right = "" if share(accuracy) is None else f", {accuracy:{percent}} right"
    return f"{name} {loss:{digits}}{right}"
