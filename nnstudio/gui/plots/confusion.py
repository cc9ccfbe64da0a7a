"""Which class the network takes for which: counted, and as a table of coloured cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from nnstudio.gui.plots.colours import sequential
from nnstudio.gui.theme import current_theme, tabular, theme_source
from nnstudio.training.events import Judged

_LEAST_CELL, _MOST_CELL = 22, 56
_PAD = 8
_LONGEST_NAME = 112
_ARROWS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


@dataclass(frozen=True)
class Confusion:
    """The answers to one part of the data, counted; rows are right classes, columns are answers."""

    judged: Judged
    names: tuple[str, ...]

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(classes, classes)"""
        size = len(self.names)
        cells = self.judged.labels * size + self.judged.answers
        return np.bincount(cells, minlength=size * size).reshape(size, size)

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """(classes, classes): of the pictures of each right class; 0 for a class without pictures."""
        return self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)

    @property
    def accuracy(self) -> float:
        return float(np.trace(self.counts)) / max(1, int(self.counts.sum()))

    def pictures(self, right: int, answered: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Numbers of a cell's pictures and how sure the network was, the surest first."""
        mine = (self.judged.labels == right) & (self.judged.answers == answered)
        numbers, sure = self.judged.pictures[mine], self.judged.confidences[mine]
        order = np.argsort(-sure, kind="stable")
        return numbers[order], sure[order]


def confusion(judged: Judged, names: tuple[str, ...]) -> Confusion:
    """With a name for every class that occurs: where there is none, its number."""
    seen = 1 + int(max(judged.labels.max(initial=-1), judged.answers.max(initial=-1)))
    return Confusion(judged, (*names, *(str(number) for number in range(len(names), seen))))


class ConfusionView(QWidget):
    """The table. Cells are reached by mouse and by arrow keys; a click or Enter chooses one.

    It is as large as it needs to be readable, and is to be put into a scroll area.
    """

    cellChosen = Signal(int, int)
    """The right class and the one answered."""
    cellMoved = Signal(QRect)
    """The cell that the keyboard is at, to be brought into sight."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("confusion_view")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._confusion: Confusion | None = None
        self._percent = False
        self._cell = (0, 0)
        self._hovered: tuple[int, int] | None = None
        self._least = _LEAST_CELL
        """The side of a cell that its number fits into."""
        self._margin = self._above = 0
        """Room for the names of the classes, to the left and above."""
        self._lies = True
        """Whether names above lie across their cells; where they do not fit, they stand on end."""
        theme_source.themeChanged.connect(self._repaint)
        self._measure()
        self._name_cell()

    def show_confusion(self, confusion: Confusion | None, *, percent: bool) -> None:
        before = self._confusion
        self._confusion, self._percent = confusion, percent
        size = len(confusion.names) if confusion else 0
        if before is None or confusion is None or before.names != confusion.names:
            self._cell, self._hovered = (0, 0), None
        self._measure()
        self._cell = min(self._cell[0], max(0, size - 1)), min(self._cell[1], max(0, size - 1))
        self.setMinimumSize(self._size_at(self._least))
        self._name_cell()
        self.update()

    # ---- where everything is

    @property
    def _classes(self) -> int:
        return len(self._confusion.names) if self._confusion else 0

    def _measure(self) -> None:
        """How much room names and numbers take; asked for each cell it would take too long."""
        names = self._confusion.names if self._confusion else ()
        counts = self._confusion.counts if self._confusion else np.zeros(0, np.int64)
        metrics, line = QFontMetrics(tabular(self.font())), self.fontMetrics().height()
        widest = max((self.fontMetrics().horizontalAdvance(name) for name in names), default=0)
        number = "100%" if self._percent else f"{counts.max(initial=0):,}"
        self._least = max(_LEAST_CELL, metrics.horizontalAdvance(number) + 6)
        self._margin = line + 2 * _PAD + min(_LONGEST_NAME, widest)
        self._lies = widest <= self._least - 4
        self._above = 2 * line + 2 * _PAD if self._lies else self._margin

    def _size_at(self, side: int) -> QSize:
        return QSize(self._margin + self._classes * side + 1, self._above + self._classes * side + 1)

    @property
    def _side(self) -> int:
        """The cells grow with the widget, within reason."""
        room = min(self.width() - self._margin, self.height() - self._above) - 1
        return max(self._least, min(max(_MOST_CELL, self._least), room // max(1, self._classes)))

    def cell_rect(self, right: int, answered: int) -> QRect:
        """Where a cell is painted."""
        side = self._side
        return QRect(self._margin + answered * side, self._above + right * side, side, side)

    def _cell_under(self, place: QPoint) -> tuple[int, int] | None:
        column, row = ((place.x() - self._margin) // self._side, (place.y() - self._above) // self._side)
        return (row, column) if 0 <= row < self._classes and 0 <= column < self._classes else None

    # ---- mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_under(event.position().toPoint())
        if cell and event.button() == Qt.MouseButton.LeftButton:
            self._go_to(cell)
            self.cellChosen.emit(*cell)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_under(event.position().toPoint())
        if cell != self._hovered:
            self._hovered = cell
            QToolTip.showText(event.globalPosition().toPoint(), self.text_of(*cell) if cell else "", self)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._classes:
            super().keyPressEvent(event)
        elif event.key() in _ARROWS:
            down, across = _ARROWS[Qt.Key(event.key())]
            most = self._classes - 1
            self._go_to((min(most, max(0, self._cell[0] + down)), min(most, max(0, self._cell[1] + across))))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.cellChosen.emit(*self._cell)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Arrows are not the window's while this has the focus."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _ARROWS:
            event.accept()
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    def _go_to(self, cell: tuple[int, int]) -> None:
        self._cell = cell
        self._name_cell()
        self.cellMoved.emit(self.cell_rect(*cell))
        self.update()

    def text_of(self, right: int, answered: int) -> str:
        """What a cell says, in words."""
        if self._confusion is None:
            return ""
        names, count = self._confusion.names, int(self._confusion.counts[right, answered])
        share = self._confusion.shares[right, answered]
        what = "taken for" if right != answered else "recognised as"
        return f"{names[right]} {what} {names[answered]}: {count:,} ({share:.1%} of all {names[right]})"

    def _name_cell(self) -> None:
        about = self.text_of(*self._cell) if self._classes else "nothing yet"
        self.setAccessibleName(f"Confusion matrix, {about}")

    # ---- painting

    def _repaint(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._confusion is None:
            return
        with QPainter(self) as painter:
            painter.setFont(tabular(self.font()))
            self._paint_names(painter)
            colours = sequential(current_theme())
            rows, columns = self._exposed(event.rect())
            for row in rows:
                for column in columns:
                    self._paint_cell(painter, colours, row, column)
            self._paint_frames(painter)

    def _exposed(self, rect: QRect) -> tuple[range, range]:
        """Rows and columns that lie in a rectangle, at least in part."""
        side, most = self._side, self._classes
        top, bottom = (rect.top() - self._above) // side, (rect.bottom() - self._above) // side
        left, right = (rect.left() - self._margin) // side, (rect.right() - self._margin) // side
        return range(max(0, top), min(most, bottom + 1)), range(max(0, left), min(most, right + 1))

    def _paint_cell(self, painter: QPainter, colours: NDArray[np.uint8], row: int, column: int) -> None:
        """Coloured by the share of the row, so that rare classes are seen as well."""
        assert self._confusion is not None, "painted only with numbers"
        rect, share = self.cell_rect(row, column), float(self._confusion.shares[row, column])
        colour = QColor(*colours[round(255 * share**0.5)].tolist())
        painter.fillRect(rect.adjusted(0, 0, -1, -1), colour)
        count = int(self._confusion.counts[row, column])
        if count:
            light = 0.299 * colour.redF() + 0.587 * colour.greenF() + 0.114 * colour.blueF()
            painter.setPen(QColor("#101418" if light > 0.5 else "#ffffff"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, _cell_text(count, share, self._percent))

    def _paint_names(self, painter: QPainter) -> None:
        assert self._confusion is not None, "painted only with numbers"
        theme, line = current_theme(), self.fontMetrics().height()
        left, above, side = self._margin, self._above, self._side
        painter.setPen(theme.color("quiet"))
        painter.drawText(QRect(left, 0, self._classes * side, line), Qt.AlignmentFlag.AlignCenter, "answered")
        _standing(painter, QRect(0, above, line, self._classes * side), "right", Qt.AlignmentFlag.AlignCenter)
        painter.setPen(theme.color("text"))
        for number, full in enumerate(self._confusion.names):
            name = self.fontMetrics().elidedText(full, Qt.TextElideMode.ElideRight, _LONGEST_NAME)
            row = QRect(0, above + number * side, left - _PAD, side)
            painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            column = QRect(left + number * side, line, side, above - line - _PAD // 2)
            if self._lies:
                painter.drawText(column, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, name)
            else:
                _standing(painter, column, name, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def _paint_frames(self, painter: QPainter) -> None:
        theme, side = current_theme(), self._side
        whole = QRect(self._margin - 1, self._above - 1, self._classes * side, self._classes * side)
        painter.setPen(theme.color("border"))
        painter.drawRect(whole)
        if self._hovered:
            painter.setPen(theme.color("text"))
            painter.drawRect(self.cell_rect(*self._hovered).adjusted(0, 0, -2, -2))
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(self.cell_rect(*self._cell).adjusted(1, 1, -2, -2))


def _cell_text(count: int, share: float, percent: bool) -> str:
    if not percent:
        return f"{count:,}"
    return "<1%" if share < 0.005 else f"{share:.0%}"


def _standing(painter: QPainter, rect: QRect, text: str, how: Qt.AlignmentFlag) -> None:
    """Text from below upwards."""
    painter.save()
    painter.translate(rect.bottomLeft())
    painter.rotate(-90)
    painter.drawText(QRect(0, 0, rect.height(), rect.width()), how, text)
    painter.restore()
