"""How well the network learns: loss and accuracy, of the pictures it learns from and of others."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from nnstudio.gui.plots.bounds import up_to_all
from nnstudio.gui.plots.colours import series_colour
from nnstudio.gui.plots.overlaid import Which, overlaid
from nnstudio.gui.plots.page import Page, Runs
from nnstudio.gui.plots.series import Series
from nnstudio.gui.plots.series_plot import Quantity, SeriesPlot

LOSS = Quantity("Loss", lambda value: f"{value:.4f}")
ACCURACY = Quantity("Accuracy (%)", lambda value: f"{value:.2%}", 100.0, up_to_all, log=False)


class LossPage(Page):
    """Loss above accuracy, or above a word on why there is none."""

    title = "Loss"
    smooths = True

    def __init__(self) -> None:
        super().__init__()
        self.loss, self.accuracy = SeriesPlot("loss", LOSS), SeriesPlot("accuracy", ACCURACY)
        self.plots = [self.loss, self.accuracy]
        self._no_classes = QLabel("This network answers with pictures, not with classes: accuracy has no meaning.")
        self._no_classes.setObjectName("plots_no_classes")
        self._no_classes.setProperty("role", "quiet")
        self._no_classes.setWordWrap(True)
        self.stack(self.loss, self.accuracy, self._no_classes)

    def show_runs(self, runs: Runs) -> None:
        super().show_runs(runs)
        self.loss.show_series(_series(runs, lambda run: run.training_loss, lambda run: run.validation_loss))
        self.accuracy.show_series(_series(runs, lambda run: run.training_accuracy, lambda run: run.validation_accuracy))

    def refresh(self) -> None:
        classes = any(len(run.training_accuracy) for run in self.runs.everyone)
        self.accuracy.setVisible(classes)
        self._no_classes.setVisible(not classes)
        super().refresh()


def _series(runs: Runs, training: Which, validation: Which) -> list[Series]:
    run, axis = runs.present, runs.axis(runs.present)
    return [
        Series("training", "training", training(run), series_colour(0), axis),
        Series("validation", "validation", validation(run), series_colour(1), axis, smooth=False, dots=True),
        *overlaid(runs, training, validation),
    ]
