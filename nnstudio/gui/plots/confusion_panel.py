"""The confusion matrix with its choices, and the pictures of a cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.gui.models.curves import Judgement
from nnstudio.gui.models.pictures_model import Asked, PicturesModel
from nnstudio.gui.plots.confusion import Confusion, ConfusionView, confusion
from nnstudio.gui.plots.export import ExportButton, Row
from nnstudio.gui.plots.picture_strip import PictureStrip
from nnstudio.gui.plots.scale_bar import ScaleBar
from nnstudio.gui.theme import tabular
from nnstudio.gui.widgets.fields import combo_box

_MOST_PICTURES = 100
_PARTS = {"validation": "Validation", "train": "Training"}
_EMPTY = "At the end of each epoch, this table says which class the network takes for which."
_EXPLANATION = "Choose a cell to see its pictures, the surest answers first."


class ConfusionPanel(QWidget):
    """Shows the newest judgement of a part of the data."""

    cellChosen = Signal(str, int, int, object)
    """The part, the right class, the class answered, the numbers of the pictures (N,), surest first."""

    title = "Confusion matrix"

    def __init__(self, pictures: PicturesModel) -> None:
        super().__init__()
        self.setObjectName("confusion_panel")
        self._pictures = pictures
        self._judgements: dict[str, Judgement] = {}
        self._shown: Confusion | None = None
        self._cell: tuple[str, int, int] | None = None
        self._sure: NDArray[np.float32] = np.empty(0, np.float32)
        self._asked: Asked | None = None
        self.view = ConfusionView()
        self.strip = PictureStrip("confusion_pictures")
        self.export_button = ExportButton(self, "confusion")
        self._arrange()
        self.view.cellChosen.connect(self._choose)
        self.view.cellMoved.connect(self._bring_into_sight)
        pictures.arrived.connect(self._show_pictures)
        pictures.failed.connect(self._show_problem)
        self.show_judgements({})

    def show_judgements(self, judgements: dict[str, Judgement]) -> None:
        """Show these, each under its part."""
        self._judgements = dict(judgements)
        part = self._part.currentData()
        judgement = self._judgements.get(part)
        shown = self._shown
        if judgement is None:
            self._shown = None
        elif (
            shown is None
            or shown.judged is not judgement.judged
            or shown.names[: len(judgement.class_names)] != (judgement.class_names)
        ):
            self._shown = confusion(judgement.judged, judgement.class_names)
        if self._shown is not shown:
            self._forget_cell()
        self._tell()
        self.view.show_confusion(self._shown, percent=self._percent.isChecked())

    def rows(self) -> Iterable[Row]:
        """A row for each right class, a column for each answer, in pictures."""
        return _table(self._shown)

    # ---- what is told

    def _tell(self) -> None:
        there = self._shown is not None
        for widget in (self._scroll, self._bar, self._percent, self.export_button):
            widget.setVisible(there)
        self._empty.setVisible(not there)
        self.strip.setVisible(self._cell is not None)
        if self._shown is None:
            self._told.setText("")
            return
        judged = self._shown.judged
        right = f"{self._shown.accuracy:.2%} right"
        self._told.setText(f"epoch {judged.epoch:,} · {len(judged.labels):,} pictures · {right}")

    def _choose(self, right: int, answered: int) -> None:
        part = self._part.currentData()
        if self._shown is None:
            return
        numbers, self._sure = self._shown.pictures(right, answered)
        self._cell = (part, right, answered)
        self.strip.clear()
        self.strip.show()
        about, few = self.view.text_of(right, answered), numbers[:_MOST_PICTURES]
        more = f", {len(few)} of them here" if len(few) < len(numbers) else ""
        self._about.setText(f"{about}{more}")
        self.cellChosen.emit(part, right, answered, numbers)
        self._asked = Asked(self._judgements[part].dataset, part, tuple(few.tolist()))
        if len(few):
            self._pictures.ask(self._asked)

    def _show_pictures(self, asked: Asked, pictures: NDArray[np.uint8]) -> None:
        if asked is not self._asked or self._shown is None or self._cell is None:
            return
        names, (_, right, answered) = self._shown.names, self._cell
        texts = [f"{sure:.0%}" if sure < 0.995 else f"{min(sure, 0.9999):.2%}" for sure in self._sure[: len(pictures)]]
        tips = [
            f"Picture {number:,}: {names[right]}, answered {names[answered]} ({text} sure)"
            for number, text in zip(asked.numbers, texts, strict=True)
        ]
        self.strip.show_pictures(pictures, texts, tips)

    def _show_problem(self, asked: Asked, error: NNStudioError) -> None:
        if asked is self._asked:
            self._about.setText(str(error))

    def _forget_cell(self) -> None:
        self._cell = self._asked = None
        self.strip.clear()
        self._about.setText(_EXPLANATION if self._shown else "")

    def _bring_into_sight(self, cell: QRect) -> None:
        self._scroll.ensureVisible(cell.center().x(), cell.center().y(), cell.width(), cell.height())

    # ---- parts

    def _arrange(self) -> None:
        self._part = combo_box()
        self._part.setObjectName("confusion_part")
        self._part.setAccessibleName("Part of the data")
        for part, title in _PARTS.items():
            self._part.addItem(title, part)
        self._percent = QCheckBox("Percent")
        self._percent.setObjectName("confusion_percent")
        self._percent.setAccessibleName("Percent of the right class")
        self._percent.setToolTip("Percent of the pictures of each right class, instead of their number")
        self._told = _label("confusion_told")
        self._about = _label("confusion_about")
        self._about.setWordWrap(True)
        self._empty = _label("confusion_empty")
        self._empty.setText(_EMPTY)
        self._empty.setWordWrap(True)
        self._part.currentIndexChanged.connect(lambda _: self.show_judgements(self._judgements))
        self._percent.toggled.connect(lambda _: self.show_judgements(self._judgements))
        self._scroll = QScrollArea()
        self._scroll.setObjectName("confusion_scroll")
        self._scroll.setWidget(self.view)
        self._scroll.setWidgetResizable(True)
        self._bar = ScaleBar("confusion_scale", "of the pictures of a right class")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(self._make_top())
        layout.addLayout(self._make_middle(), 1)
        layout.addWidget(self._about)
        layout.addWidget(self.strip)

    def _make_top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (self._part, self._percent, self._told):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.export_button)
        return row

    def _make_middle(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._empty, 1)
        row.addWidget(self._scroll, 1)
        row.addWidget(self._bar)
        return row


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setProperty("role", "quiet")
    label.setFont(tabular(label.font()))
    return label


def _table(shown: Confusion | None) -> Iterator[Row]:
    if shown is None:
        return
    yield ("right \\ answered (pictures)", *shown.names)
    for name, counts in zip(shown.names, shown.counts.tolist(), strict=True):
        yield (name, *counts)
