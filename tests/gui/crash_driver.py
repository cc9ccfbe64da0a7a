"""A program to be killed: the parts that keep things, without a window.

    python -m tests.gui.crash_driver FILE

It takes back what an earlier one left, trains a small network on and on, saves the project to FILE all the time, and
prints lines of JSON: ``{"step": 12, "epoch": 1}`` for what it has reached, ``{"saved": true}`` when FILE was written.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QCoreApplication, QTimer

from nnstudio.engine.optimizers import Adam
from nnstudio.gui.models.autosave_model import AutosaveModel
from nnstudio.gui.models.document import Document
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.recovery_model import RecoveryModel
from nnstudio.gui.runs.recording import Recording
from nnstudio.network.presets.points import two_layer_network
from nnstudio.training.runs.store import runs_path
from nnstudio.training.settings import TrainingSettings

PERIOD = 0.3
"""Seconds between two savings, instead of 30."""
_SAVE_MS = 70
_CHANGE_MS = 110


class Victim:
    """Models, timers that change and save things, and a voice."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.network = NetworkModel(two_layer_network())
        self.weights = WeightsModel(self.network)
        self.training = TrainingModel(self.network, self.weights)
        self.document = Document(self.network, self.weights, self.training)
        self.autosave = AutosaveModel(self.network, self.weights, self.training, self.document, period=PERIOD)
        self.recovery = RecoveryModel(self.document, self.training, self.autosave)
        self.recording = Recording(runs_path())
        self.training.recorders.append(self.recording.make_recorder)
        self.timers = [self.every(_SAVE_MS, self.save), self.every(_CHANGE_MS, self.change)]
        for signal in (self.recovery.failed, self.autosave.failed, self.recording.failed, self.document.failed):
            signal.connect(lambda *what: say(failure=" ".join(what)))
        self.training.statusChanged.connect(self.tell)
        self.document.saved.connect(lambda _: say(saved=True))
        self.recovery.changed.connect(self.take_back)
        self.recovery.continued.connect(lambda _: self.begin())
        self.recovery.look()

    def every(self, interval: int, work: object) -> QTimer:
        timer = QTimer()
        timer.timeout.connect(work)
        timer.setInterval(interval)
        return timer

    def take_back(self) -> None:
        if self.recovery.busy or self.training.active:
            return
        if self.recovery.offer:
            self.recovery.resume(self.recovery.offer)
        elif not self.document.modified:
            settings = TrainingSettings(epochs=100_000, batch_size=20, optimizer=Adam(learning_rate=0.001))
            self.training.set_settings(settings)
            self.training.choose(dataset="spirals", device="numpy")
            self.begin()

    def begin(self) -> None:
        self.training.play()
        for timer in self.timers:
            timer.start()

    def tell(self) -> None:
        if self.training.state is TrainingPhase.RUNNING and self.training.status.step:
            say(step=self.training.status.step, epoch=self.training.status.epoch)

    def save(self) -> None:
        if not self.document.busy:
            self.document.save(self.file)

    def change(self) -> None:
        """A learning rate, and now and then a pause."""
        rate = self.training.settings.optimizer.learning_rate
        optimizer = self.training.settings.optimizer.at_rate(0.003 - rate)
        self.training.set_settings(self.training.settings.model_copy(update={"optimizer": optimizer}))
        if self.training.state is TrainingPhase.PAUSED or self.training.status.step % 3 == 0:
            self.training.toggle()


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    application = QCoreApplication(sys.argv)
    victim = Victim(Path(sys.argv[1]))
    application.exec()
    victim.autosave.shut_down()  # never reached: somebody kills us


if __name__ == "__main__":
    main()
