"""Which class was taken for which, at the place in time that the window shows."""

from __future__ import annotations

from nnstudio.gui.models.pictures_model import PicturesModel
from nnstudio.gui.plots.confusion_panel import ConfusionPanel
from nnstudio.gui.plots.page import Page


class ConfusionPage(Page):
    """The confusion matrix of the present run."""

    title = "Confusion"
    timed = False

    def __init__(self, pictures: PicturesModel) -> None:
        super().__init__()
        self.panel = ConfusionPanel(pictures)
        self._cursor: int | None = None
        self.stack(self.panel)

    def show_cursor(self, step: int | None) -> None:
        self._cursor = step

    def refresh(self) -> None:
        self.panel.show_judgements(self.runs.present.judgements_at(self._cursor))
