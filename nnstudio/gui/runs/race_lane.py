"""A lane of a race: what it changes, its curve, its figures and its first filters."""

from __future__ import annotations

from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from nnstudio.gui.inspect.mosaic import sources
from nnstudio.gui.runs.race_model import Lane
from nnstudio.gui.theme import current_theme, mixed, tabular, theme_source
from nnstudio.network import Family, NetworkSpec, check

_GRID = 8
_MOST_FILTERS, _ACROSS = 16, 8
_TILE = 20
"""Pixels that a filter is wide at least."""
_SMOOTHED = 24
"""Stretches that a smoothed curve has."""


class LossCurve(QWidget):
    """The training loss of every step, quiet, and its mean over stretches; all lanes have one scale."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.setObjectName(f"race_curve_{number}")
        self.setAccessibleName(f"Training loss of lane {number}")
        self._losses: NDArray[np.float64] = np.empty(0)
        self._steps, self._top = 1, 1.0
        theme_source.themeChanged.connect(self._repaint)

    def sizeHint(self) -> QSize:
        return QSize(160, 96)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, 64)

    def show_losses(self, losses: NDArray[np.float64], steps: int, top: float) -> None:
        """Draw these over `steps` in all, up to a loss of `top`."""
        self._losses, self._steps, self._top = losses, max(2, steps), top or 1.0
        self.setAccessibleDescription(f"Loss {losses[-1]:.4f} after {len(losses)} steps" if len(losses) else "")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme.color("border"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            if not len(self._losses):
                return
            steps = np.arange(len(self._losses))
            painter.setPen(QPen(mixed(theme.series[0], theme.panel, 0.35), 1))
            painter.drawPolyline(self._points(steps, self._losses))
            parts = np.array_split(steps, min(_SMOOTHED, len(steps)))
            painter.setPen(QPen(QColor(theme.series[0]), 2))
            painter.drawPolyline(
                self._points(np.array([part.mean() for part in parts]), [self._losses[part].mean() for part in parts])
            )

    def _points(self, steps: ArrayLike, losses: ArrayLike) -> QPolygonF:
        x = 2 + np.asarray(steps) / (self._steps - 1) * (self.width() - 4)
        y = 2 + (1 - np.clip(np.asarray(losses) / self._top, 0, 1)) * (self.height() - 4)
        return QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)])

    def _repaint(self) -> None:
        self.update()


class LaneView(QFrame):
    """Before a race a person writes here what the lane changes; afterwards they may keep it."""

    edited = Signal()
    keepAsked = Signal()

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self.setObjectName(f"race_lane_{number}")
        self.setProperty("role", "panel")
        self.title, self.changes, self._keep = QLabel(), QLineEdit(), QPushButton("Keep this one")
        self.curve, self._figures, self._filters = LossCurve(number), QLabel(), QLabel()
        self._lane: Lane | None = None
        self._spec: NetworkSpec | None = None
        self._shown: object = None
        self._arrange(number)
        self.changes.textEdited.connect(self.edited)
        self._keep.clicked.connect(self.keepAsked)
        theme_source.themeChanged.connect(self._recolour)

    def show_lane(self, lane: Lane | None, spec: NetworkSpec | None, *, leads: bool, over: bool) -> None:
        """What has become of it."""
        self._lane, self._spec = lane, spec
        badge = " · winner" if leads and over else " · leads" if leads else ""
        self.title.setText(f"Lane {self._number}{badge}")
        self._keep.setEnabled(bool(over and lane and lane.state and not lane.note))
        if self._keep.property("primary") != (leads and over):
            self._keep.setProperty("primary", leads and over)
            self._keep.style().polish(self._keep)
        self._figures.setText(_figures(lane))
        if lane is None or lane.parameters is not self._shown:
            self._show_filters()

    def _show_filters(self) -> None:
        self._shown = self._lane.parameters if self._lane else None
        kernels = first_filters(self._spec, self._lane) if self._spec and self._lane else None
        self._filters.setPixmap(filter_picture(kernels) if kernels is not None else QPixmap())

    def _recolour(self) -> None:
        self._show_filters()

    def _arrange(self, number: int) -> None:
        self.title.setProperty("role", "title")
        self.changes.setObjectName(f"race_changes_{number}")
        self.changes.setAccessibleName(f"What lane {number} changes")
        self.changes.setPlaceholderText("as it is set now")
        self.changes.setToolTip("Settings by their path with commas, as in optimizer.kind=sgd, schedule.kind=cosine")
        self._figures.setObjectName(f"race_figures_{number}")
        self._figures.setFont(tabular(self._figures.font()))
        self._figures.setWordWrap(True)
        self._figures.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._figures.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self._filters.setAccessibleName(f"Filters of the first convolution of lane {number}")
        self._filters.setMinimumHeight(2 * _TILE + _GRID)
        self._keep.setObjectName(f"race_keep_{number}")
        self._keep.setAccessibleName(f"Go on with lane {number}")
        self._keep.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, _GRID, 12, 12)
        column.setSpacing(_GRID)
        for widget in (self.title, self.changes):
            column.addWidget(widget)
        column.addWidget(self.curve, 1)
        for below in (self._figures, self._filters, self._keep):
            column.addWidget(below)


def _figures(lane: Lane | None) -> str:
    if lane is None:
        return ""
    if lane.note:
        return lane.note
    lines = [f"Loss {lane.losses.y[-1]:.4f}" if len(lane.losses) else "Preparing…"]
    if len(lane.accuracies) and isfinite(lane.accuracies.y[-1]):
        lines.append(f"Accuracy {lane.accuracies.y[-_SMOOTHED:].mean():.1%}")
    if lane.validation:
        loss, accuracy = lane.validation
        lines.append(f"Validation {loss:.4f}" + (f", {accuracy:.2%}" if isfinite(accuracy) else ""))
    return "\n".join(lines)


def first_filters(spec: NetworkSpec, lane: Lane) -> NDArray[np.floating] | None:
    """(filters, height, width) of the first convolution, the mean over its inputs; ``None`` where there is none."""
    for source in sources(spec, check(spec)):
        values = (lane.parameters or {}).get(source.parameter)
        if spec.node(source.node).layer.family is Family.CONVOLUTION and values is not None:
            kernels = source.kernels(values)
            return None if kernels is None else kernels[:_MOST_FILTERS].mean(axis=1)
    return None


def filter_picture(kernels: NDArray[np.floating]) -> QPixmap:
    """Filters in rows, in the colours that weights have everywhere, each weight a square of whole pixels."""
    theme = current_theme()
    count, height, width = kernels.shape
    scale, columns = max(1, -(-_TILE // width)), min(count, _ACROSS)
    rows = -(-count // columns)
    sheet = np.empty((rows * (height * scale + 2), columns * (width * scale + 2), 3), np.uint8)
    panel = theme.color("panel")
    sheet[:] = panel.red(), panel.green(), panel.blue()
    colours = theme.paint_diverging(kernels, float(np.abs(kernels).max()))
    for number, tile in enumerate(colours):
        top, left = number // columns * (height * scale + 2), number % columns * (width * scale + 2)
        sheet[top : top + height * scale, left : left + width * scale] = tile.repeat(scale, 0).repeat(scale, 1)
    image = QImage(sheet.tobytes(), sheet.shape[1], sheet.shape[0], 3 * sheet.shape[1], QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image)
