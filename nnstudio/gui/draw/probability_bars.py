"""How probable the network finds each class: a bar, a name and a percentage for each."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.models.prediction_model import Prediction, PredictionModel
from nnstudio.gui.theme import current_theme, tabular, theme_source

_LEAST_ROW, _ROW, _GAP, _BAR = 15, 22, 8, 10
"""Height of a row at least and at best, space between its parts, height of a bar; in pixels."""
_MOST_ROWS = 12
"""Of a network with more classes the most probable are shown."""


class ProbabilityBars(QWidget):
    """One row a class. The winner is bold and marked by an arrow as well as by its colour; without a prediction the
    bars are empty and there are no figures."""

    def __init__(self, predictions: PredictionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("probability_bars")
        self.setAccessibleName("Probabilities of the classes")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._predictions = predictions
        self._shown = len(self.rows())
        predictions.changed.connect(self._show)
        theme_source.themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(280, self._shown * _ROW)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self._shown * _LEAST_ROW)

    def rows(self) -> list[tuple[str, float | None, bool]]:
        """Name, probability and whether it is the winner, from top to bottom."""
        prediction, name = self._predictions.prediction, self._predictions.class_name
        if prediction.probabilities is None:
            return [(name(index), None, False) for index in range(10)]
        best = prediction.ranking
        shown = range(len(best)) if len(best) <= _MOST_ROWS else best[:_MOST_ROWS]
        return [(name(index), float(prediction.probabilities[index]), bool(index == best[0])) for index in shown]

    def _show(self, prediction: Prediction) -> None:
        if prediction.probabilities is not None:
            leaders = sorted(self.rows(), key=lambda row: -(row[1] or 0))[:3]
            self.setAccessibleDescription(", ".join(f"{name}: {percent(share or 0)}" for name, share, _ in leaders))
        else:
            self.setAccessibleDescription("No prediction")
        if self._shown != len(self.rows()):
            self._shown = len(self.rows())
            self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, plain = current_theme(), tabular(self.font())
        bold = QFont(plain)
        bold.setWeight(QFont.Weight.Bold)
        metrics, rows = QFontMetricsF(bold), self.rows()
        name_width = min(ceil(max(metrics.horizontalAdvance(name) for name, _, _ in rows)), self.width() // 3)
        figure_width = ceil(metrics.horizontalAdvance("> 99.9 %"))
        left, right = name_width + 2.5 * _GAP, self.width() - figure_width - _GAP
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = min(_ROW, self.height() / len(rows))
        for number, (name, share, wins) in enumerate(rows):
            top = number * row
            painter.setFont(bold if wins else plain)
            painter.setPen(theme.color("text" if wins else "quiet"))
            middle = Qt.AlignmentFlag.AlignVCenter
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, name_width)
            painter.drawText(QRectF(1.5 * _GAP, top, name_width, row), middle | Qt.AlignmentFlag.AlignRight, short)
            if wins:
                painter.drawText(QRectF(0, top, _GAP, row), middle, "▸")
            self._paint_bar(painter, QRectF(left, top + (row - _BAR) / 2, right - left, _BAR), share or 0.0, wins)
            if share is not None:
                figures = QRectF(right, top, figure_width + _GAP, row)
                figure = f"{share:.2f}" if self._predictions.prediction.scores else percent(share)
                painter.drawText(figures, middle | Qt.AlignmentFlag.AlignRight, figure)
        painter.end()

    def _paint_bar(self, painter: QPainter, track: QRectF, share: float, wins: bool) -> None:
        theme = current_theme()
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("hover"))
        painter.drawRoundedRect(track, 3, 3)
        painter.setBrush(theme.color("accent" if wins else "quiet"))
        painter.setClipRect(QRectF(track.x(), track.y(), track.width() * min(max(share, 0.0), 1.0), track.height()))
        painter.drawRoundedRect(track, 3, 3)
        painter.restore()


def percent(share: float) -> str:
    """`0.983` as people write it; never 100 %, since a softmax leaves something for every class, however little."""
    return "> 99.9 %" if share >= 0.9995 else f"{share:.1%}".replace("%", " %")
