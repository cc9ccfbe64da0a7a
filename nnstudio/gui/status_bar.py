"""The figures at the bottom: device, speed, epoch, time left."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QWidget

from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase, TrainingStatus
from nnstudio.gui.theme import tabular

_PERIOD_MS = 250
"""Figures that change faster than this cannot be read."""
_PROGRESS_WIDTH = 160


class StatusBar(QStatusBar):
    """Help for what the mouse points at on the left, the run's figures on the right."""

    def __init__(self, training: TrainingModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_bar")
        self.setSizeGripEnabled(False)
        self._training = training
        self._labels = {name: self._label(name) for name in ("state", "device", "speed", "epoch", "time")}
        self._progress = QProgressBar()
        self._progress.setObjectName("status_progress")
        self._progress.setAccessibleName("Progress of the run")
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(_PROGRESS_WIDTH)
        self._progress.setMaximum(1000)
        self.addPermanentWidget(self._progress)
        spacer = QWidget()
        spacer.setFixedWidth(8)
        self.addPermanentWidget(spacer)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PERIOD_MS)
        self._timer.timeout.connect(self._show)
        training.statusChanged.connect(self._show_soon)
        training.stateChanged.connect(lambda _: self._show())
        self._show()

    def _label(self, name: str) -> QLabel:
        label = QLabel()
        label.setObjectName(f"status_{name}")
        label.setProperty("role", "quiet")
        label.setFont(tabular(label.font()))
        label.setContentsMargins(8, 4, 8, 4)
        self.addPermanentWidget(label)
        return label

    def _show_soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _show(self) -> None:
        state, status = self._training.state, self._training.status
        texts = {
            "state": _state_text(state, status),
            "device": status.device,
            "speed": f"{status.images_per_second:,.0f} images/s" if status.images_per_second else "",
            "epoch": f"epoch {max(1, status.epoch)} of {status.epochs}" if status.epochs else "",
            "time": time_text(status.seconds_left) if state is TrainingPhase.RUNNING else "",
        }
        for name, text in texts.items():
            self._labels[name].setText(text)
            self._labels[name].setVisible(bool(text))
        self._progress.setVisible(self._training.active)
        fetched = status.preparing
        if state is TrainingPhase.PREPARING:
            total = fetched.total if fetched else 0
            self._progress.setMaximum(1000 if total else 0)
            self._progress.setValue(1000 * fetched.done // total if fetched and total else 0)
        else:
            self._progress.setMaximum(1000)
            self._progress.setValue(round(1000 * status.progress))


def _state_text(state: TrainingPhase, status: TrainingStatus) -> str:
    if state is TrainingPhase.PREPARING:
        return f"{status.preparing.text if status.preparing else 'Preparing'}…"
    return f"Paused at step {status.step:,}" if state is TrainingPhase.PAUSED else ""


def time_text(seconds: float | None) -> str:
    """How long it still takes, with as many digits as it deserves."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s left"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s left"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min left"
