"""Everything in the window that shows weights of the past: filters, thumbnails, the drawing's answer, the scrubber."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QPointF, QTimer
from PySide6.QtWidgets import QApplication

from nnstudio.gui.designer.blocks.thumbnails import Strip, Thumbnails
from nnstudio.gui.draw.panel import DrawPanel
from nnstudio.gui.inspect.filters_panel import FiltersPanel
from nnstudio.gui.inspect.mosaic import sources
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.timeline.scrubber import Scrubber
from nnstudio.gui.timeline.timeline_model import TimelineModel
from nnstudio.network.presets import lenet5
from nnstudio.training.timeline import Timelines

_LOOK_MS = 10


class Onlookers:
    """Panels with LeNet-5 in them, on the screen."""

    def __init__(self, store: Timelines) -> None:
        self._app = QApplication.instance() or QApplication([])
        self.network = NetworkModel(lenet5())
        self.weights = WeightsModel(self.network)
        self.timeline = TimelineModel(self.network, self.weights, timelines=store)
        self._draw, self._filters = DrawPanel(self.network, self.weights), FiltersPanel(self.network, self.weights)
        self._scrubber, self._thumbnails = Scrubber(self.timeline), Thumbnails(self.weights)
        found = (Strip.fitting(source, 120) for source in sources(self.network.flat, self.network.check))
        self._strips = [strip for strip in found if strip]
        for widget in self._widgets:
            widget.resize(900, widget.height() if widget is self._scrubber else 700)
            widget.show()
        self._answered = False
        self._loop = QEventLoop()
        self._draw.predictions.changed.connect(self._note_answer)
        self.weights.changed.connect(self._loop.quit)

    @property
    def _widgets(self) -> tuple[DrawPanel, FiltersPanel, Scrubber]:
        return self._draw, self._filters, self._scrubber

    def _note_answer(self, *_: object) -> None:
        self._answered = True
        self._loop.quit()

    def draw_a_line(self) -> None:
        """A one, and wait for the answer to it."""
        drawing = self._draw.drawing
        height, width = drawing.ink.shape
        drawing.begin_stroke(QPointF(width / 2, height / 5), width / 15)
        drawing.extend_stroke(QPointF(width / 2, 4 * height / 5), width / 15)
        drawing.end_stroke()
        self._wait_for(lambda: self._answered)

    def look_at(self, step: int) -> None:
        """Wait until everything shows the weights of that step."""
        self._answered = False
        self.timeline.set_cursor(step)
        self._wait_for(lambda: self.weights.shown.step == step and self._answered)
        for strip in self._strips:
            self._thumbnails.picture(strip)
        for widget in self._widgets:
            widget.repaint()

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._loop.exec()

    def close(self) -> None:
        """Away with it."""
        for widget in self._widgets:
            widget.close()
        self._draw.shut_down()
        self.timeline.shut_down()


def wait_until(condition: Callable[[], bool]) -> None:
    """For what happens on other threads and tells nobody."""
    loop, timer = QEventLoop(), QTimer(interval=_LOOK_MS)
    timer.timeout.connect(lambda: loop.quit() if condition() else None)
    timer.start()
    loop.exec()
