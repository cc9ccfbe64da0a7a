"""A sweep: what is varied, how far it is, and what its runs came to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSplitter, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.runs.parallel_axes import Axis, axis
from nnstudio.gui.runs.parallel_plot import GESTURES, Line, ParallelPlot
from nnstudio.gui.runs.sweep_form import SweepForm
from nnstudio.gui.runs.sweep_model import SweepModel
from nnstudio.gui.runs.sweep_table import SweepTable
from nnstudio.gui.theme import GRID
from nnstudio.training.settings_path import places
from nnstudio.training.sweep_runs import RunState, SweepRun
from nnstudio.units import counted

_WHAT = (
    "Trains the network again and again from new weights, each time with other settings. Every run is kept under Runs; "
    "afterwards your settings and weights are those of before."
)
_PARTS = 1000


class SweepDialog(QDialog):
    """May stay open while the sweep goes on, and may be closed: the sweep does not mind."""

    runSelected = Signal(str)
    """The uuid of a run of the history."""

    def __init__(self, model: SweepModel, training: TrainingModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sweep_dialog")
        self.setWindowTitle("Sweep")
        self._model, self._training = model, training
        self._form = SweepForm(training.settings)
        self._what, self._told, self._progress = QLabel(_WHAT), QLabel(), QProgressBar()
        self._plot, self._table = ParallelPlot(), SweepTable(model)
        self._start = self._button("start", "Start", self._begin)
        self._resume = self._button("resume", "Continue sweep", model.resume)
        self._skip = self._button("skip", "Skip run", model.skip)
        self._cancel = self._button("cancel", "Cancel sweep", model.cancel)
        self._close = self._button("close", "Close", self.close)
        self._arrange()
        self._form.edited.connect(self._show)
        self._plot.selected.connect(lambda key: self._select(int(key)))
        self._plot.brushed.connect(lambda _: self._list())
        self._table.selected.connect(self._select)
        model.changed.connect(self._follow)
        model.progressed.connect(self._show_progress)
        training.stateChanged.connect(self._show)
        training.obstacleChanged.connect(self._show)
        self._follow()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._model.prepare()
        if not self._model.running:
            self._form.set_settings(self._training.settings)
        self._show()

    # ---- what is shown

    def _follow(self) -> None:
        """The runs have changed."""
        self._table.refresh()
        self._draw()
        self._list()
        self._show()

    def _list(self) -> None:
        """The runs that pass where the plot is brushed; while it is not, also those that wait."""
        passing = {int(key) for key in self._plot.passing}
        drawn = {number for number, run in enumerate(self._model.runs) if run.state is not RunState.WAITING}
        self._table.show_only(range(len(self._model.runs)) if passing >= drawn else passing)

    def _show(self, *_: object) -> None:
        """What can be done now, and what would become of it."""
        running = self._model.running
        role, text, possible = self._preview()
        self._form.setEnabled(not running)
        self._start.setEnabled(possible)
        for button in (self._skip, self._cancel):
            button.setVisible(running)
        self._start.setVisible(not running)
        left = bool(self._model.left)
        self._resume.setVisible(left)
        self._start.setText("Start new" if left else "Start")
        for button, primary in ((self._resume, left), (self._start, not left)):
            if button.property("primary") != primary:
                button.setProperty("primary", primary)
                button.style().polish(button)
        self._resume.setEnabled(left and not self._model.resume_obstacle)
        self._resume.setToolTip(self._left_over())
        self._progress.setVisible(running)
        if running:
            self._show_progress()
        else:
            self._tell(role, text)

    def _preview(self) -> tuple[str, str, bool]:
        """How what there is to say is shown, what it is, and whether the sweep can begin."""
        if self._model.running:
            return "quiet", "", False
        try:
            variants = self._model.variants(self._form.sweep())
        except NNStudioError as error:
            return "error", str(error), False
        text, seconds = counted(len(variants), "run"), self._model.estimate(variants)
        text = f"{text}, {about(seconds)}" if seconds is not None else text
        if self._model.obstacle:
            return "quiet", f"{text}. {self._model.obstacle}", False
        return "quiet", f"A new one: {text}. {self._left_over()}" if self._model.left else text, True

    def _left_over(self) -> str:
        """What there is left of a sweep that was cut off, and why it cannot be done where that is so."""
        model = self._model
        if not model.left:
            return ""
        what = f"{model.group.capitalize()}: {model.left} of {counted(len(model.runs), 'run')} left."
        return f"{what} {model.resume_obstacle}".rstrip()

    def _show_progress(self) -> None:
        model = self._model
        self._progress.setValue(round(_PARTS * model.progress))
        words = [f"Run {min(model.done + 1, len(model.runs))} of {len(model.runs)}"]
        if model.current:
            words.append(model.current.variant.name)
        if (left := model.seconds_left) is not None:
            words.append(f"{about(left)} left")
        self._tell("quiet", " · ".join(words))

    def _tell(self, role: str, text: str) -> None:
        if self._told.text() != text:
            self._told.setText(text)
        if self._told.property("role") != role:
            self._told.setProperty("role", role)
            self._told.style().polish(self._told)

    def _draw(self) -> None:
        runs = [(number, run) for number, run in enumerate(self._model.runs) if run.state is not RunState.WAITING]
        titles = {place.path: place.short for place in places(self._training.settings)}
        columns: list[tuple[str, list[Any], bool]] = [
            (titles.get(path, path), [run.variant.values[path] for _, run in runs], False) for path in self._model.paths
        ]
        columns.append(("Val. loss", [run.loss for _, run in runs], False))
        judged = any(run.accuracy is not None for _, run in runs)
        if judged:
            columns.append(("Val. accuracy", [run.accuracy for _, run in runs], True))
        varied = len(self._model.paths)
        axes = [
            axis(title, values, share=share, measured=number >= varied)
            for number, (title, values, share) in enumerate(columns)
        ]
        lines = _lines(runs, [values for _, values, _ in columns], axes[-1], self._model.best)
        self._plot.show_lines(axes, lines, axes[-1], better_low=not judged)

    # ---- what is done

    def _begin(self) -> None:
        try:
            self._model.start(self._form.sweep())
        except NNStudioError as error:
            self._tell("error", str(error))

    def _select(self, number: int) -> None:
        """The same run in the plot, in the list and in the history."""
        self._plot.select(str(number))
        with QSignalBlocker(self._table):
            self._table.select(number)
        if number < len(self._model.runs) and (uuid := self._model.runs[number].uuid):
            self.runSelected.emit(uuid)

    # ---- building

    def _button(self, name: str, text: str, slot: object) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"sweep_{name}")
        button.setAccessibleName(text)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    def _arrange(self) -> None:
        self._what.setWordWrap(True)
        self._told.setObjectName("sweep_told")
        self._told.setWordWrap(True)
        self._progress.setObjectName("sweep_progress")
        self._progress.setAccessibleName("Progress of the sweep")
        self._progress.setRange(0, _PARTS)
        self._progress.setTextVisible(False)
        gestures = QLabel(GESTURES)
        gestures.setProperty("role", "quiet")
        gestures.setWordWrap(True)
        results, parts = QSplitter(Qt.Orientation.Vertical), QWidget()
        column = QVBoxLayout(parts)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._plot, 1)
        column.addWidget(gestures)
        results.addWidget(parts)
        results.addWidget(self._table)
        results.setSizes([320, 160])
        results.setChildrenCollapsible(False)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        for button in (self._start, self._resume, self._skip, self._cancel):
            buttons.addWidget(button)
        buttons.addWidget(self._told, 1)
        buttons.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(12)
        layout.addWidget(self._what)
        layout.addWidget(self._form)
        layout.addLayout(buttons)
        layout.addWidget(self._progress)
        layout.addWidget(results, 1)
        self.resize(880, 640)  # a small screen has 720


def about(seconds: float) -> str:
    """A time that nobody knows exactly: ``about 4 min``."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


def _lines(
    runs: Sequence[tuple[int, SweepRun]], columns: Sequence[Sequence[Any]], result: Axis, best: int | None
) -> list[Line]:
    """One for each run; the last of its values is its result. Choices are compared as what is written of them."""
    lines = []
    for (number, run), *values in zip(runs, *columns, strict=True):
        known = values[-1] if result.place(values[-1]) is not None else None
        lines.append(Line(str(number), run.variant.name, tuple(values), known, number == best))
    return lines
