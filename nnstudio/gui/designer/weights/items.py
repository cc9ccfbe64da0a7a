"""One plane of a parameter as a table of numbers on colours. Nothing is made before somebody looks at it."""

from __future__ import annotations

from math import isfinite, isinf, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from nnstudio.errors import NNStudioError
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import current_theme

Values = NDArray[np.floating[Any]]
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_NO_VALUES: Values = np.empty((0, 1), np.float32)


class WeightItems(QAbstractTableModel):
    """Rows and columns are the last two axes of a parameter; `plane` are the places along those before. What has only
    one axis is a column. An edit is a step of the network's undo stack."""

    refused = Signal(str)
    """Why a value was not taken, and what to do."""
    taken = Signal()
    """A value was."""

    def __init__(self, weights: WeightsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._weights = weights
        self.name = ""
        self.plane: tuple[int, ...] = ()
        self.limit = 1.0
        """The value that has the strongest colour."""
        self._values = _NO_VALUES

    @property
    def values(self) -> Values:
        """The whole parameter; without any values when there is none."""
        return self._values

    def show_plane(self, name: str, values: Values | None, plane: tuple[int, ...], limit: float) -> None:
        """Show the plane of a parameter; the same one with other values keeps cursor and scroll bars."""
        shown = _NO_VALUES if values is None else values
        if (name, plane, shown.shape) == (self.name, self.plane, self._values.shape):
            self._values, self.limit = shown, limit
            if shown.size:
                last = self.index(self.rowCount() - 1, self.columnCount() - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self.name, self._values, self.plane, self.limit = name, shown, plane, limit
        self.endResetModel()

    def place(self, index: _Index) -> tuple[int, ...]:
        """Where a cell's value stands in the parameter."""
        cell = (index.row(),) if self._values.ndim == 1 else (index.row(), index.column())
        return (*self.plane, *cell)

    # ---- what Qt asks

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else self._values.shape[len(self.plane)]

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else self._values.shape[-1] if self._values.ndim > 1 else 1

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return "" if orientation is Qt.Orientation.Horizontal and self._values.ndim == 1 else str(section)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        value = float(self._values[self.place(index)])
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return number_text(value)
            case Qt.ItemDataRole.EditRole:
                return exact_text(self._values[self.place(index)])
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT
            case Qt.ItemDataRole.BackgroundRole:
                return self._colour(value)
            case Qt.ItemDataRole.ForegroundRole:
                return _readable_on(self._colour(value))
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                place = ", ".join(map(str, self.place(index)))
                return f"{self.name}[{place}] = {exact_text(self._values[self.place(index)])}"
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        if str(value).strip() == exact_text(self._values[self.place(index)]):
            return True
        number = parsed(str(value))
        if number is None:
            self.refused.emit(f"“{value}” is not a number. Type one such as 0.25 or -1e-3.")
            return False
        try:
            self._weights.set_value(self.name, self.place(index), number)
        except NNStudioError as error:
            self.refused.emit(f"{error.message} {error.hint}".strip())
            return False
        self.taken.emit()
        return True

    def _colour(self, value: float) -> QColor:
        theme = current_theme()
        if isnan(value):
            return theme.color("warning")
        return QColor(*theme.paint_diverging(np.array(np.clip(value, -self.limit, self.limit)), self.limit).tolist())


def parsed(text: str) -> float | None:
    """The number that was typed, a comma taken for a point; `None` for anything else, “nan” and “inf” included."""
    try:
        number = float(text.strip().replace("−", "-").replace(",", "."))
    except ValueError:
        return None
    return number if isfinite(number) else None


def exact_text(value: np.floating[Any]) -> str:
    """The shortest text that says exactly this value."""
    return str(value)


def number_text(value: float) -> str:
    """Four figures behind the point, or as many in all where those would say nothing."""
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.2e}"
    return text.replace("-", "−")


def _readable_on(ground: QColor) -> QColor:
    """Black or white, whichever has more contrast: at least 4.5 to 1."""
    parts = ground.redF(), ground.greenF(), ground.blueF()
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    return QColor("#000000" if luminance > 0.179 else "#ffffff")
