"""The names, colours and values of a plot's curves; a click on a name hides its curve."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QSizePolicy, QToolButton, QWidget

from nnstudio.gui.plots.series import Series
from nnstudio.gui.theme import current_theme, tabular, theme_source

FEW = 2
"""So many curves have their names beside the title; more stand in a column at the right."""
_COLUMN = 208
_DOT = 12
_LONGEST = 18


class Legend(QWidget):
    """An entry for each curve: a button with its colour and name, and the value at the line."""

    toggled = Signal(str, bool)
    """The key of a curve, and whether it is to be seen."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self._name, self._title = name, title
        self._series: tuple[Series, ...] = ()
        self._buttons: list[QToolButton] = []
        self._values: list[QLabel] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(4)
        self._grid.setVerticalSpacing(0)
        theme_source.themeChanged.connect(self._colour)

    def show_series(self, series: Sequence[Series], hidden: set[str], *, upright: bool) -> None:
        """Have an entry for each of these, side by side or one below the other."""
        for widget in (*self._buttons, *self._values):
            self._grid.removeWidget(widget)
            widget.setParent(None)
            widget.deleteLater()
        self._series = tuple(series)
        self._buttons = [self._make_button(one, one.key not in hidden) for one in series]
        self._values = [self._make_value(one) for one in series]
        for number, (button, value) in enumerate(zip(self._buttons, self._values, strict=True)):
            row, column = (number, 0) if upright else (0, 2 * number)
            self._grid.addWidget(button, row, column, Qt.AlignmentFlag.AlignLeft)
            self._grid.addWidget(value, row, column + 1)
        self._grid.setRowStretch(self._grid.rowCount(), 1 if upright else 0)
        self._colour()

    def tell(self, texts: Sequence[str]) -> None:
        """The values, in the order of the curves."""
        for label, text in zip(self._values, texts, strict=True):
            if label.text() != text:
                label.setText(text)

    def _make_button(self, series: Series, shown: bool) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"plot_{self._name}_{series.key}_shown")
        button.setAccessibleName(f"Show {series.title}")
        button.setToolTip(f"{series.title}: click to hide or show")
        button.setText(_short(series.title))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setCheckable(True)
        button.setChecked(shown)
        button.setProperty("role", "legend")
        button.setStyleSheet("QToolButton:checked { background: transparent; } QToolButton { padding: 2px; }")
        button.toggled.connect(lambda on: self._toggle(series, on))
        return button

    def _make_value(self, series: Series) -> QLabel:
        value = QLabel()
        value.setObjectName(f"plot_{self._name}_{series.key}")
        value.setAccessibleName(f"{self._title}, {series.title}")
        value.setProperty("role", "title")
        value.setFont(tabular(value.font()))
        value.setFixedWidth(value.fontMetrics().horizontalAdvance("0.00000000"))  # so that nothing moves
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        value.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        return value

    def _toggle(self, series: Series, shown: bool) -> None:
        self._colour()
        self.toggled.emit(series.key, shown)

    def _colour(self) -> None:
        theme = current_theme()
        for series, button in zip(self._series, self._buttons, strict=True):
            button.setIcon(_dot(series.colour(theme), button.isChecked()))


def scrolled(legend: Legend) -> QScrollArea:
    """A legend of any length in a column."""
    area = QScrollArea()
    area.setWidget(legend)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFixedWidth(_COLUMN)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…"


def _dot(colour: QColor, filled: bool) -> QIcon:
    """A disc where the curve is seen, a ring where it is hidden: not by colour alone."""
    scale = 2
    pixmap = QPixmap(_DOT * scale, _DOT * scale)
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colour)
        if filled:
            painter.setBrush(colour)
        painter.drawEllipse(2, 2, _DOT - 4, _DOT - 4)
    return QIcon(pixmap)
