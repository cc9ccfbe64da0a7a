"""Whether runs are written for TensorBoard too."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.worker import Request
from nnstudio.paths import user_data_dir
from nnstudio.training.recorder import Recorder


class TensorBoardModel(QObject):
    """While wanted, every run that begins is also written as TensorBoard event files into a folder of its own."""

    message = Signal(str, str, str)
    """Severity, what happened, what to do."""

    def __init__(self, training: TrainingModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._training = training

    @property
    def folder(self) -> Path:
        """What to give to ``tensorboard --logdir``."""
        return user_data_dir() / "tensorboard"

    @property
    def wanted(self) -> bool:
        return self._make in self._training.recorders

    def set_wanted(self, wanted: bool) -> None:
        """From the next run on."""
        if wanted == self.wanted:
            return
        if wanted:
            self._training.recorders.append(self._make)
        else:
            self._training.recorders.remove(self._make)

    def toggle(self) -> None:
        """Write them from the next run on, or not any more, and say where."""
        self.set_wanted(not self.wanted)
        if self.wanted:
            self.message.emit(
                "good",
                "The next runs are written for TensorBoard too.",
                f'Look at them with: tensorboard --logdir "{self.folder}"',
            )

    def _make(self, request: Request) -> Recorder:
        """In the thread that trains, from which the signal finds its way to the window."""
        from nnstudio.training.tensorboard import TensorBoardRecorder

        return TensorBoardRecorder(
            self.folder, request.spec.name, lambda what, hint: self.message.emit("warning", what, hint)
        )
