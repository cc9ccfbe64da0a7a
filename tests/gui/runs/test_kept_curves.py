"""What was kept is drawn as it was while the network learned."""

from __future__ import annotations

import numpy as np

from nnstudio.gui.runs.kept_curves import plotted
from nnstudio.training.events import Histogram, Judged
from nnstudio.training.runs import Mark, Points, RunCurves, Spread


def points(*y: float, first: int = 1) -> Points:
    return Points(np.arange(first, first + len(y)), np.array(y))


def test_each_curve_stands_where_the_plots_look_for_it() -> None:
    kept = {
        "training_loss": points(3, 2),
        "validation_accuracy": points(0.5),
        "validation_loss": points(1.5, first=4),
        "images_per_second": points(100),
        "device_memory": points(4096),
        "weight_norm/a.weight": points(4, 0, 2),
        "update_norm/a.weight": points(1, 1, first=2),
        "dead/relu": points(0.25),
        "unheard-of/x": points(1),
    }
    curves = plotted(RunCurves(kept, (Mark(2, "slower"),)))
    assert curves.training_loss.x.tolist() == [1, 2]
    assert curves.training_loss.y.tolist() == [3, 2]
    assert curves.speed.y.tolist() == [100]
    assert curves.memory.y.tolist() == [4096]
    assert len(curves.learning_rate) == 0
    assert curves.weight_norms["a.weight"].y.tolist() == [4, 0, 2]
    assert curves.update_ratios["a.weight"].x.tolist() == [2, 3]
    assert curves.update_ratios["a.weight"].y.tolist() == [0, 0.5]
    assert curves.dead["relu"].y.tolist() == [0.25]
    assert curves.steps_per_epoch == 4
    assert [(mark.step, mark.text) for mark in curves.marks] == [(2, "slower")]


def test_histograms_and_answers_stand_where_the_plots_look_for_them() -> None:
    histogram = Histogram(-1, 1, np.arange(4))
    spreads = tuple(Spread(step, {"a.weight": histogram}, {"relu": histogram}) for step in (3, 9))
    none = np.empty(0, np.int64)
    judged = tuple(Judged(step, step, "train", none, none, none, np.empty(0, np.float32)) for step in (4, 8))
    curves = plotted(RunCurves(spreads=spreads, judgements=judged), "digits", ("zero", "one"))
    for histories, name in ((curves.weight_histograms, "a.weight"), (curves.activation_histograms, "relu")):
        assert [column.first for column in histories[name].columns] == [3, 9]
        assert histories[name].columns[0].counts.tolist() == [0, 1, 2, 3]
    newest = curves.judgements["train"]
    assert (newest.judged.step, newest.dataset, newest.class_names) == (8, "digits", ("zero", "one"))
    assert curves.judgements_at(5)["train"].judged.step == 4
