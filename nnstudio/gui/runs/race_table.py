"""What the lanes of a race have come to, side by side."""

from __future__ import annotations

from math import isfinite

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from nnstudio.gui.models.weights_base import Parameters
from nnstudio.gui.runs.change_row import value_words
from nnstudio.gui.runs.dots import DOT, dot
from nnstudio.gui.runs.lane_filters import filter_picture, first_filters
from nnstudio.gui.runs.race_model import Lane, RaceModel
from nnstudio.gui.theme import current_theme, tabular, theme_source
from nnstudio.training.settings_path import places

_TITLES = ("Lane", "Loss", "Val. loss", "Val. acc.", "Filters", "")
_ACCURACY, _FILTERS, _KEEP = 3, 4, 5
_ROW = 36
"""Pixels: two lines, or two rows of small filters."""
_AROUND_TEXT, _AROUND_PICTURE = 44, 24
"""Pixels that a column is wider than the button's text, or the picture, in it."""
_NEWEST = 16
"""Steps whose mean loss is told: that of one step says little."""
_UNKNOWN = "–"


class RaceTable(QTableWidget):
    """A row for each lane, with a button to go on with it; the one that leads is written bold."""

    keepAsked = Signal(int)
    """The number of a lane, from 0."""

    def __init__(self, model: RaceModel) -> None:
        super().__init__(0, len(_TITLES))
        self.setObjectName("race_results")
        self.setAccessibleName("What the lanes have come to")
        self._model = model
        self.keeps: list[QPushButton] = []
        self._pictures: list[QLabel] = []
        self._pictured: list[Parameters | None] = []
        self.setHorizontalHeaderLabels(list(_TITLES))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFont(tabular(self.font()))
        self.setIconSize(QSize(DOT, DOT))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(32)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_KEEP, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(_FILTERS, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(_KEEP, self.fontMetrics().horizontalAdvance("Keep") + _AROUND_TEXT)
        for column in range(_KEEP):
            side = Qt.AlignmentFlag.AlignRight if 0 < column <= _ACCURACY else Qt.AlignmentFlag.AlignLeft
            title = QTableWidgetItem(_TITLES[column])
            title.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, title)
        theme_source.themeChanged.connect(self._recolour)

    def refresh(self) -> None:
        """Show what has become of the lanes."""
        lanes = self._model.lanes
        if self.rowCount() != len(lanes):
            self._build(len(lanes))
        for number, lane in enumerate(lanes):
            self._show(number, lane)
        self.setColumnHidden(_ACCURACY, not any(isfinite(lane.validation[1]) for lane in lanes if lane.validation))
        self.setColumnHidden(_FILTERS, all(picture.pixmap().isNull() for picture in self._pictures))

    def _show(self, number: int, lane: Lane) -> None:
        theme, model = current_theme(), self._model
        leads = number == model.winner
        for column, text in enumerate(_texts(number, lane)):
            item = self._item(number, column)
            item.setText(text)
            font = self.font()
            font.setBold(leads)
            item.setFont(font)
            item.setForeground(QColor(theme.error if lane.note and column else theme.text))
        if self.columnSpan(number, 1) != (span := _ACCURACY if lane.note else 1):
            self.setSpan(number, 1, 1, span)
        self._item(number, 0).setToolTip(changes_words(lane))
        self._item(number, 1).setToolTip(lane.note)
        keep = self.keeps[number]
        keep.setEnabled(not model.running and bool(lane.state) and not lane.note)
        if keep.property("primary") != (leads and not model.running):
            keep.setProperty("primary", leads and not model.running)
            keep.style().polish(keep)
        if lane.parameters is not self._pictured[number]:
            self._pictured[number] = lane.parameters
            self._paint(number, lane)

    def _paint(self, number: int, lane: Lane) -> None:
        kernels = first_filters(self._model.spec, lane.parameters) if self._model.spec and lane.parameters else None
        picture = self._pictures[number]
        if kernels is None:
            picture.clear()
        else:
            picture.setPixmap(filter_picture(kernels))
            self.setColumnWidth(_FILTERS, picture.pixmap().width() + _AROUND_PICTURE)

    def _build(self, lanes: int) -> None:
        """Rows for so many lanes, still empty."""
        self.setRowCount(0)
        self.setRowCount(lanes)
        self.keeps, self._pictures, self._pictured = [], [], [None] * lanes
        for number in range(lanes):
            for column in range(_FILTERS):
                item = QTableWidgetItem()
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(number, column, item)
            self._item(number, 0).setIcon(dot(current_theme().series[number]))
            self._pictures.append(_picture(number))
            self.keeps.append(self._button(number))
            self.setCellWidget(number, _FILTERS, self._pictures[-1])
            self.setCellWidget(number, _KEEP, _centred(self.keeps[-1]))
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + _ROW * lanes + 4)

    def _button(self, number: int) -> QPushButton:
        keep = QPushButton("Keep")
        keep.setObjectName(f"race_keep_{number + 1}")
        keep.setAccessibleName(f"Keep lane {number + 1}")
        keep.setToolTip("Go on with the weights and the settings of this lane")
        keep.setAutoDefault(False)
        keep.clicked.connect(lambda: self.keepAsked.emit(number))
        return keep

    def _item(self, row: int, column: int) -> QTableWidgetItem:
        item = self.item(row, column)
        assert item is not None, "a row is built before it is filled"
        return item

    def _recolour(self) -> None:
        for number, lane in enumerate(self._model.lanes[: self.rowCount()]):
            self._item(number, 0).setIcon(dot(current_theme().series[number]))
            self._paint(number, lane)
        self.refresh()


def changes_words(lane: Lane) -> str:
    """In what it differs: ``Learning rate 0.01, Shift 2 px``."""
    known = {place.path: place for place in places(lane.settings)}
    words = [(known[path], value) for path, value in lane.changes.items()]
    return ", ".join(f"{place.short} {value_words(place, value)}" for place, value in words) or "No change"


def _picture(number: int) -> QLabel:
    picture = QLabel()
    picture.setContentsMargins(8, 0, 8, 0)
    picture.setObjectName(f"race_filters_{number + 1}")
    picture.setAccessibleName(f"Filters of the first convolution of lane {number + 1}")
    return picture


def _centred(button: QPushButton) -> QWidget:
    """As high as the button wants to be, not as the row."""
    cell = QWidget()
    layout = QHBoxLayout(cell)
    layout.setContentsMargins(4, 0, 4, 0)
    layout.addWidget(button)
    return cell


def _texts(number: int, lane: Lane) -> tuple[str, str, str, str]:
    """Which lane with what changes, its newest training loss, and what validation says of it."""
    name = f"Lane {number + 1}\n{changes_words(lane)}"
    if lane.note:
        return name, lane.note, "", ""
    loss = f"{lane.losses.y[-_NEWEST:].mean():.4f}" if len(lane.losses) else _UNKNOWN
    if lane.validation is None:
        return name, loss, _UNKNOWN, _UNKNOWN
    validation, accuracy = lane.validation
    return name, loss, f"{validation:.4f}", f"{accuracy:.2%}" if isfinite(accuracy) else _UNKNOWN
