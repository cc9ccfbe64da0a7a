"""What all plots over time have in common: a title, a canvas, a line that reads values, marks, and being saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.gui.models.curves import Curves, Mark
from nnstudio.gui.plots.across import Across, RunAxis
from nnstudio.gui.plots.bounds import rung_above
from nnstudio.gui.plots.canvas import Canvas
from nnstudio.gui.plots.export import ExportButton, Row
from nnstudio.gui.theme import current_theme, theme_source

_MOST_MARKS = 40
"""Marks that are drawn, the newest: more would hide the curves."""


class TimePlot(QWidget):
    """Shows something of a run over a time axis, whose range the user may choose.

    Places on the axis are steps, epochs or seconds, as `set_across` says; plots side by side are given the same.
    """

    pointed = Signal(object)
    """The place under the mouse, or None."""
    zoomed = Signal(float, float)
    """The user has chosen what is seen, from one place to another; the plot no longer follows by itself."""
    allAsked = Signal()
    """The user wants to see everything again."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(f"plot_{name}")
        self.title = title
        self._run = Curves()
        self._axis = RunAxis(Across.STEP, self._run)
        self._across = Across.STEP
        self._follows = True
        self._pointed: float | None = None
        self.canvas = Canvas(f"plot_{name}_canvas", f"{title} over training steps")
        self._line = pg.InfiniteLine(angle=90)
        self._cursor = pg.InfiniteLine(angle=90)
        self._marks: list[pg.InfiniteLine] = []
        self._marked: Sequence[Mark] = ()
        self.heading = QLabel(title)
        self.heading.setProperty("role", "title")
        self.top = QHBoxLayout()
        self.export_button = ExportButton(self, name)
        self._arrange()
        theme_source.themeChanged.connect(self._colour)

    # ---- what is shown

    def show_run(self, run: Curves, across: Across) -> None:
        """Show this run from now on, over such an axis."""
        self._run, self._across = run, across
        self._axis = RunAxis(across, run)
        self.canvas.time.set_across(across)
        self._show_marks(())

    def refresh(self) -> None:
        """Draw what has been measured since."""
        if self._marked != (marks := self._run.marks[-_MOST_MARKS:]):
            self._show_marks(marks)
        self._draw()

    def _draw(self) -> None:
        raise TypeError(f"{type(self).__name__} draws nothing")  # each plot does

    def rows(self) -> Iterable[Row]:
        """What is shown as a table, beginning with a header; called once in this thread, then read in another."""
        raise TypeError(f"{type(self).__name__} has no table")  # each plot has

    def _tell_values(self) -> None:
        """Tell what is at the line, else the newest."""

    # ---- what of it is seen

    def follow(self) -> None:
        """See everything again, also what is still to come."""
        self._follows = True
        self.refresh()

    def show_range(self, low: float, high: float) -> None:
        """See this stretch, as chosen in a plot beside; a plot on a page that is not seen is drawn when it is."""
        self._follows = False
        self.canvas.setXRange(low, high, padding=0)
        if self.isVisible():
            self.refresh()

    @property
    def _end(self) -> float:
        """Where the axis ends while the plot follows."""
        loss = self._run.training_loss
        return rung_above(self._axis.place(loss.x[-1]) if len(loss) else 1.0)

    def _seen(self) -> tuple[float, float]:
        if self._follows:
            return 0.0, self._end
        low, high = self.canvas.box.viewRange()[0]
        return low, high

    def _zoom_chosen(self) -> None:
        self._follows = False
        self.refresh()
        self.zoomed.emit(*self.canvas.box.viewRange()[0])

    # ---- the line that reads values, and the one that says what time it is

    def point_at(self, place: float | None) -> None:
        """Tell the values at this place instead of the newest."""
        self._pointed = place
        self._line.setVisible(place is not None)
        if place is not None:
            self._line.setPos(place)
        self._tell_values()

    def show_cursor(self, step: float | None) -> None:
        """Mark the step that everything else in the window shows; ``None``: the newest."""
        self._cursor.setVisible(step is not None)
        if step is not None:
            self._cursor.setPos(self._axis.place(step))

    def _moved(self, scene_place: QPointF) -> None:
        box = self.canvas.box
        if box.sceneBoundingRect().contains(scene_place):
            self._point(box.mapSceneToView(scene_place).x())

    def _move_pointed(self, share: float) -> None:
        low, high = self.canvas.box.viewRange()[0]
        start = (low + high) / 2 if self._pointed is None else self._pointed
        least = 1.0 if self._across is Across.STEP else 0.0
        self._point(start + np.sign(share) * max(least, abs(share) * (high - low)))

    def _point(self, place: float) -> None:
        """Whole steps of the run, if there is one."""
        steps = self._run.training_loss.x
        if len(steps):
            step = np.clip(round(self._axis.step(place)), steps[0], steps[-1])
            place = self._axis.place(float(step))
        self.pointed.emit(float(place))

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)
        super().leaveEvent(event)

    # ---- parts

    def _arrange(self) -> None:
        self.top.setContentsMargins(4, 0, 4, 0)
        self.top.setSpacing(6)
        self.top.addWidget(self.heading)
        self.top.addStretch(1)
        self.top.addWidget(self.export_button)
        self.body = QHBoxLayout()
        self.body.setSpacing(8)
        self.body.addWidget(self.canvas, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self.top)
        layout.addLayout(self.body, 1)
        for line in (self._cursor, self._line):
            self.canvas.addItem(line, ignoreBounds=True)
            line.hide()
        self.canvas.box.timeChosen.connect(self._zoom_chosen)
        self.canvas.box.boxChosen.connect(self._zoom_chosen)
        self.canvas.box.allAsked.connect(self.allAsked)
        self.canvas.moved.connect(self._move_pointed)
        self.canvas.dismissed.connect(lambda: self.pointed.emit(None))
        self.canvas.scene().sigMouseMoved.connect(self._moved)

    def _show_marks(self, marks: Sequence[Mark]) -> None:
        for line in self._marks:
            self.canvas.removeItem(line)
        self._marked = list(marks)
        self._marks = [self._make_mark(mark) for mark in marks]

    def _make_mark(self, mark: Mark) -> pg.InfiniteLine:
        """A thin line with a word at its upper end."""
        quiet = current_theme().quiet
        options = {"position": 0.98, "rotateAxis": (1, 0), "anchors": [(1, 0), (1, 0)], "color": quiet}
        pen = pg.mkPen(quiet, width=1, style=Qt.PenStyle.DotLine)
        line = pg.InfiniteLine(self._axis.place(mark.step), 90, pen, label=mark.text, labelOpts=options)
        self.canvas.addItem(line, ignoreBounds=True)
        return line

    def _colour(self) -> None:
        theme = current_theme()
        self.canvas.colour()
        self._line.setPen(pg.mkPen(theme.quiet, width=1))
        self._cursor.setPen(pg.mkPen(theme.accent, width=2))
        self._show_marks(self._marked)
