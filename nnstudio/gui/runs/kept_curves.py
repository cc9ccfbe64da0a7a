"""What a kept run has measured, as the plots have it."""

from __future__ import annotations

import numpy as np

from nnstudio.gui.models.curves import Curve, Curves, Judgement, Mark
from nnstudio.gui.models.histogram_history import HistogramHistory
from nnstudio.training.runs import Points, RunCurves

_SINGLE = {
    "training_loss": "training_loss",
    "training_accuracy": "training_accuracy",
    "validation_loss": "validation_loss",
    "validation_accuracy": "validation_accuracy",
    "learning_rate": "learning_rate",
    "images_per_second": "speed",
    "seconds": "seconds",
    "device_memory": "memory",
}
_LAYERED = {
    "gradient_norm": "gradient_norms",
    "weight_norm": "weight_norms",
    "mean": "activation_means",
    "deviation": "activation_deviations",
    "zeros": "zeros",
    "dead": "dead",
}
"""What is kept under a name, and where the plots look for it."""


def plotted(kept: RunCurves, dataset: str = "", class_names: tuple[str, ...] = ()) -> Curves:
    """All that was read of what a run has measured; answers are to pictures of `dataset`."""
    curves = Curves()
    for name, place in _SINGLE.items():
        setattr(curves, place, _curve(kept[name]))
    for name, points in kept.curves.items():
        kind, _, owner = name.partition("/")
        if kind in _LAYERED:
            getattr(curves, _LAYERED[kind])[owner] = _curve(points)
        elif kind == "update_norm":
            curves.update_ratios[owner] = _curve(_ratio(points, kept[f"weight_norm/{owner}"]))
    for spread in kept.spreads:
        for histories, histograms in (
            (curves.weight_histograms, spread.parameters),
            (curves.activation_histograms, spread.activations),
        ):
            for name, histogram in histograms.items():
                histories.setdefault(name, HistogramHistory()).append(spread.step, histogram)
    for judged in kept.judgements:
        curves.judge(Judgement(judged, dataset, class_names))
    curves.marks = [Mark(*mark) for mark in kept.marks]
    ends = kept["validation_loss"].x  # of epochs
    curves.steps_per_epoch = int(ends[0]) if len(ends) else 0
    return curves


def _curve(points: Points) -> Curve:
    curve = Curve(max(1, len(points)))
    curve.extend(points.x, points.y)
    return curve


def _ratio(updates: Points, norms: Points) -> Points:
    """How large a step is beside what it changes, where both are known."""
    steps, above, below = np.intersect1d(updates.x, norms.x, assume_unique=True, return_indices=True)
    norm = norms.y[below]
    ratios = np.divide(updates.y[above], norm, out=np.zeros(len(steps)), where=norm != 0)
    return Points(steps, ratios)
