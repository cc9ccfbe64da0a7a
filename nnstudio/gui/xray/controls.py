"""What to measure and to tune on, the buttons that do it, and how far it is."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QProgressBar, QPushButton, QVBoxLayout, QWidget

from nnstudio.gui.icons import icon
from nnstudio.gui.models.tuning_model import TuningModel, TuningState
from nnstudio.gui.models.xray_model import XRayModel, XRayState
from nnstudio.gui.theme import theme_source
from nnstudio.gui.widgets.fields import combo_box
from nnstudio.gui.widgets.number_box import NumberBox
from nnstudio.gui.xray.export import EXPORTS

_NOBODY = "None"
_STEPS = 1000
_LARGEST_BATCH = 65_536


class Controls(QWidget):
    """A row of choices; below it the actions, and beside them what is going on or in the way."""

    copyAsked = Signal(str)
    """One of `EXPORTS`."""

    def __init__(self, model: XRayModel, tuning: TuningModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._tuning = model, tuning
        self._first = self._combo("xray_first", "Device", "What is measured")
        self._second = self._combo("xray_second", "Compare with", "Another device at the same work")
        self._first.activated.connect(lambda _: model.choose(first=self._first.currentData()))
        self._second.activated.connect(lambda _: model.choose(second=self._second.currentData()))
        self._batch = NumberBox(1, _LARGEST_BATCH, whole=True)
        self._batch.setObjectName("xray_batch")
        self._batch.setAccessibleName("Batch size")
        self._batch.setToolTip("Images in a step; training’s batch size unless you say otherwise")
        self._batch.setSuffix(" images")
        self._batch.valueChanged.connect(lambda _: model.choose(batch_size=round(self._batch.value())))
        self._measure = QPushButton()
        self._measure.setObjectName("xray_measure")
        self._measure.setProperty("primary", True)
        self._measure.clicked.connect(lambda _=False: model.toggle())
        self._tune = QPushButton()
        self._tune.setObjectName("xray_tune")
        self._tune.clicked.connect(lambda _=False: tuning.toggle())
        self._progress = QProgressBar()
        self._progress.setObjectName("xray_progress")
        self._progress.setAccessibleName("Progress")
        self._progress.setTextVisible(False)
        self._status = QLabel()
        self._status.setObjectName("xray_status")
        self._status.setProperty("role", "quiet")
        self._status.setWordWrap(True)
        self._copy = self._make_copy()
        self._arrange()
        model.changed.connect(self._show)
        model.progressed.connect(self._show_progress)
        tuning.changed.connect(self._show)
        theme_source.themeChanged.connect(self._show)
        self._show()

    # ---- what it shows

    def _show(self) -> None:
        model, idle = self._model, self._model.state is XRayState.IDLE
        self._fill(self._first, [], model.first)
        self._fill(self._second, [(_NOBODY, "")], model.second)
        with QSignalBlocker(self._batch):
            self._batch.setValue(model.batch_size)
        for choice in (self._first, self._second, self._batch):
            choice.setEnabled(idle)
        self._measure.setText(_ACTIONS[model.state] or ("Pause and measure" if model.must_pause else "Measure"))
        self._measure.setIcon(icon("pulse" if idle else "stop", "on_accent"))
        self._measure.setEnabled(model.state is not XRayState.STOPPING and not (idle and model.obstacle))
        self._measure.setToolTip(model.obstacle or "See where a step of training spends its time")
        self._status.setText(_status(model, self._tuning))
        self._show_tuning()
        self._copy.setIcon(icon("content-copy"))
        self._copy.setVisible(model.findings is not None)
        self._measure.setVisible(model.findings is not None or not idle)  # else the empty panel offers it
        self._progress.setVisible(not idle or self._tuning.state is not TuningState.IDLE)
        if model.state is not XRayState.MEASURING:
            report = self._tuning.report if self._tuning.state is TuningState.TUNING else None
            self._progress.setRange(0, report.questions if report else 0)  # 0: how long that takes is not known
            self._progress.setValue(len(report.tuned) if report else 0)

    def _show_tuning(self) -> None:
        tuning, idle = self._tuning, self._tuning.state is TuningState.IDLE
        self._tune.setText(_TUNING_ACTIONS[tuning.state])
        self._tune.setIcon(icon("tune-vertical" if idle else "stop"))
        self._tune.setEnabled(tuning.ready or tuning.state is TuningState.TUNING)
        self._tune.setToolTip(tuning.obstacle or "Try ways to compute this network, and use the fastest from then on")

    def _show_progress(self, share: float) -> None:
        self._progress.setRange(0, _STEPS)
        self._progress.setValue(round(_STEPS * share))

    def _fill(self, combo: QComboBox, rows: list[tuple[str, str]], chosen: str) -> None:
        rows = rows + [(device.label, device.key) for device in self._model.devices]
        if [(combo.itemText(place), combo.itemData(place)) for place in range(combo.count())] != rows:
            combo.clear()
            for text, key in rows:
                combo.addItem(text, key)
        combo.setCurrentIndex(combo.findData(chosen))

    # ---- how it is made

    def _combo(self, name: str, title: str, tip: str) -> QComboBox:
        combo = combo_box()
        combo.setObjectName(name)
        combo.setAccessibleName(title)
        combo.setToolTip(tip)
        return combo

    def _make_copy(self) -> QPushButton:
        button = QPushButton("Copy")
        button.setObjectName("xray_copy")
        button.setToolTip("Copy the table")
        menu = QMenu(button)
        for name in EXPORTS:
            menu.addAction(f"As {name}").triggered.connect(lambda _=False, name=name: self.copyAsked.emit(name))
        button.setMenu(menu)
        return button

    def _arrange(self) -> None:
        choices, actions = QHBoxLayout(), QHBoxLayout()
        for row in (choices, actions):
            row.setSpacing(8)
        fields = (("Device", self._first, 1), ("Compare with", self._second, 1), ("Batch", self._batch, 0))
        for title, field, stretch in fields:
            label = QLabel(title)
            label.setBuddy(field)
            choices.addSpacing(8 if choices.count() else 0)
            choices.addWidget(label)
            choices.addWidget(field, stretch)
        actions.addWidget(self._measure)
        actions.addWidget(self._progress, 1, Qt.AlignmentFlag.AlignVCenter)
        actions.addWidget(self._status, 2)
        actions.addWidget(self._tune)
        actions.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(choices)
        column.addLayout(actions)


_ACTIONS = {
    XRayState.IDLE: "",
    XRayState.WAITING: "Cancel",
    XRayState.MEASURING: "Cancel",
    XRayState.STOPPING: "Stopping…",
}
_TUNING_ACTIONS = {TuningState.IDLE: "Tune", TuningState.TUNING: "Cancel", TuningState.STOPPING: "Stopping…"}


def _status(model: XRayModel, tuning: TuningModel) -> str:
    match model.state:
        case XRayState.WAITING:
            return "Waiting for training to pause"
        case XRayState.MEASURING:
            return "Measuring"
        case XRayState.STOPPING:
            return "Ending the step in progress"
    if tuning.state is not TuningState.IDLE:
        return _tuning_text(tuning)
    if model.obstacle:
        return model.obstacle
    if model.must_pause:
        return "Training pauses first: both at once would measure neither."
    return f"{tuning.outcome} {model.outdated}".strip()


def _tuning_text(tuning: TuningModel) -> str:
    report = tuning.report
    if tuning.state is TuningState.STOPPING:
        return "Ending"
    if report is None or not report.questions:
        return "Looking for what can be tuned"
    last = "".join(f"; {each.name}: {each.gain}" for each in report.tuned[-1:])
    return f"Tuning: {len(report.tuned)} of {report.questions} choices{last}"
