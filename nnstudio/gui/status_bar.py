"""The figures at the bottom: device, speed, epoch, time left; and what goes on in the background."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from nnstudio.gui.icons import icon
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.training_status import TrainingStatus
from nnstudio.gui.models.tuning_model import TuningModel, TuningState
from nnstudio.gui.theme import tabular, theme_source

_PERIOD_MS = 250
"""Figures that change faster than this cannot be read."""
_PROGRESS_WIDTH = 160
_OUTCOME_MS = 10_000


class StatusBar(QStatusBar):
    """Help for what the mouse points at on the left, the run's figures on the right."""

    def __init__(self, training: TrainingModel, tuning: TuningModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_bar")
        self.setSizeGripEnabled(False)
        self._training, self._tuning = training, tuning
        self.addPermanentWidget(_TuningLine(tuning))
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
        tuning.ended.connect(self._tell_outcome)
        self._show()

    def _label(self, name: str) -> QLabel:
        label = QLabel()
        label.setObjectName(f"status_{name}")
        label.setProperty("role", "quiet")
        label.setFont(tabular(label.font()))
        label.setContentsMargins(8, 4, 8, 4)
        self.addPermanentWidget(label)
        return label

    def _tell_outcome(self) -> None:
        tuning = self._tuning
        if tuning.request and tuning.outcome and tuning.report and tuning.report.tuned:
            self.showMessage(f"Tuned for {tuning.request.device.name}: {tuning.outcome}", _OUTCOME_MS)

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


class _TuningLine(QWidget):
    """How far tuning is, and a button that ends it; not there while there is nothing to tune."""

    def __init__(self, tuning: TuningModel) -> None:
        super().__init__()
        self.setObjectName("status_tuning")
        self._tuning = tuning
        self._text = QLabel()
        self._text.setObjectName("status_tuning_text")
        self._text.setProperty("role", "quiet")
        self._text.setFont(tabular(self._text.font()))
        self._cancel = QToolButton()
        self._cancel.setObjectName("status_tuning_cancel")
        self._cancel.setAccessibleName("Cancel tuning")
        self._cancel.setToolTip("Cancel tuning; what was found is kept")
        self._cancel.clicked.connect(tuning.cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(4)
        layout.addWidget(self._text)
        layout.addWidget(self._cancel)
        tuning.changed.connect(self._show)
        theme_source.themeChanged.connect(self._colour)
        self._colour()
        self._show()

    def _show(self) -> None:
        request, report = self._tuning.request, self._tuning.report
        shown = self._tuning.state is TuningState.TUNING and report is not None and report.questions > 0
        if shown and request and report:
            self._text.setText(f"Tuning for {request.device.name}: {len(report.tuned)} of {report.questions} choices")
        self.setVisible(shown)

    def _colour(self) -> None:
        self._cancel.setIcon(icon("close", "quiet"))


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
