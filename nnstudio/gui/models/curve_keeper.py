"""Keeps what a run measures beside loss and accuracy."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nnstudio.gui.models.curves import Curve, Curves, Judgement, Mark
from nnstudio.gui.models.histogram_history import HistogramHistory
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.training.events import DeviceChanged, Event, Judged, Measured, SettingsChanged, Started, Steps

_FEW = 64
"""Points that there is room for at first in each of the many curves of a deep network."""


class CurveKeeper(QObject):
    """Listens to a run and fills `training.curves`; what loss and accuracy are, the training model itself notes."""

    def __init__(self, training: TrainingModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._training = training
        training.eventArrived.connect(self._take)

    def _take(self, event: Event) -> None:
        curves = self._training.curves
        match event:
            case Started():
                curves.steps_per_epoch = event.steps_per_epoch
            case Steps():
                take_steps(curves, event, self._training.status.batch_size)
            case Measured():
                take_measured(curves, event)
            case Judged():
                names = self._training.class_names
                curves.judge(Judgement(event, self._training.dataset, names))
            case SettingsChanged():
                curves.marks.append(Mark(event.step, event.text))
            case DeviceChanged():
                curves.marks.append(Mark(event.step, event.device))


def take_steps(curves: Curves, event: Steps, batch_size: int) -> None:
    """Note learning rate, speed and time of a stretch of steps."""
    count = len(event.losses)
    steps = range(event.step - count + 1, event.step + 1)
    rates = event.learning_rates if len(event.learning_rates) == count else [event.learning_rate] * count
    curves.learning_rate.extend(steps, rates)
    if event.images_per_second > 0:
        curves.speed.extend([event.step], [event.images_per_second])
        before = curves.seconds.y[-1] if len(curves.seconds) else 0.0
        curves.seconds.extend([event.step], [before + count * batch_size / event.images_per_second])


def take_measured(curves: Curves, event: Measured) -> None:
    """Note what the network looked like inside. What was measured before going back to a snapshot gives way."""
    families = [*curves.layered]
    values = [
        {name: of.gradient_norm for name, of in event.parameters.items()},
        {name: of.update_ratio for name, of in event.parameters.items()},
        {name: of.norm for name, of in event.parameters.items()},
        {name: of.mean for name, of in event.activations.items()},
        {name: of.deviation for name, of in event.activations.items()},
        {name: of.zeros for name, of in event.activations.items()},
        {name: of.dead for name, of in event.activations.items()},
    ]
    for family, figures in zip(families, values, strict=True):
        for name, value in figures.items():
            if name not in family:
                family[name] = Curve(_FEW)
            _append(family[name], event.step, value)
    for name, parameter in event.parameters.items():
        curves.weight_histograms.setdefault(name, HistogramHistory()).append(event.step, parameter.histogram)
    for name, layer in event.activations.items():
        curves.activation_histograms.setdefault(name, HistogramHistory()).append(event.step, layer.histogram)
    if event.memory:
        _append(curves.memory, event.step, event.memory)


def _append(curve: Curve, step: int, value: float) -> None:
    if len(curve) and curve.x[-1] >= step:
        curve.cut(step - 1)
    curve.extend([step], [value])
