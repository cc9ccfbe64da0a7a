"""Shows in the plots what a run had measured before: one that goes on after a crash, or one that was opened."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from nnstudio.gui.models.curves import Curve, Curves
from nnstudio.gui.models.histogram_history import HistogramHistory
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.runs.runs_model import RunsModel
from nnstudio.training.events import Histogram


class PastCurves(QObject):
    """Puts curves from the history of runs where those of training are; training may have gone on meanwhile.

    What is read when something else stands on the desk already is of no interest any more.
    """

    def __init__(self, runs: RunsModel, training: TrainingModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs, self._training = runs, training
        self._desk = 0
        """Counts what has stood on the desk."""
        training.abandoned.connect(self._leave)

    def go_on(self, uuid: str, step: int) -> None:
        """The run stands on the desk again as it was after `step`, and may go on."""
        desk = self._desk
        self._runs.ask_curves(uuid, step, lambda curves: self._show(desk, curves))

    def show(self, curves: Curves) -> None:
        """Those of a run whose network and weights were just put on the desk."""
        self._show(self._desk, curves)

    def _show(self, desk: int, curves: Curves) -> None:
        if desk == self._desk:
            self._training.show_curves(followed(curves, self._training.curves))

    def _leave(self) -> None:
        self._desk += 1


def followed(past: Curves, later: Curves) -> Curves:
    """What was measured before, up to where `later` begins, and then that; the curves `past` themselves go on."""
    if len(later.training_loss):
        past.cut(later.training_loss.x[0] - 1)
    time = float(past.seconds.y[-1]) if len(past.seconds) else 0.0
    past.seconds.extend(later.seconds.x, later.seconds.y + time)
    for name in _SINGLE:
        _extend(getattr(past, name), getattr(later, name))
    for before, after in zip(past.layered, later.layered, strict=True):
        for name, curve in after.items():
            _extend(before.setdefault(name, Curve(len(curve))), curve)
    _follow_histograms(past.weight_histograms, later.weight_histograms)
    _follow_histograms(past.activation_histograms, later.activation_histograms)
    for judgement in later.judgements.values():
        past.judge(judgement)
    past.marks += later.marks
    past.steps_per_epoch = later.steps_per_epoch or past.steps_per_epoch
    return past


_SINGLE = (
    "training_loss",
    "training_accuracy",
    "validation_loss",
    "validation_accuracy",
    "learning_rate",
    "speed",
    "memory",
)


def _extend(curve: Curve, later: Curve) -> None:
    if len(later):
        curve.cut(float(np.nextafter(later.x[0], -np.inf)))
        curve.extend(later.x, later.y)


def _follow_histograms(past: dict[str, HistogramHistory], later: dict[str, HistogramHistory]) -> None:
    for name, history in later.items():
        before = past.setdefault(name, HistogramHistory())
        for column in history.columns:
            before.append(column.last, Histogram(column.low, column.high, column.counts.astype(np.int64)))
